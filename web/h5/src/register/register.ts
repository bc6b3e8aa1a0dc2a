/** What a registration form can tell by itself; whether things belong together only the bank can tell. */
import { idNoFits } from '@zhangyin/shared/id-no'

export interface CardKind {
  prefix: string
  digits: number
  name: string
}

export interface Person {
  name: string
  id_no: string
  phone: string
}

export const STEPS = ['person', 'card', 'password', 'code'] as const
export type Step = (typeof STEPS)[number]

export const digitsOf = (text: string): string => text.replace(/\D/g, '')

/** "6299 8812 …": as it stands on the card. */
export const inFours = (text: string): string => digitsOf(text).replace(/(.{4})(?=.)/g, '$1 ')

/** Luhn: every second digit from the right counts twice. */
export function luhnFits(digits: string): boolean {
  const sum = [...digits].reverse().reduce((total, c, i) => {
    const d = Number(c) * (i % 2 === 1 ? 2 : 1)
    return total + (d > 9 ? d - 9 : d)
  }, 0)
  return digits.length >= 12 && sum % 10 === 0
}

/** The card that its longest prefix names, as soon as enough was typed. */
export function cardOf(kinds: readonly CardKind[], number: string): CardKind | null {
  const digits = digitsOf(number)
  return kinds
    .filter((kind) => digits.startsWith(kind.prefix))
    .reduce<CardKind | null>((best, kind) => (best === null || kind.prefix.length > best.prefix.length ? kind : best), null)
}

export function cardFits(kinds: readonly CardKind[], number: string): boolean {
  const digits = digitsOf(number)
  return cardOf(kinds, number)?.digits === digits.length && luhnFits(digits)
}

/** As they are encrypted together. */
export function numbersOf(person: Person, card: string): string {
  return [person.id_no.trim().toUpperCase(), digitsOf(card), digitsOf(person.phone)].join(' ')
}

/** The fields at fault. */
export function personFaults(person: Person): (keyof Person)[] {
  const checks: Record<keyof Person, boolean> = {
    name: person.name.trim().length >= 2,
    id_no: idNoFits(person.id_no.trim()),
    phone: /^1[3-9]\d{9}$/.test(digitsOf(person.phone)),
  }
  return (Object.keys(checks) as (keyof Person)[]).filter((key) => !checks[key])
}

/** Where a field that the bank named is typed. */
export function stepOf(field: string): Step {
  if (field.startsWith('card') || field.startsWith('captcha')) return 'card'
  if (field.endsWith('_password')) return 'password'
  return field === 'value' ? 'code' : 'person'
}
