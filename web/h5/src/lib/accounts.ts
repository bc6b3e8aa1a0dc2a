import type { Account } from '@zhangyin/shared/api'

interface Words {
  t: (key: string) => string
  te: (key: string) => boolean
}

/** The customer's own name for an account, or that of its kind. */
export function accountName(account: Account, { t, te }: Words): string {
  if (account.alias) return account.alias
  const key = `account.kind.${account.kind}`
  return te(key) ? t(key) : t('account.kind.other')
}

/** "1234" of "6217 **** **** 1234". */
export function tail(number: string): string {
  return number.replace(/\D/g, '').slice(-4)
}
