/** Pages by job, and who may see them. The server checks each call again. */
export interface Entry {
  path: string
  word: string
  icon: IconName
  /** One of these is enough; none: any member of staff. */
  needs: readonly string[]
}
export interface Group {
  word: string
  entries: readonly Entry[]
}
export type IconName = 'policy' | 'tokens' | 'certificates' | 'staff' | 'roles' | 'overview' | 'approvals' | 'customers' | 'orders' | 'audit' | 'apis' | 'params'

export const MENU: readonly Group[] = [
  {
    word: 'menu.desk',
    entries: [
      { path: '/overview', word: 'menu.overview', icon: 'overview', needs: [] },
      { path: '/approvals', word: 'menu.approvals', icon: 'approvals', needs: ['approval.view'] },
    ],
  },
  {
    word: 'menu.business',
    entries: [
      { path: '/customers', word: 'menu.customers', icon: 'customers', needs: ['customer.view'] },
      { path: '/orders', word: 'menu.orders', icon: 'orders', needs: ['order.view'] },
      { path: '/tokens', word: 'menu.tokens', icon: 'tokens', needs: ['token.view'] },
      { path: '/certificates', word: 'menu.certificates', icon: 'certificates', needs: ['cert.view'] },
    ],
  },
  {
    word: 'menu.control',
    entries: [
      { path: '/cases', word: 'menu.cases', icon: 'approvals', needs: ['case.view'] },
      { path: '/audit', word: 'menu.audit', icon: 'audit', needs: ['audit.view', 'audit.verify'] },
    ],
  },
  {
    word: 'menu.people',
    entries: [
      { path: '/staff', word: 'menu.staff', icon: 'staff', needs: ['staff.view'] },
      { path: '/roles', word: 'menu.roles', icon: 'roles', needs: ['staff.view'] },
    ],
  },
  {
    word: 'menu.system',
    entries: [
      { path: '/apis', word: 'menu.apis', icon: 'apis', needs: ['api.make', 'api.check'] },
      { path: '/policy', word: 'menu.policy', icon: 'policy', needs: ['policy.make', 'policy.check'] },
      { path: '/params', word: 'menu.params', icon: 'params', needs: ['param.make', 'param.check'] },
    ],
  },
]

export function mayAny(permissions: readonly string[], needs: readonly string[]): boolean {
  return needs.length === 0 || needs.some((word) => permissions.includes(word))
}

/** The menu of these permissions; groups without entries fall away. */
export function menuOf(permissions: readonly string[]): Group[] {
  return MENU.map((group) => ({ ...group, entries: group.entries.filter((e) => mayAny(permissions, e.needs)) })).filter(
    (group) => group.entries.length > 0,
  )
}

export function entryOf(path: string): Entry | undefined {
  return MENU.flatMap((group) => group.entries).find((e) => e.path === path)
}
