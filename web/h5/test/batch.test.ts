// @vitest-environment node
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { createPinia, setActivePinia } from 'pinia'
import { canonicalRows, checkRow, emptyRow, firstToSend, inputOf, problemOf, reasonText, repeated, resultLines, rowsOf, totalOf, unreadable, type BatchRow, type Row } from '@/lib/batch'
import { FileRefused, readBatchFile } from '@/lib/batch-file'
import { readCsv, textOf, writeCsv } from '@/lib/csv'
import { useBatch } from '@/stores/batch'
import { useOrder } from '@/stores/order'
import { hex, utf8 } from '@zhangyin/shared/bytes'
import { sm3 } from '@zhangyin/shared/sm'

const call = vi.hoisted(() => vi.fn())
vi.mock('@/lib/bank', () => ({ call, sealSecret: vi.fn(), zsc: vi.fn() }))
vi.mock('@zhangyin/shared/client', () => ({ newIdempotencyKey: () => 'A'.repeat(32) }))

const row = (over: Partial<Row> = {}): Row => ({ ...emptyRow(), name: '李丽', number: '6217000000005566', amount: '12.50', ...over })
const refused = (code: string, fields: string[] = []) => Object.assign(new Error(code), { code, fields })

beforeEach(() => {
  setActivePinia(createPinia())
  call.mockReset()
})

describe('a file', () => {
  const GBK = new Uint8Array([0xc0, 0xee, 0xc0, 0xf6, 0x2c, 0x36]) /* 李丽,6 */

  it('is read as UTF-8 or as Chinese spreadsheets write it', () => {
    expect(textOf(utf8('李丽,6'))).toBe('李丽,6')
    expect(textOf(GBK)).toBe('李丽,6')
  })

  it('has rows by the order of its columns, with or without a headline', () => {
    const lines = readCsv('户名,账号,银行,金额,附言\r\n李丽,6217 0000 0000 5566,,"1,012.5",房租\r\n\r\n , ,,\r\n王五,６２１７０００００００００００１,102100099996,¥8,\r\n', 10)!
    const rows = rowsOf(lines)
    expect(rows).toEqual([
      row({ amount: '1012.5', memo: '房租' }),
      row({ name: '王五', number: '6217000000000001', bank: '102100099996', bankName: '102100099996', amount: '8' }),
    ])
    expect(rowsOf(lines.slice(1))).toEqual(rows)
  })

  it('with a quote that never ends is none', () => {
    expect(readCsv('a,"b\nc', 10)).toBeNull()
  })

  it('names banks, each asked for once; one that is not found is a problem of its rows', async () => {
    call.mockImplementation(async (_api: string, { text }: { text: string }) => ({
      banks: text === '中国工商银行' ? [{ bank_code: '102100099996', bank_name: text, own: false }] : text === '云岚银行' ? [{ bank_code: '9', bank_name: text, own: true }] : [],
    }))
    const text = ['中国工商银行', '中国工商银行', '云岚银行', '没有的银行'].map((bank) => `李丽,6217000000005566,${bank},1,`).join('\n')
    const rows = await readBatchFile(new Blob([text]))
    expect(rows.map((r) => r.bank)).toEqual(['102100099996', '102100099996', '', ''])
    expect(rows.map((r) => checkRow(r)?.field)).toEqual([undefined, undefined, undefined, 'bank'])
    expect(call).toHaveBeenCalledTimes(3)
  })

  it.each([
    ['size', new Blob([new Uint8Array(1024 * 1024 + 1)])],
    ['format', new Blob(['李丽,"6217'])],
    ['empty', new Blob(['户名,账号\n'])],
    ['rows', new Blob(['李丽,6217000000005566,,1,\n'.repeat(1001)])],
    ['banks', new Blob([Array.from({ length: 61 }, (_, i) => `李丽,6217000000005566,行${i},1,`).join('\n')])],
  ])('is refused for its %s', async (why, file) => {
    await expect(readBatchFile(file)).rejects.toEqual(new FileRefused(why as 'size'))
    expect(call).not.toHaveBeenCalled()
  })

  it('of 1,000 rows is taken', async () => {
    expect(await readBatchFile(new Blob(['户名,账号\n', '李丽,6217000000005566,,1,\n'.repeat(1000)]))).toHaveLength(1000)
  })

  it('that is written runs nothing in a spreadsheet', () => {
    expect(writeCsv([['=1+1', '@x', '李,丽']])).toBe('\ufeff"\'=1+1","\'@x","李,丽"\r\n')
  })
})

describe('a row', () => {
  it.each([
    ['name', { name: '李' }],
    ['number', { number: '6.217E+15' }],
    ['bank', { bankName: '没有的银行' }],
    ['amount', { amount: '0' }],
    ['amount', { amount: '-5' }],
    ['amount', { amount: '1.005' }],
    ['amount', { amount: '1000000.01' }],
    ['memo', { memo: '长'.repeat(31) }],
  ])('with a bad %s is told so', (field, over) => {
    expect(checkRow(row(over))?.field).toBe(field)
    expect(checkRow(row())).toBeNull()
  })

  it('goes to the bank without what it has not', () => {
    expect(inputOf(row())).toEqual({ to_name: '李丽', to_account_no: '6217000000005566', amount_fen: 1250 })
    expect(inputOf(row({ bank: '102100099996', memo: ' 房租 ' }))).toMatchObject({ to_bank: '102100099996', memo: '房租' })
  })

  it('has its problem at the field that the bank means', () => {
    expect(problemOf('PAYEE_MISMATCH', '')).toEqual({ field: 'name', key: 'error.PAYEE_MISMATCH' })
    expect(problemOf('NOT_FOUND', 'to_account_no')).toEqual({ field: 'number', key: 'batch.bad.unknown' })
    expect(problemOf('API_CLOSED', '')).toEqual({ field: null, key: 'error.API_CLOSED' })
    expect(unreadable(['rows.3.to_bank'])).toEqual({ index: 3, problem: { field: 'bank', key: 'batch.bad.bank' } })
    expect(unreadable(['batch_id'])).toBeNull()
  })

  it('that pays the same again is counted', () => {
    expect(repeated([row(), row(), row({ amount: '12.5' }), row({ amount: '13' }), row({ amount: '' }), row({ amount: '' })])).toBe(2)
    expect(totalOf([row(), row({ amount: '0.1' }), row({ amount: 'x' })])).toBe(1260)
  })

  it('is sent again from the first that changed on', () => {
    expect(firstToSend([], ['a', 'b'])).toBe(0)
    expect(firstToSend(['a', 'b'], ['a', 'b'])).toBe(-1)
    expect(firstToSend(['a', 'b', 'c'], ['a', 'x', 'c'])).toBe(1)
    expect(firstToSend(['a', 'b'], ['a', 'b', 'c'])).toBe(2)
    expect(firstToSend(['a', 'b', 'c'], ['a', 'b'])).toBe(1)
  })

  it('reads in the result as it came out', () => {
    const t = (key: string) => key
    const te = (key: string) => key === 'error.PAYEE_MISMATCH'
    const paid: BatchRow = { row: 1, state: 'paid', code: '', field: '', to_name: '李*', to_account_no: '6217 **** **** 5566', to_bank: '', amount_fen: 1205, fee_fen: 0, order_id: 'o1' }
    const failed: BatchRow = { ...paid, row: 2, state: 'failed', code: 'PAYEE_MISMATCH', order_id: '' }
    expect(reasonText({ ...failed, code: 'NEW_ONE' }, t, te)).toBe('batch.failedOther')
    expect(resultLines([paid, failed], t, te).slice(1)).toEqual([
      [1, '李*', '6217 **** **** 5566', '', '12.05', 'batch.rowState.paid', '', 'o1'],
      [2, '李*', '6217 **** **** 5566', '', '12.05', 'batch.rowState.failed', 'error.PAYEE_MISMATCH', ''],
    ])
  })
})

describe('a batch', () => {
  const PART = 2
  const fees = [0, 200, 0]

  /** A bank that finds fault with the names in `wrong`. */
  function bank(wrong: string[] = [], text: (digest: string) => string = (digest) => digest) {
    let held: { to_name: string; to_account_no: string; to_bank?: string; amount_fen: number }[] = []
    call.mockImplementation(async (api: string, body: { first: number; rows: typeof held; after: number }) => {
      if (api === 'batch.start') return { batch_id: 'b1', rows_max: 1000, part_max: PART }
      if (api === 'batch.rows') {
        held = [...held.slice(0, body.first - 1), ...body.rows]
        const errors = body.rows.flatMap((r, i) => (wrong.includes(r.to_name) ? [{ row: body.first + i, code: 'PAYEE_MISMATCH', field: 'to_name' }] : []))
        return { rows: held.length, errors }
      }
      if (api === 'batch.get') return { rows: held.slice(body.after).map((r, i) => ({ to_bank: r.to_bank ?? '', fee_fen: fees[body.after + i] })) }
      if (api !== 'batch.prepare') throw refused('API_UNKNOWN')
      const kept = held.map((r, i) => ({ to_bank: r.to_bank ?? '', fee_fen: fees[i]! }))
      const digest = text(hex(sm3(utf8(canonicalRows(held, kept)))))
      const sum = held.reduce((all, r) => all + r.amount_fen, 0)
      const order = `zhangyin-order/1\norder_id=o1\nkind=transfer.batch\nrows=${held.length}\namount_fen=${sum}\nfee_fen=200\nrows_sm3=${digest}`
      return { order_id: 'o1', text: order, digest: hex(sm3(utf8(order))), factors: ['pay_password', 'sms'], factor_options: [], display: [] }
    })
  }

  const sentFirsts = () => call.mock.calls.filter(([api]) => api === 'batch.rows').map(([, body]) => body.first)

  function three() {
    const batch = useBatch()
    batch.fromAccountId = 'a1'
    batch.replace([row(), row({ name: '王五', bank: '102100099996', bankName: 'x' }), row({ name: '赵六', memo: '货款' })])
    return batch
  }

  it('goes to the bank in parts; what is wrong is marked, and only what changed goes again', async () => {
    bank(['赵六'])
    const batch = three()
    expect(await batch.send()).toBe(false)
    expect(sentFirsts()).toEqual([1, 3])
    expect(batch.rows.map((r) => r.problem?.key)).toEqual([undefined, undefined, 'error.PAYEE_MISMATCH'])
    expect(await batch.send()).toBe(false)
    expect(sentFirsts()).toEqual([1, 3])
    batch.put(2, row({ name: '赵六六', memo: '货款' }))
    expect(await batch.send()).toBe(true)
    expect(sentFirsts()).toEqual([1, 3, 3])
  })

  it('asks nothing of the bank while a look at a row tells that it is wrong', async () => {
    bank()
    const batch = three()
    batch.put(1, row({ amount: '' }))
    expect([await batch.send(), batch.bad]).toEqual([false, 1])
    expect(call).not.toHaveBeenCalled()
  })

  it('is confirmed by an order about exactly its rows', async () => {
    bank()
    const batch = three()
    await batch.send()
    await batch.prepare()
    expect(useOrder().elements!.get('rows')).toBe('3')
    expect(useOrder().plan!.to).toBe('/batches/b1')
  })

  it('refuses an order about other rows', async () => {
    bank([], (digest) => digest.replace(/^./, (c) => (c === '0' ? '1' : '0')))
    const batch = three()
    await batch.send()
    await expect(batch.prepare()).rejects.toThrow('rows_sm3')
    expect(useOrder().canProve).toBe(false)
  })

  it('that the bank has dropped is begun anew', async () => {
    bank()
    const batch = three()
    await batch.send()
    batch.remove(2)
    call.mockRejectedValueOnce(refused('NOT_FOUND'))
    await expect(batch.send()).rejects.toMatchObject({ code: 'NOT_FOUND' })
    expect(await batch.send()).toBe(true)
    expect(call.mock.calls.filter(([api]) => api === 'batch.start')).toHaveLength(2)
  })

  it('marks the row that the bank cannot read', async () => {
    bank()
    const batch = three()
    call.mockResolvedValueOnce({ batch_id: 'b1', rows_max: 1000, part_max: PART }).mockRejectedValueOnce(refused('BAD_FIELD', ['rows.1.to_name']))
    await expect(batch.send()).rejects.toMatchObject({ code: 'BAD_FIELD' })
    expect(batch.rows[1]!.problem).toEqual({ field: 'name', key: 'batch.bad.name' })
  })

  it('is digested as the bank writes it down: with the bank and fee that it found', () => {
    expect(canonicalRows([inputOf(row({ memo: '房租' }))], [{ to_bank: '102100099996', fee_fen: 200 }])).toBe('1\t6217000000005566\t李丽\t102100099996\t1250\t200\t房租\n')
  })
})
