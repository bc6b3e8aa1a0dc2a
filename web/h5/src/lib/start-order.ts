/** Prepares an order of a kind that moves no money and takes it to the check page. */
import type { ApiIn, ApiOut, PreparedOrder } from '@zhangyin/shared/api'
import type { Router } from 'vue-router'
import { call } from '@/lib/bank'
import { useOrder, type OrderPlan } from '@/stores/order'

type PrepareApi =
  | 'device.bind.prepare' | 'device.found.prepare' | 'gesture.set.prepare' | 'passkey.set.prepare' | 'data.reveal.prepare' | 'face.agree.prepare'
  | 'account.open.prepare' | 'account.close.prepare' | 'account.add.prepare' | 'account.loss.prepare' | 'account.loss_lift.prepare'
  | 'account.password.change.prepare' | 'account.password.reset.prepare' | 'limit.raise.prepare'
  | 'phone.bind.prepare' | 'phone.unbind.prepare'
  | 'pay_password.set.prepare' | 'pay_password.unlock.prepare' | 'preference.lower.prepare'

/** Kinds of orders that two calls prepare. */
const KIND: Partial<Record<PrepareApi, string>> = {
  'account.password.change.prepare': 'account.password',
  'account.password.reset.prepare': 'account.password',
}

/** `plan` may lead somewhere that names the order; `facts` are lines that its text must have. */
export async function startOrder<N extends PrepareApi>(
  router: Router,
  api: N,
  body: ApiIn<N>,
  plan: (order_id: string) => OrderPlan,
  facts: Record<string, string> = {},
): Promise<void> {
  const { newIdempotencyKey } = await import('@zhangyin/shared/client')
  const prepared: PreparedOrder = (await call(api, body, { id: newIdempotencyKey() })) as ApiOut<N> & PreparedOrder
  const { order_id } = prepared
  const kind = KIND[api] ?? api.replace(/\.prepare$/, '')
  await useOrder().take(prepared, { expected: { ...facts, order_id, kind }, required: ['order_id', 'kind'] }, plan(order_id))
  await router.push('/order/check')
}
