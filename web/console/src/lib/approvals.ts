/** What a checker compares. */
export const CHECK_PERMISSION: Readonly<Record<string, string>> = {
  'api.switch': 'api.check',
  'param.change': 'param.check',
  'customer.unlock': 'customer.unlock.check',
  'customer.sign': 'customer.check',
  'customer.change': 'customer.check',
  'customer.suspend': 'customer.check',
  'customer.resume': 'customer.check',
  'customer.cancel': 'customer.check',
  'customer.login_password_reset': 'customer.check',
  'customer.pay_password_reset': 'customer.check',
  'account.freeze': 'customer.check',
  'account.unfreeze': 'customer.check',
  'account.stop_payment': 'customer.check',
  'account.resume_payment': 'customer.check',
  'order.recall': 'customer.check',
  'policy.change': 'policy.check',
  'registration.accept': 'registration.check',
  'staff.create': 'staff.check',
  'staff.change': 'staff.check',
  'staff.suspend': 'staff.check',
  'staff.reopen': 'staff.check',
  'staff.close': 'staff.check',
  'staff.reset': 'staff.check',
  'staff.unlock': 'staff.check',
  'role.change': 'role.check',
  'token.import': 'token.check',
  'token.assign': 'token.check',
  'token.replace': 'token.check',
  'token.lost': 'token.check',
  'token.unlock': 'token.check',
  'token.retire': 'token.check',
  'cert.register': 'cert.check',
  'cert.freeze': 'cert.check',
  'cert.unfreeze': 'cert.check',
  'cert.revoke': 'cert.check',
}

export interface Difference {
  key: string
  before: unknown
  after: unknown
  changed: boolean
}

function parse(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}

/** Each member of either side; the changed ones last, since what they belong to stands first. */
export function differences(before: string, after: string): Difference[] {
  const a = parse(before)
  const b = parse(after)
  const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])]
  return keys
    .map((key) => {
      const changed = JSON.stringify(a[key]) !== JSON.stringify(b[key])
      return { key, before: a[key], after: b[key], changed }
    })
    .sort((x, y) => Number(x.changed) - Number(y.changed) || x.key.localeCompare(y.key))
}

/** Who may decide: permission for the kind, and another than the maker. The server checks both again. */
export function mayDecide(
  request: { kind: string; state: string; maker: string },
  me: { id: string; permissions: readonly string[] },
): 'yes' | 'own' | 'decided' | 'permission' {
  if (request.state !== 'waiting') return 'decided'
  if (request.maker === me.id) return 'own'
  const needed = CHECK_PERMISSION[request.kind] ?? `${request.kind}.check`
  return me.permissions.includes(needed) ? 'yes' : 'permission'
}
