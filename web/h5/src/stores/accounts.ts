import type { Account } from '@zhangyin/shared/api'
import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import { call } from '@/lib/bank'

export const useAccounts = defineStore('accounts', () => {
  const accounts = ref<Account[] | null>(null)
  const total = computed(() => (accounts.value ?? []).reduce((sum, a) => sum + a.balance_fen, 0))

  async function load(): Promise<void> {
    accounts.value = (await call('account.list', {})).accounts
  }

  /** Loads unless it is there; a page that shows balances after a payment calls `load`. */
  async function need(): Promise<Account[]> {
    if (accounts.value === null) await load()
    return accounts.value ?? []
  }

  function byId(id: string): Account | undefined {
    return accounts.value?.find((a) => a.account_id === id)
  }

  function clear(): void {
    accounts.value = null
  }

  return { accounts, total, load, need, byId, clear }
})
