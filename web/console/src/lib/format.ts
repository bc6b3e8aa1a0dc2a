/** Times on the Beijing clock, as the bank books; amounts and figures with their units. */
import { money } from '@zhangyin/shared/money'

const ZONE = 'Asia/Shanghai'
const SECONDS = new Intl.DateTimeFormat('sv-SE', {
  timeZone: ZONE,
  dateStyle: 'short',
  timeStyle: 'medium',
})

/** "2026-11-22 09:41:07"; a dash when it has not happened. */
export function at(ms: number | undefined): string {
  return ms === undefined || ms <= 0 ? '—' : SECONDS.format(ms)
}

/** "2026-11-22 09:41". */
export function atMinute(ms: number): string {
  return at(ms).slice(0, 16)
}

export function amount(fen: unknown): string {
  return Number.isSafeInteger(fen) ? money(fen as number) : '—'
}

export function count(n: number): string {
  return new Intl.NumberFormat('en').format(n)
}

export function orDash(value: unknown): string {
  return value === undefined || value === null || value === '' ? '—' : String(value)
}
