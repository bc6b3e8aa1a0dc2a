/** Times and numbers as customers read them; always on the Beijing clock, as the bank books. */
const ZONE = 'Asia/Shanghai'

function formatter(locale: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat(locale, { timeZone: ZONE, hourCycle: 'h23', ...options })
}

export function dateTime(at: number, locale: string): string {
  return formatter(locale, { dateStyle: 'medium', timeStyle: 'short' }).format(at)
}

export function monthOf(at: number, locale: string): string {
  return formatter(locale, { year: 'numeric', month: 'long' }).format(at)
}

export function dayTime(at: number, locale: string): string {
  return formatter(locale, { month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit' }).format(at)
}

/** "2026-11-22" in Beijing. */
export function dayOf(at: number): string {
  return formatter('sv-SE', { year: 'numeric', month: '2-digit', day: '2-digit' }).format(at)
}

export function hourOf(at: number): number {
  return Number(formatter('en', { hour: '2-digit' }).format(at))
}

/** Digits and stars in groups of four. */
export function groupFour(number: string): string {
  return number.replace(/\s/g, '').replace(/(.{4})(?=.)/g, '$1 ')
}

export function clock(seconds: number): string {
  const s = Math.max(0, Math.ceil(seconds))
  return `${Math.floor(s / 60)}:${String(s % 60).padStart(2, '0')}`
}
