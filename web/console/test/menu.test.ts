import { describe, expect, it } from 'vitest'
import { differences, mayDecide } from '@/lib/approvals'
import { menuOf } from '@/lib/menu'
import { barSteps } from '@/lib/figures'
import { editedValue, parseValue, shownValue, unitOf } from '@/lib/params'

const paths = (...permissions: string[]) => menuOf(permissions).flatMap((g) => g.entries.map((e) => e.path))

describe('the menu', () => {
  it('shows only the overview without any permission', () => {
    expect(paths()).toEqual(['/overview'])
  })

  it('shows a teller customers and orders and approvals and nothing of the system', () => {
    expect(paths('customer.view', 'order.view', 'approval.view', 'customer.unlock.make')).toEqual([
      '/overview',
      '/approvals',
      '/customers',
      '/orders',
    ])
  })

  it('shows makers and checkers alike the page they work on', () => {
    expect(paths('api.check')).toContain('/apis')
    expect(paths('param.make')).toContain('/params')
    expect(paths('param.make')).not.toContain('/apis')
  })

  it('leaves out a group without entries', () => {
    expect(menuOf(['audit.verify']).map((g) => g.word)).toEqual(['menu.desk', 'menu.control'])
  })
})

describe('a request', () => {
  const me = { id: 'linyan', permissions: ['api.check'] }
  const request = { kind: 'api.switch', state: 'waiting', maker: 'zhouhe' }

  it('cannot be decided by its maker whatever the permissions', () => {
    expect(mayDecide({ ...request, maker: 'linyan' }, me)).toBe('own')
  })

  it('needs the permission of its kind', () => {
    expect(mayDecide(request, me)).toBe('yes')
    expect(mayDecide({ ...request, kind: 'param.change' }, me)).toBe('permission')
    expect(mayDecide({ ...request, kind: 'customer.unlock' }, { id: 'x', permissions: ['customer.unlock.check'] })).toBe('yes')
  })

  it('is decided once', () => {
    expect(mayDecide({ ...request, state: 'approved' }, me)).toBe('decided')
  })

  it('compares each member of both sides and marks what changes', () => {
    expect(differences('{"api":"a.b","closed":false}', '{"api":"a.b","closed":true,"note":"x"}')).toEqual([
      { key: 'api', before: 'a.b', after: 'a.b', changed: false },
      { key: 'closed', before: false, after: true, changed: true },
      { key: 'note', before: undefined, after: 'x', changed: true },
    ])
    expect(differences('not json', '[]')).toEqual([])
  })
})

describe('a parameter', () => {
  it('in fen is read and typed in yuan exactly', () => {
    expect(shownValue(5000000, 'fen')).toBe('¥50,000.00')
    expect(editedValue(5000001, 'fen')).toBe('50000.01')
    expect(parseValue('50,000.01', 'fen')).toBe(5000001)
    expect(parseValue('1.005', 'fen')).toBeNull()
  })

  it('names its unit at its end', () => {
    expect(unitOf('transfer.once_limit_fen')).toBe('fen')
    expect(unitOf('login.idle_s')).toBe('s')
    expect(unitOf('alias')).toBe('')
  })

  it('of another unit is a whole number', () => {
    expect(shownValue(300, 's')).toMatch(/^300 /)
    expect(parseValue('300', 's')).toBe(300)
    expect(parseValue('3e2', 's')).toBeNull()
    expect(parseValue('30.5', 's')).toBeNull()
  })
})

describe('a bar', () => {
  it('is as long as its share of the largest and seen whenever there is something', () => {
    expect(barSteps([200, 100, 1, 0])).toEqual([100, 50, 1, 0])
    expect(barSteps([])).toEqual([])
  })
})
