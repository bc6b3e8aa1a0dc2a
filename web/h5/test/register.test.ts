import { describe, expect, it } from 'vitest'
import { idNoFits } from '@zhangyin/shared/id-no'
import { cardFits, cardOf, inFours, luhnFits, personFaults, stepOf } from '@/register/register'

const KINDS = [
  { prefix: '629988', digits: 16, name: 'one' },
  { prefix: '62998812', digits: 16, name: 'two' },
  { prefix: '622200', digits: 19, name: 'three' },
]

function withCheck(body: string): string {
  return [...'0123456789'].map((c) => body + c).find(luhnFits)!
}

describe('identity numbers', () => {
  it('are those of the standard', () => {
    expect(idNoFits('11010519491231002X')).toBe(true)
    expect(idNoFits('11010519491231002x')).toBe(true)
    expect(idNoFits('440524188001010014')).toBe(true)
  })

  it('show every wrong digit and every swap of neighbours', () => {
    const good = '440524188001010014'
    for (let i = 0; i < 17; i++) {
      for (const d of '0123456789') {
        if (d !== good[i]) expect(idNoFits(good.slice(0, i) + d + good.slice(i + 1))).toBe(false)
      }
      const swapped = good.slice(0, i) + good[i + 1] + good[i] + good.slice(i + 2)
      if (swapped !== good) expect(idNoFits(swapped)).toBe(false)
    }
  })
})

describe('cards', () => {
  it('show every wrong digit', () => {
    const good = withCheck('629988123456789')
    expect(cardFits(KINDS, good)).toBe(true)
    for (let i = 0; i < 16; i++) {
      for (const d of '0123456789') {
        if (d !== good[i]) expect(luhnFits(good.slice(0, i) + d + good.slice(i + 1))).toBe(false)
      }
    }
  })

  it('are named by their longest prefix, while they are typed', () => {
    expect(cardOf(KINDS, '6299')).toBeNull()
    expect(cardOf(KINDS, '6299 88')?.name).toBe('one')
    expect(cardOf(KINDS, '6299 8812 3')?.name).toBe('two')
    expect(cardOf(KINDS, '6217 0000')).toBeNull()
  })

  it('have the length of their kind', () => {
    expect(cardFits(KINDS, withCheck('62220012345678901'))).toBe(false)
    expect(cardFits(KINDS, withCheck('622200123456789012'))).toBe(true)
  })

  it('are shown in fours', () => {
    expect(inFours('6299881234567890')).toBe('6299 8812 3456 7890')
    expect(inFours('6299-8')).toBe('6299 8')
  })
})

describe('the form', () => {
  it('names every field at fault', () => {
    expect(personFaults({ name: '', id_no: '1', phone: '2' })).toEqual(['name', 'id_no', 'phone'])
    expect(personFaults({ name: '何清秋', id_no: '11010519491231002X', phone: '139 1111 0001' })).toEqual([])
  })

  it('knows where a field stands', () => {
    expect(['id_no', 'phone', 'card_no', 'card_pin', 'captcha.text', 'pay_password', 'value'].map(stepOf)).toEqual([
      'person', 'person', 'card', 'card', 'card', 'password', 'code',
    ])
  })
})
