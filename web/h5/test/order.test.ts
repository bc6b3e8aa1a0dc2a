// @vitest-environment node
import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { hex, utf8 } from '@zhangyin/shared/bytes'
import { sm3 } from '@zhangyin/shared/sm'
import { useOrder } from '@/stores/order'

const call = vi.hoisted(() => vi.fn())
vi.mock('@/lib/bank', () => ({ call, sealSecret: vi.fn(), zsc: vi.fn() }))

const TEXT = 'zhangyin-order/1\norder_id=o1\nkind=cert.issue\nkey_kind=soft_key'
const prepared = {
  order_id: 'o1', text: TEXT, digest: hex(sm3(utf8(TEXT))), display: [], fee_fen: 0, expires_at: 0,
  factors: ['pay_password', 'sms'] as const, factor_options: ['pay_password+sms', 'pay_password+token'],
}
const wanted = { expected: { order_id: 'o1', kind: 'cert.issue' }, required: ['order_id', 'kind'] }

async function taken() {
  const order = useOrder()
  await order.take({ ...prepared, factors: [...prepared.factors] }, wanted, { from: '/certificate' })
  return order
}

beforeEach(() => {
  setActivePinia(createPinia())
  call.mockReset()
})

describe('an order', () => {
  it('offers the combinations that the server named', async () => {
    const order = await taken()
    expect(order.options).toEqual([['pay_password', 'sms'], ['pay_password', 'token']])
    call.mockResolvedValueOnce({ factors: ['pay_password', 'token'] })
    await order.choose(['pay_password', 'token'])
    expect(call).toHaveBeenCalledWith('order.factors.choose', { order_id: 'o1', factors: 'pay_password+token' })
    expect(order.pending).toEqual(['pay_password', 'token'])
    await order.choose(['pay_password', 'token']) // nothing to say twice
    expect(call).toHaveBeenCalledTimes(1)
  })

  it('of another kind than was asked for is refused', async () => {
    const order = useOrder()
    const other = { ...wanted, expected: { order_id: 'o1', kind: 'device.bind' } }
    await expect(order.take({ ...prepared, factors: [...prepared.factors] }, other, { from: '/' })).rejects.toThrow('refused')
    expect(order.canProve).toBe(false)
  })

  it('goes from factor to factor as the server says', async () => {
    const order = await taken()
    call.mockResolvedValueOnce({ factors: ['sms'] })
    await order.verify('pay_password', { challenge_id: 'c', cipher: 'x' })
    expect([order.pending, order.started]).toEqual([['sms'], true])
  })
})
