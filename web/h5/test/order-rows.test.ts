import { describe, expect, it } from 'vitest'
import { i18n } from '@/i18n'
import { orderRows } from '@/lib/order-rows'

const words = { t: i18n.global.t, te: i18n.global.te, locale: 'zh-CN' }
const elements = new Map([
  ['order_id', 'o1'],
  ['kind', 'transfer.internal'],
  ['to_account_no', '6217000000005566'],
  ['to_name', '李丽'],
  ['amount_fen', '1234560'],
  ['memo', ''],
  ['surprise', '<b>x</b>'],
])

describe('order rows', () => {
  it('show every element of the text that is not empty, formatted for reading', () => {
    expect(orderRows(elements, [], words).map((r) => [r.label, r.value])).toEqual([
      ['订单号', 'o1'],
      ['业务类型', '行内转账'],
      ['收款账号', '6217 0000 0000 5566'],
      ['收款户名', '李丽'],
      ['转账金额', '¥12,345.60'],
      ['surprise', '<b>x</b>'],
    ])
  })

  it('take an unknown element\'s label from the server and never drop it', () => {
    const rows = orderRows(elements, [{ label: '新要素', value: '<b>x</b>' }], words)
    expect(rows.at(-1)).toEqual({ name: 'surprise', label: '新要素', value: '<b>x</b>' })
  })

  it('leave a malformed amount as it stands in the text', () => {
    const rows = orderRows(new Map([['amount_fen', '12x']]), [], words)
    expect(rows[0]!.value).toBe('12x')
  })

  it('show points in time for people, and what is none as it is', () => {
    const at = new Map([['prepared_at', '2026-11-23T10:00:04.000+08:00'], ['until_at', 'soon']])
    expect(orderRows(at, [], words).map((r) => r.value)).toEqual(['2026年11月23日 10:00', 'soon'])
    expect(orderRows(at, [], { ...words, locale: 'en' })[0]?.value).toBe('Nov 23, 2026, 10:00')
  })

  it('name the business and the ways of verification that an order speaks of', () => {
    const lower = new Map([['scene', 'transfer'], ['options', 'pay_password+sms|pay_password+token']])
    expect(orderRows(lower, [], words).map((r) => [r.label, r.value])).toEqual([
      ['适用业务', '转账'],
      ['验证方式', '交易密码 + 短信验证 / 交易密码 + 动态令牌'],
    ])
    const back = new Map([['scene', 'device.bind'], ['options', 'policy']])
    expect(orderRows(back, [], words).map((r) => r.value)).toEqual(['绑定设备', '恢复为银行默认'])
  })
})
