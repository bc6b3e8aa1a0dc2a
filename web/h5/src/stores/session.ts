import type { SessionFacts } from '@zhangyin/shared/api'
import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import { call, zsc } from '@/lib/bank'
import { wipeAllSecrets } from '@/keyboard/secret'
import { useAccounts } from './accounts'
import { useMessages } from './messages'
import { useBatch } from './batch'
import { useTransfer } from './transfer'

export type EndReason = 'logout' | 'idle' | 'background' | 'elsewhere' | 'password' | 'lost' | 'unbound'

function nameOf(facts: SessionFacts | null): string {
  const customer = facts?.customer
  return (typeof customer === 'string' ? customer : customer?.name) ?? ''
}

function lastLoginOf(facts: SessionFacts | null): number | null {
  const last = facts?.last_login
  return (typeof last === 'number' ? last : last?.at) || null
}

export const useSession = defineStore('session', () => {
  const facts = ref<SessionFacts | null>(null)
  const endReason = ref<EndReason | null>(null)
  const loggedIn = computed(() => facts.value !== null)
  const customerName = computed(() => nameOf(facts.value))
  const lastLogin = computed(() => lastLoginOf(facts.value))
  /** A first or too old password opens nothing but its own change. */
  const mustChange = computed(() => facts.value?.must_change_password === true)
  const deviceState = computed(() => facts.value?.device_state ?? 'new')
  const environment = computed(() => facts.value?.environment ?? 'safe')

  function begin(answer: SessionFacts): void {
    facts.value = answer
    endReason.value = null
  }

  /** After an order that changed what the device is. */
  async function refresh(): Promise<void> {
    facts.value = await call('auth.session', {})
  }

  /** Takes up the login that this tab keeps, if there is one. */
  async function restore(): Promise<boolean> {
    if (!(await zsc()).loggedIn) return false
    begin(await call('auth.session', {}))
    return true
  }

  /** Leaves nothing of the customer in memory. */
  function clear(reason: EndReason): void {
    wipeAllSecrets()
    facts.value = null
    endReason.value = reason
    useAccounts().clear()
    useMessages().clear()
    useTransfer().clear()
    useBatch().clear()
  }

  async function end(reason: EndReason): Promise<void> {
    const client = await zsc()
    clear(reason)
    await client.logout().catch(() => undefined) // gone here; there it times out by itself
  }

  return { facts, endReason, loggedIn, customerName, lastLogin, mustChange, deviceState, environment, begin, refresh, restore, clear, end }
})
