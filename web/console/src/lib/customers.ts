/** What the counter may ask about a customer, by where he stands; the server checks each again. */
import type { AccountDeed, Customer, CustomerAccount, CustomerDeed } from './office'

const DEEDS: Readonly<Record<string, readonly CustomerDeed[]>> = {
  active: ['change', 'login_password_reset', 'pay_password_reset', 'suspend', 'cancel'],
  frozen: ['change', 'suspend', 'cancel'],
  suspended: ['resume', 'change', 'cancel'],
}

export function customerDeeds(customer: Customer): readonly CustomerDeed[] {
  const deeds = DEEDS[customer.state] ?? []
  return customer.state === 'active' && customer.scope === 'self' ? ['sign', ...deeds] : deeds
}

/** A freeze and a stop of payment stand and end each by itself. */
export function accountDeeds(account: CustomerAccount): readonly AccountDeed[] {
  if (account.state === 'closed') return []
  const has = (block: string) => account.blocks.includes(block)
  return [has('freeze') ? 'unfreeze' : 'freeze', has('stop_payment') ? 'resume_payment' : 'stop_payment']
}

export interface Change {
  name: string
  phone: string
}

export type ChangeFault = '' | 'empty' | 'name' | 'phone'

/** A change says at least one thing, and says it right. */
export function changeFault(change: Change): ChangeFault {
  const name = change.name.trim()
  const phone = change.phone.trim()
  if (name === '' && phone === '') return 'empty'
  if (name !== '' && name.length < 2) return 'name'
  return phone === '' || /^1[3-9]\d{9}$/.test(phone) ? '' : 'phone'
}
