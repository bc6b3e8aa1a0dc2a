import { describe, expect, it } from 'vitest'
import type { PolicyFactor, PolicyScene } from '@/lib/office'
import { optionFault, optionsOf, optionText } from '@/lib/policy'

const factor = (name: string, kind: PolicyFactor['kind'], cap_fen = 0, sent_last = false): PolicyFactor => ({
  factor: name, title_zh: '', title_en: '', kind, on: true, sent_last, cap_fen,
})
const FACTORS = [
  factor('pay_password', 'knowledge'), factor('login_password', 'knowledge'), factor('sms', 'possession', 5000000, true),
  factor('token', 'possession', 100000000), factor('face', 'inherence'),
]
const scene = (money: boolean, kinds: number): PolicyScene => ({
  scene: 's', title_zh: '', title_en: '', options: '', release: '', changed: false, money, kinds,
})

describe('a combination of the policy', () => {
  it('names why the clauses do not allow it', () => {
    const fault = (picked: string[], money = true, kinds = 2) => optionFault(picked, scene(money, kinds), FACTORS, ['sms+pay_password'])
    expect(fault([])).toBe('none')
    expect(fault(['face'], false, 1)).toBe('biometric')
    expect(fault(['sms'], false, 1)).toBe('sent')
    expect(fault(['sms', 'token'])).toBe('kinds')
    expect(fault(['login_password', 'sms'])).toBe('login')
    expect(fault(['pay_password', 'face'])).toBe('money')
    expect(fault(['pay_password', 'sms'])).toBe('twice')
    expect(fault(['pay_password', 'token'])).toBe('')
    expect(fault(['face', 'sms'], false)).toBe('')
  })

  it('is read in the words of the customers', () => {
    expect(optionsOf('pay_password+sms|token')).toEqual(['pay_password+sms', 'token'])
    expect(optionText('pay_password+sms')).toBe('交易密码 + 短信验证')
  })
})
