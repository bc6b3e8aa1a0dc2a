import type { ApiIn, FaceChallenge, Factor, OrderState, PreparedOrder } from '@zhangyin/shared/api'
import type { OrderElements } from '@zhangyin/shared/order'
import type { PasswordPurpose, SealedPassword } from '@zhangyin/shared/secret'
import type { SecretSource } from '@zhangyin/shared/secret-source'
import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'
import { call, sealSecret } from '@/lib/bank'
import { errorCode } from '@/lib/errors'

/** What `order.factor.begin` may answer: where a code went, what a token is told, what a passkey signs, what the carrier is asked with, or what a face is to do. */
export interface FactorNews extends Partial<FaceChallenge> {
  phone?: string
  challenge?: string
  serial_tail?: string
  rp_id?: string
  credentials?: string[]
  nonce?: string
  page_url?: string
}

/** Where an order comes from and where its pages lead. */
export interface OrderPlan {
  /** The page to go back to when it is given up. */
  from: string
  /** Where a carried-out order leads; its own page when absent. */
  to?: string
  /** Done once it was carried out, when its page is gone. */
  finished?: () => void | Promise<void>
}

interface Wanted {
  expected: Record<string, string>
  required: readonly string[]
}

/** Passwords are encrypted to a challenge; everything else is a text. */
const PASSWORDS: Partial<Record<Factor, PasswordPurpose>> = { pay_password: 'transaction', login_password: 'login' }

/** The order at hand, of whatever kind: prepared, checked against what was asked for, proven, confirmed. */
export const useOrder = defineStore('order', () => {
  const order = shallowRef<PreparedOrder | null>(null)
  const elements = shallowRef<OrderElements | null>(null)
  const plan = shallowRef<OrderPlan | null>(null)
  /** The combination in use, in the order of verification, and what of it is still missing. */
  const factors = ref<Factor[]>([])
  const pending = ref<Factor[]>([])
  const canProve = computed(() => order.value !== null && elements.value !== null)
  const options = computed<Factor[][]>(() => (order.value?.factor_options ?? []).map((o) => o.split('+') as Factor[]))
  const started = computed(() => pending.value.length < factors.value.length)

  /** Takes a prepared order up; refuses a text that is not about what was asked for. */
  async function take(prepared: PreparedOrder, wanted: Wanted, how: OrderPlan): Promise<void> {
    forget()
    const { checkOrderText } = await import('@zhangyin/shared/order')
    elements.value = checkOrderText(prepared.text, prepared.digest, wanted.expected, wanted.required)
    order.value = prepared
    plan.value = how
    setFactors(prepared.factors)
  }

  function setFactors(names: readonly Factor[]): void {
    factors.value = [...names]
    pending.value = [...names]
  }

  /** Another combination of those that are offered. */
  async function choose(option: readonly Factor[]): Promise<void> {
    if (option.join('+') === factors.value.join('+')) return
    const answer = await call('order.factors.choose', { order_id: order.value!.order_id, factors: option.join('+') })
    setFactors(answer.factors)
  }

  async function begin(factor: Factor): Promise<FactorNews> {
    return call('order.factor.begin', { order_id: order.value!.order_id, factor })
  }

  async function verifySecret(factor: Factor, source: SecretSource): Promise<void> {
    await verify(factor, await sealSecret(PASSWORDS[factor] ?? 'transaction', source))
  }

  async function verify(factor: Factor, value: string | SealedPassword): Promise<void> {
    const body: ApiIn<'order.factor.verify'> = { order_id: order.value!.order_id, factor, value }
    pending.value = (await call('order.factor.verify', body)).factors
  }

  async function confirm(): Promise<OrderState> {
    const { order_id, digest } = order.value!
    return (await call('order.confirm', { order_id, digest })).state
  }

  /** Gives the prepared order up; it also dies by itself after ten minutes. */
  async function cancel(): Promise<void> {
    const order_id = order.value?.order_id
    forget()
    if (order_id === undefined) return
    await call('order.cancel', { order_id }).catch((e: unknown) => {
      if (errorCode(e) === 'LOGIN_REQUIRED') throw e
    })
  }

  function forget(): void {
    order.value = null
    elements.value = null
    plan.value = null
    setFactors([])
  }

  return {
    order, elements, plan, factors, pending, options, started, canProve,
    take, choose, begin, verifySecret, verify, confirm, cancel, forget,
  }
})
