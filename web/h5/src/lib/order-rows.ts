/** Labels and formatting for the lines of a canonical order text. */
import type { DisplayRow } from '@zhangyin/shared/api'
import { money } from '@zhangyin/shared/money'
import type { OrderElements } from '@zhangyin/shared/order'
import { dateTime, groupFour } from './format'

interface Words {
  t: (key: string) => string
  te: (key: string) => boolean
  locale: string
}

export interface OrderRow {
  name: string
  label: string
  value: string
}

type Format = (value: string, words: Words) => string

function fen(value: string): string {
  return /^\d{1,15}$/.test(value) ? money(Number(value)) : value
}

function account(value: string): string {
  return /^[\d*]{12,}$/.test(value) ? groupFour(value) : value
}

function kind(value: string, { t, te }: Words): string {
  const key = `order.kind.${value.replace(/\./g, '_')}`
  return te(key) ? t(key) : value
}

function what(value: string, { t, te }: Words): string {
  const key = `order.value.${value}`
  return te(key) ? t(key) : value
}

/** The class of an account. */
function accountClass(value: string, { t, te }: Words): string {
  return te(`account.kind.${value}`) ? t(`account.kind.${value}`) : value
}

/** Of which kind of order it speaks. */
function scene(value: string, words: Words): string {
  const key = `order.scene.${value.replace(/\./g, '_')}`
  return words.te(key) ? words.t(key) : kind(value, words)
}

/** "pay_password+sms,pay_password+token" */
function options(value: string, words: Words): string {
  const name = (factor: string) => (words.te(`factor.${factor}`) ? words.t(`factor.${factor}`) : factor)
  if (!/^\w+\+/.test(value)) return what(value, words)
  return value.split(/[,|]/).map((option) => option.split('+').map(name).join(' + ')).join(' / ')
}

function way(value: string, { t, te }: Words): string {
  const key = `transfer.way.${value}`
  return te(key) ? t(key) : value
}

function arrival(value: string, { t, te }: Words): string {
  const key = `transfer.arrival.${value}`
  return te(key) ? t(key) : value
}

function every(value: string, { t, te }: Words): string {
  return te(`schedule.every.${value}`) ? t(`schedule.every.${value}`) : value
}

function short(value: string, { t, te }: Words): string {
  return te(`schedule.short.${value}`) ? t(`schedule.short.${value}`) : value
}

/** What people compare: the first eight bytes of a digest. */
function fingerprint(value: string): string {
  return /^[0-9a-f]{64}$/.test(value) ? groupFour(value.slice(0, 16)) : value
}

/** A point in time, as the canonical text writes it: `2026-11-23T15:00:00.000+08:00`. */
function time(value: string, { locale }: Words): string {
  const at = /^\d{4}-\d{2}-\d{2}T/.test(value) ? Date.parse(value) : Number.NaN
  return Number.isNaN(at) ? value : dateTime(at, locale)
}

const FORMATS: readonly [RegExp, Format][] = [
  [/_fen$/, fen],
  [/account|number/, account],
  [/_sm3$/, fingerprint],
  [/^kind$/, kind],
  [/^(what|balance)$/, what],
  [/^class$/, accountClass],
  [/^scene$/, scene],
  [/^options$/, options],
  [/^way$/, way],
  [/^arrival$/, arrival],
  [/^every$/, every],
  [/^short$/, short],
  [/_at$/, time],
]

/** A name that this release has no word for is shown with the server's label, or as it is. */
function labelOf(name: string, value: string, display: readonly DisplayRow[], { t, te }: Words): string {
  const key = `order.field.${name}`
  if (te(key)) return t(key)
  return display.find((row) => row.value === value)?.label ?? name
}

/** Every element is shown but for those of `skip`, which the page shows elsewhere, and empty ones. */
export function orderRows(
  elements: OrderElements,
  display: readonly DisplayRow[],
  words: Words,
  skip: readonly string[] = [],
): OrderRow[] {
  return [...elements]
    .filter(([name, value]) => value !== '' && !skip.includes(name))
    .map(([name, value]) => {
      const format = FORMATS.find(([pattern]) => pattern.test(name))?.[1]
      return { name, label: labelOf(name, value, display, words), value: format?.(value, words) ?? value }
    })
}
