// @vitest-environment node
import { describe, expect, it } from 'vitest'
import { addDays, addMonths, weekday, weeksOf } from '@/lib/days'
import { emptySchedule, resultText, ruleInput, ruleText } from '@/lib/schedule'

const t = (key: string, values: Record<string, unknown> = {}) => `${key} ${JSON.stringify(values)}`

describe('days', () => {
  it('go over the ends of months and years', () => {
    expect(addDays('2026-12-31', 1)).toBe('2027-01-01')
    expect(addDays('2028-02-28', 1)).toBe('2028-02-29')
    expect(addMonths('2026-12-15', 1)).toBe('2027-01-01')
    expect(addMonths('2026-01-31', -1)).toBe('2025-12-01')
    expect(weekday('2026-11-23')).toBe(1)
    expect(weekday('2026-11-29')).toBe(7)
  })

  it('stand in weeks from Monday on', () => {
    const weeks = weeksOf('2026-11-23')
    expect(weeks[0]).toEqual([null, null, null, null, null, null, '2026-11-01'])
    expect(weeks.at(-1)).toEqual(['2026-11-30', null, null, null, null, null, null])
    expect(weeks.flat().filter(Boolean)).toHaveLength(30)
  })
})

describe('a schedule', () => {
  it('that runs once has a date and nothing else', () => {
    expect(ruleInput({ ...emptySchedule(), first: '2026-12-01', step: 3, end: 'runs' })).toEqual({ every: 'once', first: '2026-12-01', short: 'skip' })
  })

  it('takes the day of the week or month from its first day', () => {
    const monthly = { ...emptySchedule(), every: 'month' as const, first: '2026-12-31', step: 2 }
    expect(ruleInput(monthly)).toEqual({ every: 'month', first: '2026-12-31', step: 2, on_day: 31, short: 'skip' })
    const weekly = { ...emptySchedule(), every: 'week' as const, first: '2026-12-06', end: 'last' as const, last: '2027-01-31' }
    expect(ruleInput(weekly)).toEqual({ every: 'week', first: '2026-12-06', on_day: 7, last: '2027-01-31', short: 'skip' })
  })

  it('says how often money is tried for', () => {
    const daily = { ...emptySchedule(), every: 'days' as const, first: '2026-12-01', end: 'runs' as const, runs: 5, short: 'retry' as const }
    expect(ruleInput(daily)).toEqual({ every: 'days', first: '2026-12-01', runs: 5, short: 'retry', retry_days: 3 })
  })

  it('is told in words', () => {
    expect(ruleText({ every: 'once', step: 1, on_day: 0, first: '2026-12-01' }, t)).toBe('schedule.rule.once {"day":"2026-12-01"}')
    expect(ruleText({ every: 'month', step: 1, on_day: 31, first: '' }, t)).toContain('schedule.rule.month {"n":1,"on":"31"}')
    expect(ruleText({ every: 'days', step: 3, on_day: 0, first: '' }, t)).toContain('schedule.rule.dayss')
  })

  it('has a word for what a run came to, whatever the code', () => {
    const te = (key: string) => ['schedule.result.OK', 'error.BALANCE_TOO_LOW'].includes(key)
    expect(resultText('OK', t, te)).toContain('schedule.result.OK')
    expect(resultText('BALANCE_TOO_LOW', t, te)).toContain('error.BALANCE_TOO_LOW')
    expect(resultText('NEW_ONE', t, te)).toContain('schedule.result.other')
  })
})
