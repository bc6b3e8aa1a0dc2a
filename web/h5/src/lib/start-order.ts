/** Prepares an order of a kind that moves no money and takes it to the check page. */
import type { ApiIn, ApiOut, PreparedOrder } from '@zhangyin/shared/api'
import type { Router } from 'vue-router'
import { call } from '@/lib/bank'
import { useOrder, type OrderPlan } from '@/stores/order'

type PrepareApi =
  | 'device.bind.prepare' | 'device.found.prepare' | 'gesture.set.prepare' | 'passkey.set.prepare' | 'data.reveal.prepare' | 'face.agree.prepare'
  | 'account.open.prepare' | 'account.loss.prepare' | 'account.loss_lift.prepare'
  | 'phone.bind.prepare' | 'phone.unbind.prepare'
  | 'pay_password.set.prepare' | 'pay_password.unlock.prepare' | 'preference.lower.prepare'

/** `plan` may lead somewhere that names the order. */
export async function startOrder<N extends PrepareApi>(
  router: Router,
  api: N,
  body: ApiIn<N>,
  plan: (order_id: string) => OrderPlan,
): Promise<void> {
  const { newIdempotencyKey } = await import('@zhangyin/shared/client')
  const prepared: PreparedOrder = (await call(api, body, { id: newIdempotencyKey() })) as ApiOut<N> & PreparedOrder
  const { order_id } = prepared
  const kind = api.replace(/\.prepare$/, '')
  await useOrder().take(prepared, { expected: { order_id, kind }, required: ['order_id', 'kind'] }, plan(order_id))
  await router.push('/order/check')
}
