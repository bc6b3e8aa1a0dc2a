/** People of the staff: what may be asked about one, and what is wrong with what was typed about a new one. */
import { idNoFits } from '@zhangyin/shared/id-no'
import type { Tone } from '@/components/StateTag.vue'
import type { NewPerson, Person, PersonDeed } from './office'

export const STATES: Readonly<Record<string, Tone>> = { active: 'good', suspended: 'wait', asleep: 'still', closed: 'bad' }

/** Deeds by the state of an account; the server checks each again. */
const DEEDS: Readonly<Record<string, readonly PersonDeed[]>> = {
  active: ['suspend', 'close'],
  suspended: ['reopen', 'close'],
  asleep: ['reopen', 'close'],
  closed: ['reopen'],
}

export function deedsOf(person: Person): readonly PersonDeed[] {
  const deeds = DEEDS[person.state] ?? []
  return person.lock !== '' && person.state === 'active' ? ['unlock', ...deeds] : deeds
}

export function emptyPerson(): NewPerson {
  return { user: '', name: '', staff_no: '', id_no: '', phone: '', role: '', branch: '' }
}

const CHECKS: Readonly<Record<keyof NewPerson, (text: string) => boolean>> = {
  user: (text) => /^[A-Za-z0-9._@+-]{4,32}$/.test(text),
  name: (text) => text.length >= 2,
  staff_no: (text) => /^[A-Za-z0-9._:-]{1,20}$/.test(text),
  id_no: idNoFits,
  phone: (text) => /^1\d{10}$/.test(text),
  role: (text) => text !== '',
  branch: (text) => /^[A-Za-z0-9._:-]{1,20}$/.test(text),
}

/** The fields at fault. For somebody who is there only the post is asked, and an empty phone stays. */
export function faultsOf(person: NewPerson, isNew: boolean): (keyof NewPerson)[] {
  const asked: readonly (keyof NewPerson)[] = isNew ? (Object.keys(CHECKS) as (keyof NewPerson)[]) : ['role', 'branch', 'phone']
  return asked.filter((key) => !CHECKS[key](person[key].trim()) && (isNew || key !== 'phone' || person.phone !== ''))
}
