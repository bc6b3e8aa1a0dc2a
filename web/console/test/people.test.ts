import { describe, expect, it } from 'vitest'
import type { Person } from '@/lib/office'
import { passwordProblem } from '@/lib/password'
import { idNoFits } from '@zhangyin/shared/id-no'
import { deedsOf, emptyPerson, faultsOf } from '@/lib/people'

const person = (state: string, lock: Person['lock'] = ''): Person => ({ state, lock }) as Person

describe('an account', () => {
  it('offers the deeds of its state', () => {
    expect(deedsOf(person('active'))).toEqual(['suspend', 'close'])
    expect(deedsOf(person('asleep'))).toEqual(['reopen', 'close'])
    expect(deedsOf(person('closed'))).toEqual(['reopen'])
    expect(deedsOf(person('of a later release'))).toEqual([])
  })

  it('offers to lift a lock only while it is active', () => {
    expect(deedsOf(person('active', 'blocked'))[0]).toBe('unlock')
    expect(deedsOf(person('closed', 'blocked'))).toEqual(['reopen'])
  })
})

describe('a new person', () => {
  const whole = { user: 'lin.xiao', name: '林晓', staff_no: '880021', id_no: '990000199001010017', phone: '13800000021', role: 'teller', branch: '0101' }

  it('is complete or named field by field', () => {
    expect(faultsOf(whole, true)).toEqual([])
    expect(faultsOf(emptyPerson(), true)).toEqual(['user', 'name', 'staff_no', 'id_no', 'phone', 'role', 'branch'])
  })

  it('who is there is asked for the post alone, and an empty phone stays', () => {
    expect(faultsOf({ ...emptyPerson(), role: 'risk', branch: '0202' }, false)).toEqual([])
    expect(faultsOf({ ...emptyPerson(), role: 'risk', branch: '0202', phone: '12' }, false)).toEqual(['phone'])
  })

  it('has an identity number whose check character fits', () => {
    expect(idNoFits('990000199001010017')).toBe(true)
    expect(idNoFits('990000199001010016')).toBe(false)
    expect(idNoFits('99000019900101001')).toBe(false)
  })
})

describe('a password', () => {
  it('is told what is wrong before it is sent', () => {
    expect(passwordProblem('Abc#12', 'lin.xiao')).toBe('short')
    expect(passwordProblem('abcdefgh', 'lin.xiao')).toBe('mix')
    expect(passwordProblem('my-Lin.Xiao-7', 'lin.xiao')).toBe('like')
    expect(passwordProblem('Bamboo#raft7', 'lin.xiao')).toBe('')
  })
})
