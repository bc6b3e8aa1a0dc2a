/** Parameters as staff read and type them: fen as yuan, everything else as whole numbers of its unit. */
import { parseYuan } from '@zhangyin/shared/money'
import { wordFor } from '@/i18n'
import { amount, count } from './format'

export function shownValue(value: number, unit: string): string {
  if (unit === 'fen') return amount(value)
  const word = wordFor('unit', unit)
  return word === '' ? count(value) : `${count(value)} ${word}`
}

/** The unit that a name ends with: "login.idle_s". */
export function unitOf(name: string): string {
  return /_(fen|s|ms|min|days|times)$/.exec(name)?.[1] ?? ''
}

/** For editing: the same figure without grouping. */
export function editedValue(value: number, unit: string): string {
  if (unit !== 'fen') return String(value)
  return `${Math.floor(value / 100)}.${String(value % 100).padStart(2, '0')}`
}

export function parseValue(text: string, unit: string): number | null {
  const trimmed = text.trim().replace(/,/g, '')
  if (unit === 'fen') return parseYuan(trimmed)
  return /^-?\d{1,15}$/.test(trimmed) ? Number(trimmed) : null
}
