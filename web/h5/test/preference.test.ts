import { describe, expect, it } from 'vitest'
import { choiceFault, isSame, isStricter } from '@/lib/preference'

const OPTIONS = [
  { factors: 'pay_password+sms', usable: true, allowed: true },
  { factors: 'pay_password+token', usable: false, allowed: true },
  { factors: 'pay_password+device_key', usable: true, allowed: false },
]

describe('what a customer allows', () => {
  it('is stricter when nothing new is allowed', () => {
    expect(isStricter(OPTIONS, ['pay_password+sms'])).toBe(true)
    expect(isStricter(OPTIONS, ['pay_password+sms', 'pay_password+device_key'])).toBe(false)
  })

  it('is the same in any order', () => {
    expect(isSame(OPTIONS, ['pay_password+token', 'pay_password+sms'])).toBe(true)
    expect(isSame(OPTIONS, ['pay_password+sms'])).toBe(false)
  })

  it('keeps one way that is set up', () => {
    expect(choiceFault(OPTIONS, [])).toBe('none')
    expect(choiceFault(OPTIONS, ['pay_password+token'])).toBe('keep')
    expect(choiceFault(OPTIONS, ['pay_password+sms'])).toBe('')
  })
})
