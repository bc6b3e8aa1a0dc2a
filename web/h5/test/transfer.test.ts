// @vitest-environment node
import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { hex, utf8 } from '@zhangyin/shared/bytes'
import { sm3 } from '@zhangyin/shared/sm'
import { useTransfer } from '@/stores/transfer'

const call = vi.hoisted(() => vi.fn())
vi.mock('@/lib/bank', () => ({ call, sealSecret: vi.fn(), zsc: vi.fn() }))

type Input = { amount_fen: number; to_name?: string }

function prepared(input: Input, change: (text: string) => string = (t) => t) {
  const text = change(
    ['zhangyin-order/1', 'order_id=o1', 'kind=transfer.internal', `to_name=${input.to_name}`, `amount_fen=${input.amount_fen}`].join('\n'),
  )
  const digest = hex(sm3(utf8(text)))
  return { order_id: 'o1', text, digest, display: [], fee_fen: 0, factors: ['pay_password', 'sms'], expires_at: 0 }
}

function filled() {
  const transfer = useTransfer()
  Object.assign(transfer.draft, { fromAccountId: 'a1', number: '6217000000005566', name: '李丽', amount: '100.5' })
  return transfer
}

const ids = () => call.mock.calls.filter(([api]) => api === 'transfer.prepare').map((c) => (c[2] as { id: string }).id)

beforeEach(() => {
  setActivePinia(createPinia())
  call.mockReset()
  call.mockImplementation((api: string, input: Input) =>
    Promise.resolve(api === 'transfer.prepare' ? prepared(input) : { state: 'posted', factors: [] }),
  )
})

describe('transfer', () => {
  it('asks for whole fen and keeps the order it was given', async () => {
    const transfer = filled()
    await transfer.prepare()
    expect(call.mock.calls[0]![1]).toEqual({
      from_account_id: 'a1', amount_fen: 10050, to_account_no: '6217000000005566', to_name: '李丽',
    })
    expect(transfer.canProve).toBe(true)
    expect(transfer.pending).toEqual(['pay_password', 'sms'])
  })

  it('sends a payee of the book by reference only', async () => {
    const transfer = filled()
    transfer.draft.payee = { payee_id: 'p1', name: '*丽', number: '6217 **** **** 2201', bank: '', bank_code: '', alias: '' }
    await transfer.prepare()
    expect(call.mock.calls[0]![1]).toEqual({ from_account_id: 'a1', amount_fen: 10050, payee_id: 'p1' })
  })

  it('names the bank of a typed account and the way, but never for the own bank', async () => {
    const transfer = filled()
    transfer.draft.bank = { bank_code: '102100099996', bank_name: '中国工商银行', own: false }
    transfer.draft.way = 'large'
    await transfer.prepare()
    expect(call.mock.calls[0]![1]).toMatchObject({ to_account_no: '6217000000005566', to_bank: '102100099996', way: 'large' })
    transfer.draft.bank = { bank_code: '313999000016', bank_name: '本行', own: true }
    await transfer.prepare()
    expect(call.mock.calls[1]![1]).not.toHaveProperty('to_bank')
    expect(call.mock.calls[1]![1]).not.toHaveProperty('way')
  })

  it('says when the money leaves only when that is later', async () => {
    const transfer = filled()
    await transfer.prepare()
    expect(call.mock.calls[0]![1]).not.toHaveProperty('arrival')
    transfer.draft.arrival = 'two_hours'
    call.mockImplementation((_api: string, input: Input) => Promise.resolve(prepared(input, (text) => `${text}\narrival=two_hours`)))
    await transfer.prepare()
    expect(call.mock.calls[1]![1]).toMatchObject({ arrival: 'two_hours' })
  })

  it('refuses a text that says another time of leaving', async () => {
    const transfer = filled()
    transfer.draft.arrival = 'next_day'
    call.mockImplementation((_api: string, input: Input) => Promise.resolve(prepared(input, (text) => `${text}\narrival=two_hours`)))
    await expect(transfer.prepare()).rejects.toThrow()
  })

  it('pays whom a phone number led to by the token alone', async () => {
    const transfer = filled()
    transfer.draft.found = { payee_token: 'T1', name: '*丽', bank_code: '', bank_name: '', tail: '2201', own: true, expires_at: 0 }
    await transfer.prepare()
    expect(call.mock.calls[0]![1]).toEqual({ from_account_id: 'a1', amount_fen: 10050, payee_token: 'T1' })
  })

  it('repeats the same attempt under the same id, also after a lost answer', async () => {
    const transfer = filled()
    call.mockRejectedValueOnce(new Error('lost'))
    await expect(transfer.prepare()).rejects.toThrow('lost')
    await transfer.prepare()
    await transfer.prepare()
    expect(new Set(ids()).size).toBe(1)
  })

  it('takes another id for a changed draft, and for a new payment of the same amount', async () => {
    const transfer = filled()
    await transfer.prepare()
    transfer.draft.amount = '100.51'
    await transfer.prepare()
    transfer.forgetOrder()
    await transfer.prepare()
    expect(new Set(ids()).size).toBe(3)
  })

  it.each([
    ['amount', (t: string) => t.replace('10050', '90050')],
    ['payee', (t: string) => t.replace('李丽', '王五')],
    ['order', (t: string) => t.replace('=o1', '=o2')],
  ])('refuses a text with another %s although its digest fits', async (_what, change) => {
    const transfer = filled()
    call.mockImplementation((_api: string, input: Input) => Promise.resolve(prepared(input, change)))
    await expect(transfer.prepare()).rejects.toThrow('order text refused')
    expect(transfer.canProve).toBe(false)
  })

  it('refuses a digest that is not of the text', async () => {
    const transfer = filled()
    call.mockImplementation((_api: string, input: Input) =>
      Promise.resolve({ ...prepared(input), digest: '0'.repeat(64) }),
    )
    await expect(transfer.prepare()).rejects.toThrow('digest')
    expect(transfer.canProve).toBe(false)
  })

  it('does not leave an earlier order to be proved when the next one is refused', async () => {
    const transfer = filled()
    await transfer.prepare()
    call.mockRejectedValueOnce(new Error('TRANSFER_LIMIT'))
    await expect(transfer.prepare()).rejects.toThrow()
    expect(transfer.canProve).toBe(false)
  })

  it('leaves nothing to pay again once it is finished', async () => {
    const transfer = filled()
    await transfer.prepare()
    await transfer.confirm()
    expect(call).toHaveBeenLastCalledWith('order.confirm', { order_id: 'o1', digest: transfer.order!.digest })
    transfer.finish()
    expect([transfer.canProve, transfer.draft.amount, transfer.draft.number]).toEqual([false, '', ''])
    expect(transfer.paidTo).toEqual({ name: '李丽', number: '6217000000005566', bank: '' })
  })

  it('cancels the order that the customer gives up', async () => {
    const transfer = filled()
    await transfer.prepare()
    await transfer.cancel()
    expect(call).toHaveBeenLastCalledWith('order.cancel', { order_id: 'o1' })
    expect([transfer.canProve, transfer.draft.amount]).toEqual([false, '100.5'])
  })
})
