/** Calendar days as "2026-11-22": no clock, no zone. */
const DAY_MS = 86_400_000

const at = (day: string): Date => new Date(`${day}T00:00:00Z`)
const text = (date: Date): string => date.toISOString().slice(0, 10)

export function addDays(day: string, days: number): string {
  return text(new Date(at(day).getTime() + days * DAY_MS))
}

/** 1 Monday to 7 Sunday. */
export function weekday(day: string): number {
  return at(day).getUTCDay() || 7
}

export function dayOfMonth(day: string): number {
  return Number(day.slice(8))
}

/** The first day of the month that lies so many months behind. */
export function addMonths(day: string, months: number): string {
  const date = at(`${day.slice(0, 7)}-01`)
  date.setUTCMonth(date.getUTCMonth() + months)
  return text(date)
}

/** The month's weeks from Monday on; null where a day belongs to another month. */
export function weeksOf(month: string): (string | null)[][] {
  const first = `${month.slice(0, 7)}-01`
  const days: (string | null)[] = Array.from({ length: weekday(first) - 1 }, () => null)
  for (let day = first; day.slice(0, 7) === first.slice(0, 7); day = addDays(day, 1)) days.push(day)
  while (days.length % 7 !== 0) days.push(null)
  return Array.from({ length: days.length / 7 }, (_, week) => days.slice(week * 7, week * 7 + 7))
}
