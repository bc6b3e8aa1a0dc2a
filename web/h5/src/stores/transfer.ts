import type { Factor, OrderState, Payee, PreparedOrder, TransferInput } from '@zhangyin/shared/api'
import type { OrderElements } from '@zhangyin/shared/order'
import { parseYuan } from '@zhangyin/shared/money'
import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'
import { call, sealSecret } from '@/lib/bank'
import { errorCode } from '@/lib/errors'
import type { SealedPassword } from '@zhangyin/shared/secret'
import type { SecretSource } from '@zhangyin/shared/secret-source'

export interface Draft {
  fromAccountId: string
  payee: Payee | null
  name: string
  number: string
  amount: string
  memo: string
}

function emptyDraft(): Draft {
  return { fromAccountId: '', payee: null, name: '', number: '', amount: '', memo: '' }
}

function inputOf(draft: Draft): TransferInput {
  const to =
    draft.payee === null
      ? { to_account_no: draft.number, to_name: draft.name.trim().normalize('NFC') }
      : { payee_id: draft.payee.payee_id }
  const memo = draft.memo.trim().normalize('NFC')
  return {
    from_account_id: draft.fromAccountId,
    amount_fen: parseYuan(draft.amount) ?? 0,
    ...to,
    ...(memo === '' ? {} : { memo }),
  }
}

/** What the canonical text must say, as far as the customer typed it in full. */
function expected(input: TransferInput, order_id: string): Record<string, string> {
  const typed = Object.entries({ to_name: input.to_name, to_account_no: input.to_account_no, memo: input.memo })
  const known = typed.filter((pair): pair is [string, string] => pair[1] !== undefined)
  return { order_id, amount_fen: String(input.amount_fen), ...Object.fromEntries(known) }
}

/** States in which an order has been carried out or waits for someone else. */
export const DONE_STATES: readonly OrderState[] = ['posted', 'held', 'pending', 'settled']

/**
 * One transfer from draft to result. The idempotency key belongs to the draft as it stands: an
 * attempt that is repeated keeps it, a changed or finished one gets another.
 */
export const useTransfer = defineStore('transfer', () => {
  const draft = ref<Draft>(emptyDraft())
  const order = shallowRef<PreparedOrder | null>(null)
  const elements = shallowRef<OrderElements | null>(null)
  const pending = ref<Factor[]>([])
  const attempt = shallowRef<{ input: string; id: string } | null>(null)
  /** Who was just paid, if not out of the book: the result page offers to keep them. */
  const paidTo = ref<{ name: string; number: string } | null>(null)
  const canProve = computed(() => order.value !== null && elements.value !== null)

  async function idFor(input: TransferInput): Promise<string> {
    const text = JSON.stringify(input)
    if (attempt.value?.input !== text) {
      const { newIdempotencyKey } = await import('@zhangyin/shared/client')
      attempt.value = { input: text, id: newIdempotencyKey() }
    }
    return attempt.value.id
  }

  /** Prepares the order and refuses a text that is not about what was asked for. */
  async function prepare(): Promise<void> {
    order.value = null
    elements.value = null
    const input = inputOf(draft.value)
    const { checkOrderText } = await import('@zhangyin/shared/order')
    const prepared = await call('transfer.prepare', input, { id: await idFor(input) })
    elements.value = checkOrderText(prepared.text, prepared.digest, expected(input, prepared.order_id), ['order_id', 'amount_fen'])
    order.value = prepared
    pending.value = [...prepared.factors]
  }

  async function verifyPassword(source: SecretSource): Promise<void> {
    const value = await sealSecret('transaction', source)
    await verify('pay_password', value)
  }

  async function beginSms(): Promise<{ phone: string; expires_at: number }> {
    return call('order.factor.begin', { order_id: order.value!.order_id, factor: 'sms' })
  }

  async function verifySms(code: string): Promise<void> {
    await verify('sms', code)
  }

  async function verify(factor: Factor, value: string | SealedPassword): Promise<void> {
    const order_id = order.value!.order_id
    pending.value = (await call('order.factor.verify', { order_id, factor, value })).factors
  }

  async function confirm(): Promise<OrderState> {
    const { order_id, digest } = order.value!
    return (await call('order.confirm', { order_id, digest })).state
  }

  /** Gives the prepared order up; it also dies by itself after ten minutes. */
  async function cancel(): Promise<void> {
    const order_id = order.value?.order_id
    forgetOrder()
    if (order_id === undefined) return
    await call('order.cancel', { order_id }).catch((e: unknown) => {
      if (errorCode(e) === 'LOGIN_REQUIRED') throw e
    })
  }

  /** The order is on its way: the form is empty again, so that going back cannot pay anew. */
  function finish(): void {
    const { payee, name, number } = draft.value
    paidTo.value = payee === null ? { name: name.trim().normalize('NFC'), number } : null
    forgetOrder()
    draft.value = emptyDraft()
  }

  /** The attempt has ended: the next one is a new order. */
  function forgetOrder(): void {
    order.value = null
    elements.value = null
    pending.value = []
    attempt.value = null
  }

  function clear(): void {
    forgetOrder()
    paidTo.value = null
    draft.value = emptyDraft()
  }

  return {
    draft, order, elements, pending, paidTo, canProve,
    prepare, verifyPassword, beginSms, verifySms, confirm, cancel, finish, forgetOrder, clear,
  }
})
