import { describe, expect, it } from 'vitest'
import { changeFault, customerDeeds } from '@/lib/customers'
import type { Customer } from '@/lib/office'

const who = (state: string, scope: string): Customer => ({
  customer_id: '1', customer_no: '1', name: '*三', phone: '', id_no: '', state, scope, created_at: 0, locked: false,
})

describe('what the counter may ask', () => {
  it('signs whom it has not signed, and nobody twice', () => {
    expect(customerDeeds(who('active', 'self'))).toContain('sign')
    expect(customerDeeds(who('active', 'full'))).not.toContain('sign')
    expect(customerDeeds(who('suspended', 'self'))).not.toContain('sign')
  })

  it('asks nothing about people without mobile banking', () => {
    expect(customerDeeds(who('counter', 'full'))).toEqual([])
    expect(customerDeeds(who('cancelled', 'full'))).toEqual([])
  })

  it('resumes the suspended alone', () => {
    expect(customerDeeds(who('suspended', 'full'))).toContain('resume')
    expect(customerDeeds(who('active', 'full'))).not.toContain('resume')
  })
})

describe('a change', () => {
  it('says something, and says it right', () => {
    expect(changeFault({ name: ' ', phone: '' })).toBe('empty')
    expect(changeFault({ name: '张', phone: '' })).toBe('name')
    expect(changeFault({ name: '', phone: '12345678901' })).toBe('phone')
    expect(changeFault({ name: '张三丰', phone: '13911110001' })).toBe('')
  })
})
