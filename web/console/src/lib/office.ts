/** What the staff door offers, in types. Fields that the server leaves out for want of permission are optional. */
import { client } from './api'

export interface Staff {
  staff_id: string
  user: string
  name: string
  role: string
  permissions: string[]
  csrf: string
  /** A session without a call ends after this. */
  idle_s?: number
  stage: Stage
  previous_login_at: number
  previous_address: string
  /** Wrong tries between that login and this one. */
  failed_before: number
  password_until: number
}

/** What must be done before anything else. */
export type Stage = 'ready' | 'enrol' | 'password'

export interface Person {
  staff_id: string
  user: string
  name: string
  staff_no: string
  role: string
  branch: string
  phone: string
  state: string
  lock: '' | 'locked' | 'blocked'
  enrolled: boolean
  first_password: boolean
  online: boolean
  online_since: number
  online_address: string
  last_login_at: number
  last_address: string
  failed: number
  created_at: number
  password_changed_at: number
}

export interface NewPerson {
  user: string
  name: string
  staff_no: string
  id_no: string
  phone: string
  role: string
  branch: string
}

export interface Role {
  role: string
  permissions: string[]
  /** Where the bank's role differs from the delivered one. */
  changed: string[]
}

export interface Roles {
  permissions: { permission: string; duty: string }[]
  roles: Role[]
}

export interface Page {
  cursor?: string
}

export interface Customer {
  customer_id: string
  customer_no: string
  name: string
  phone: string
  id_no: string
  state: string
  /** full, or self: registered himself and not signed at the counter yet. */
  scope: string
  created_at: number
  locked: boolean
}

/** Where our books and the clearing house's differ. */
export interface ReconciliationCase {
  case_id: string
  day: string
  message_id: string
  difference: string
  our_fen: number
  their_fen: number
  our_state: string
  their_state: string
  state: 'open' | 'closed'
  note: string
  opened_at: number
  closed_at: number
}

export interface Order {
  order_id: string
  customer_id: string
  kind: string
  state: string
  risk?: string
  amount_fen: number
  fee_fen: number
  from_account_id?: string
  to_account_id?: string
  at: number
  done_at?: number
  journal_id?: string
  audit_id?: string
  digest?: string
}

export interface AuditRecord {
  id: string
  at: number
  event: string
  actor_kind: string
  actor: string
  actor_name?: string
  object_kind: string
  object: string
  address: string
  device: string
  result: string
  detail: string
  trace: string
  sealed?: boolean
}

export interface ApiSwitch {
  api: string
  title: string
  class: string
  closed: boolean
}

export interface Param {
  name: string
  value: number
  fallback: number
  min: number
  max: number
  unit: string
  title_zh: string
  title_en: string
}

export interface Request {
  request_id: string
  kind: string
  state: string
  maker: string
  maker_name?: string
  checker: string
  checker_name?: string
  reason: string
  comment: string
  before: string
  after: string
  at: number
  decided_at: number
}

export type TokenStateWord = 'stock' | 'inactive' | 'active' | 'locked' | 'lost' | 'retired'

export interface Token {
  serial: string
  state: TokenStateWord
  customer_id: string
  drift_steps: number
  imported_at: number
  assigned_at: number
  activated_at: number
}

export type CertificateState = 'granted' | 'valid' | 'frozen' | 'revoked' | 'expired'

export interface Certificate {
  certificate_id: string
  customer_id: string
  kind: string
  state: CertificateState
  serial: string
  reason: string
  created_at: number
  not_before: number
  not_after: number
  ended_at: number
}

export interface StateFigure {
  state: string
  count: number
  amount_fen: number
}

export interface Figures {
  at: number
  customers: number
  logins_today: number
  orders_today: number
  orders_posted_today: number
  amount_today_fen: number
  approvals_waiting: number
  apis_closed: number
  orders_by_state: StateFigure[]
}
export type Report = Record<string, unknown>

/** Leaves out what is empty: an absent filter matches all. */
export function filled<T extends object>(filter: T): Partial<T> {
  return Object.fromEntries(Object.entries(filter).filter(([, v]) => v !== '' && v !== undefined && v !== null)) as Partial<T>
}

export interface CustomerFilter extends Page {
  q?: string
}
export interface OrderFilter extends Page {
  customer_id?: string
  state?: string
  from?: string
  to?: string
}
export interface AuditFilter extends Page {
  event?: string
  actor_kind?: string
  actor?: string
  object?: string
  from?: string
  to?: string
}

export interface PersonFilter extends Page {
  q?: string
  role?: string
  state?: string
}
type Asked = { request_id: string }
/** What is asked about one person with nothing but a reason. */
/** Why a transfer is asked back: ISO 20022. */
export const RECALL_CODES = ['DUPL', 'CUST', 'FRAD', 'TECH'] as const
export type RecallCode = (typeof RECALL_CODES)[number]

/** A settled transfer that another bank was asked to return. */
export interface Recall {
  recall_id: string
  order_id: string
  code: RecallCode
  state: 'ready' | 'asked' | 'waiting' | 'agreed' | 'refused'
  answer: string
  at: number
  answered_at: number
}

export type CustomerDeed = 'sign' | 'change' | 'suspend' | 'resume' | 'cancel' | 'login_password_reset' | 'pay_password_reset'

export type AccountDeed = 'freeze' | 'unfreeze' | 'stop_payment' | 'resume_payment'
export interface CustomerAccount {
  account_id: string
  kind: string
  number: string
  state: string
  /** Why nothing is debited: loss, freeze, stop_payment. */
  blocks: string[]
}

export interface PolicyScene {
  scene: string
  title_zh: string
  title_en: string
  /** "pay_password+sms|pay_password+token", the default first. */
  options: string
  release: string
  changed: boolean
  money: boolean
  kinds: number
}
export interface PolicyFactor {
  factor: string
  title_zh: string
  title_en: string
  kind: 'knowledge' | 'possession' | 'inherence'
  on: boolean
  sent_last: boolean
  cap_fen: number
}

export type PersonDeed = 'suspend' | 'close' | 'reopen' | 'unlock'

export const office = {
  login: (user: string, password: string, code: string) => client.call<Staff>('staff.login', { user, password, ...filled({ code }) }),
  session: () => client.call<Staff>('staff.session'),
  logout: () => client.call('staff.logout'),
  beginGenerator: () => client.call<{ secret: string; uri: string }>('staff.totp.begin'),
  confirmGenerator: (code: string) => client.call('staff.totp.confirm', { code }),
  changePassword: (old: string, chosen: string) => client.call('staff.password.change', { old, new: chosen }),
  people: (f: PersonFilter) => client.call<Page & { people: Person[] }>('staff.list', filled(f)),
  review: (cursor: string) => client.call<Page & { csv: string }>('staff.review', filled({ cursor })),
  askPerson: (person: NewPerson, reason: string) => client.call<Asked>('staff.create', { ...person, reason }),
  askPost: (staff_id: string, role: string, branch: string, phone: string, reason: string) =>
    client.call<Asked>('staff.change', { staff_id, role, branch, ...filled({ phone }), reason }),
  askReset: (staff_id: string, totp: boolean, reason: string) => client.call<Asked>('staff.reset', { staff_id, totp, reason }),
  askDeed: (deed: PersonDeed, staff_id: string, reason: string) => client.call<Asked>(`staff.${deed}`, { staff_id, reason }),
  endSession: (staff_id: string) => client.call('staff.session.end', { staff_id }),
  roles: () => client.call<Roles>('role.list'),
  askRole: (role: string, permission: string, granted: boolean, reason: string) =>
    client.call<Asked>('role.change', { role, permission, granted, reason }),
  tokens: (f: Page & { serial?: string; state?: string; customer_id?: string }) =>
    client.call<Page & { tokens: Token[] }>('token.search', filled(f)),
  importTokens: (file: string, reason: string) => client.call<Asked>('token.import', { file, reason }),
  assignToken: (serial: string, customer_id: string, reason: string) => client.call<Asked>('token.assign', { serial, customer_id, reason }),
  replaceToken: (serial: string, new_serial: string, reason: string) => client.call<Asked>('token.replace', { serial, new_serial, reason }),
  tokenDeed: (deed: 'lost' | 'unlock' | 'retire', serial: string, reason: string) => client.call<Asked>(`token.${deed}`, { serial, reason }),
  certificates: (f: Page & { state?: string; customer_id?: string }) =>
    client.call<Page & { certificates: Certificate[] }>('cert.search', filled(f)),
  registerKey: (customer_id: string, kind: string, csr: string, reason: string) =>
    client.call<Asked>('cert.register', { customer_id, kind, csr, reason }),
  certDeed: (deed: 'freeze' | 'unfreeze' | 'revoke', certificate_id: string, reason: string) =>
    client.call<Asked>(`cert.${deed}`, { certificate_id, reason }),
  figures: () => client.call<Figures>('overview.figures'),
  customers: (f: CustomerFilter) => client.call<Page & { customers: Customer[] }>('customer.search', filled(f)),
  customerDeed: (deed: CustomerDeed, customer_id: string, reason: string, change: { name?: string; phone?: string } = {}) =>
    client.call<{ request_id: string }>(`customer.${deed}`, { customer_id, reason, ...change }),
  accounts: (customer_id: string) => client.call<{ accounts: CustomerAccount[] }>('account.search', { customer_id }),
  accountDeed: (deed: AccountDeed, account_id: string, reason: string) => client.call<Asked>(`account.${deed}`, { account_id, reason }),
  policy: () => client.call<{ scenes: PolicyScene[]; factors: PolicyFactor[] }>('policy.list'),
  changePolicy: (scene: string, options: string, reason: string) =>
    client.call<{ request_id: string }>('policy.change', { scene, options, reason }),
  unlock: (customer_id: string, reason: string) =>
    client.call<{ request_id: string }>('customer.unlock', { customer_id, reason }),
  cases: (f: { state?: string; cursor?: string }) => client.call<Page & { cases: ReconciliationCase[] }>('case.list', filled(f)),
  closeCase: (caseId: string, note: string) => client.call('case.close', { case_id: caseId, note }),
  orders: (f: OrderFilter) => client.call<Page & { orders: Order[] }>('order.search', filled(f)),
  recallOf: async (order_id: string) => (await client.call<Page & { recalls: Recall[] }>('recall.list', { order_id })).recalls[0] ?? null,
  recall: (order_id: string, code: RecallCode, reason: string) => client.call<Asked>('order.recall', { order_id, code, reason }),
  audit: (f: AuditFilter) => client.call<Page & { records: AuditRecord[] }>('audit.search', filled(f)),
  verifyAudit: () => client.call<Report>('audit.verify'),
  verifyLedger: () => client.call<Report>('ledger.verify'),
  apis: () => client.call<{ apis: ApiSwitch[] }>('api.list'),
  switchApi: (api: string, closed: boolean, reason: string) =>
    client.call<{ request_id: string }>('api.switch', { api, closed, reason }),
  params: () => client.call<{ params: Param[] }>('param.list'),
  changeParam: (name: string, value: number, reason: string) =>
    client.call<{ request_id: string }>('param.change', { name, value, reason }),
  approvals: (f: Page & { state?: string }) => client.call<Page & { requests: Request[] }>('approval.list', filled(f)),
  decide: (request_id: string, approve: boolean, comment: string) =>
    client.call('approval.decide', { request_id, approve, comment }),
}
