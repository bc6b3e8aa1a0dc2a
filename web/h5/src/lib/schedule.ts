/** Scheduled transfers: what the form holds, and rules in words. */
import type { ApiIn, ApiOut } from '@zhangyin/shared/api'
import { dayOfMonth, weekday } from './days'

export const EVERY = ['once', 'days', 'week', 'month'] as const
export const ENDS = ['never', 'last', 'runs'] as const
export const SHORT = ['skip', 'retry', 'stop'] as const
export const STEP_MAX = { once: 1, days: 366, week: 52, month: 12 } as const
export const RUNS_MAX = 1000
const RETRY_DAYS = 3

export interface ScheduleDraft {
  every: (typeof EVERY)[number]
  step: number
  first: string
  end: (typeof ENDS)[number]
  last: string
  runs: number
  short: (typeof SHORT)[number]
}

export type Schedule = ApiOut<'schedule.list'>['schedules'][number]
export type Run = ApiOut<'schedule.get'>['runs'][number]
type Rule = Pick<Schedule, 'every' | 'step' | 'on_day' | 'first'>
type RuleInput = Omit<ApiIn<'schedule.prepare'>, 'from_account_id' | 'amount_fen'>

export function emptySchedule(): ScheduleDraft {
  return { every: 'once', step: 1, first: '', end: 'never', last: '', runs: 12, short: 'skip' }
}

/** On which day of the week or month it runs: the first day says it. */
export function onDay(draft: Pick<ScheduleDraft, 'every' | 'first'>): number {
  if (draft.first === '') return 0
  return draft.every === 'week' ? weekday(draft.first) : draft.every === 'month' ? dayOfMonth(draft.first) : 0
}

export function ruleInput(draft: ScheduleDraft): RuleInput {
  const repeats = draft.every !== 'once'
  const on_day = onDay(draft)
  return {
    every: draft.every,
    first: draft.first,
    ...(repeats && draft.step > 1 ? { step: draft.step } : {}),
    ...(on_day > 0 ? { on_day } : {}),
    ...(repeats && draft.end === 'last' ? { last: draft.last } : {}),
    ...(repeats && draft.end === 'runs' ? { runs: draft.runs } : {}),
    short: draft.short,
    ...(draft.short === 'retry' ? { retry_days: RETRY_DAYS } : {}),
  }
}

export type RunTone = 'good' | 'skipped' | 'bad'

export function runTone(result: string): RunTone {
  return result === 'OK' ? 'good' : result === 'SKIPPED' ? 'skipped' : 'bad'
}

type T = (key: string, values?: Record<string, unknown>) => string

/** What a run came to. */
export function resultText(code: string, t: T, te: (key: string) => boolean): string {
  if (te(`schedule.result.${code}`)) return t(`schedule.result.${code}`)
  return te(`error.${code}`) ? t(`error.${code}`) : t('schedule.result.other')
}

/** "Every month on the 15th" in the words of the language. */
export function ruleText(rule: Rule, t: T): string {
  if (rule.every === 'once') return t('schedule.rule.once', { day: rule.first })
  const on = rule.every === 'week' ? t(`schedule.weekday.${rule.on_day}`) : String(rule.on_day)
  return t(`schedule.rule.${rule.every}${rule.step > 1 ? 's' : ''}`, { n: rule.step, on })
}
