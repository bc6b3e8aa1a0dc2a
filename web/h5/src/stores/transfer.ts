import type { ApiIn, ApiOut, OrderState, Payee, PreparedOrder, TransferInput } from '@zhangyin/shared/api'
import { parseYuan } from '@zhangyin/shared/money'
import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'
import { call } from '@/lib/bank'
import { emptySchedule, ruleInput, type ScheduleDraft } from '@/lib/schedule'
import { useOrder } from './order'

export interface Draft {
  fromAccountId: string
  payee: Payee | null
  name: string
  /** an account, or a phone number that stands for one */
  number: string
  /** of the typed account; null: not recognised yet */
  bank: Bank | null
  /** whom the typed phone number led to */
  found: ApiOut<'phone.lookup'> | null
  /** by which way to another bank; empty: the best */
  way: string
  /** when it leaves */
  arrival: Arrival
  /** with arrival scheduled */
  schedule: ScheduleDraft
  amount: string
  memo: string
}

export const ARRIVALS = ['now', 'two_hours', 'next_day', 'scheduled'] as const
export type Arrival = (typeof ARRIVALS)[number]

export interface Bank {
  bank_code: string
  bank_name: string
  own: boolean
}

function emptyDraft(): Draft {
  return { fromAccountId: '', payee: null, name: '', number: '', bank: null, found: null, way: '', arrival: 'now', schedule: emptySchedule(), amount: '', memo: '' }
}

/** The code of the payee's bank; empty: this bank. */
export function bankOf(draft: Draft): string {
  if (draft.payee !== null) return draft.payee.bank_code
  if (draft.found !== null) return draft.found.own ? '' : draft.found.bank_code
  return draft.bank === null || draft.bank.own ? '' : draft.bank.bank_code
}

function payeeOf(draft: Draft): Partial<TransferInput> {
  if (draft.payee !== null) return { payee_id: draft.payee.payee_id }
  if (draft.found !== null) return { payee_token: draft.found.payee_token }
  const bank = bankOf(draft)
  return { to_account_no: draft.number, to_name: draft.name.trim().normalize('NFC'), ...(bank === '' ? {} : { to_bank: bank }) }
}

/** When it leaves, and by which way; not of a scheduled one, whose way is chosen on its day. */
function whenOf(draft: Draft): Partial<TransferInput> {
  return {
    ...(draft.way !== '' && bankOf(draft) !== '' ? { way: draft.way } : {}),
    ...(draft.arrival === 'now' ? {} : { arrival: draft.arrival }),
  }
}

function baseOf(draft: Draft): TransferInput {
  const memo = draft.memo.trim().normalize('NFC')
  return {
    from_account_id: draft.fromAccountId,
    amount_fen: parseYuan(draft.amount) ?? 0,
    ...payeeOf(draft),
    ...(memo === '' ? {} : { memo }),
  }
}

const inputOf = (draft: Draft): TransferInput => ({ ...baseOf(draft), ...whenOf(draft) })
const scheduleOf = (draft: Draft): ApiIn<'schedule.prepare'> => ({ ...baseOf(draft), ...ruleInput(draft.schedule) })

const SAID_AS_TYPED = ['to_name', 'to_bank', 'way', 'arrival', 'memo', 'every', 'step', 'on_day', 'first', 'last', 'runs', 'short', 'retry_days']

/** What the canonical text must say, as far as the customer typed it in full. */
function expected(input: TransferInput | ApiIn<'schedule.prepare'>, order_id: string): Record<string, string> {
  const typed = Object.entries(input).filter(([name, value]) => SAID_AS_TYPED.includes(name) && value !== undefined)
  const number = input.to_account_no === undefined ? {} : { to_account: input.to_account_no, to_account_no: input.to_account_no }
  return { order_id, amount_fen: String(input.amount_fen), ...number, ...Object.fromEntries(typed.map(([name, value]) => [name, String(value)])) }
}

/** States in which an order has been carried out or waits for someone else. */
export const DONE_STATES: readonly OrderState[] = ['posted', 'held', 'pending', 'settled']

/**
 * One transfer from draft to result. The idempotency key belongs to the draft as it stands: an
 * attempt that is repeated keeps it, a changed or finished one gets another.
 */
export const useTransfer = defineStore('transfer', () => {
  const draft = ref<Draft>(emptyDraft())
  const current = useOrder()
  const attempt = shallowRef<{ input: string; id: string } | null>(null)
  /** Who was just paid, if not out of the book: the result page offers to keep them. */
  const paidTo = ref<{ name: string; number: string; bank: string } | null>(null)
  const order = computed(() => current.order)
  const pending = computed(() => current.pending)
  const canProve = computed(() => current.canProve)

  async function idFor(input: object): Promise<string> {
    const text = JSON.stringify(input)
    if (attempt.value?.input !== text) {
      const { newIdempotencyKey } = await import('@zhangyin/shared/client')
      attempt.value = { input: text, id: newIdempotencyKey() }
    }
    return attempt.value.id
  }

  /** Prepares the order and refuses a text that is not about what was asked for. */
  async function prepare(): Promise<void> {
    current.forget()
    if (draft.value.arrival === 'scheduled') return arrange()
    const input = inputOf(draft.value)
    const prepared = await call('transfer.prepare', input, { id: await idFor(input) })
    const wanted = { expected: expected(input, prepared.order_id), required: ['order_id', 'amount_fen'] }
    await current.take(prepared, wanted, { from: '/transfer', finished: finish })
  }

  /** The order that arranges transfers to come; its page is the schedule's. */
  async function arrange(): Promise<void> {
    const input = scheduleOf(draft.value)
    const prepared: PreparedOrder = await call('schedule.prepare', input, { id: await idFor(input) }) as PreparedOrder
    const wanted = { expected: expected(input, prepared.order_id), required: ['order_id', 'amount_fen', 'every', 'first'] }
    await current.take(prepared, wanted, { from: '/transfer', to: `/schedules/${prepared.order_id}`, finished: finish })
  }

  async function cancel(): Promise<void> {
    attempt.value = null
    await current.cancel()
  }

  /** The order is on its way: the form is empty again, so that going back cannot pay anew. */
  function finish(): void {
    const { payee, found, name, number } = draft.value
    paidTo.value = payee === null && found === null ? { name: name.trim().normalize('NFC'), number, bank: bankOf(draft.value) } : null
    forgetOrder()
    draft.value = emptyDraft()
  }

  /** The attempt has ended: the next one is a new order. */
  function forgetOrder(): void {
    current.forget()
    attempt.value = null
  }

  function clear(): void {
    forgetOrder()
    paidTo.value = null
    draft.value = emptyDraft()
  }

  return { draft, order, pending, paidTo, canProve, prepare, confirm: current.confirm, cancel, finish, forgetOrder, clear }
})
