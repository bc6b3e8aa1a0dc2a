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
  created_at: number
  locked: boolean
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

export const office = {
  login: (user: string, password: string, code: string) => client.call<Staff>('staff.login', { user, password, code }),
  session: () => client.call<Staff>('staff.session'),
  logout: () => client.call('staff.logout'),
  figures: () => client.call<Figures>('overview.figures'),
  customers: (f: CustomerFilter) => client.call<Page & { customers: Customer[] }>('customer.search', filled(f)),
  unlock: (customer_id: string, reason: string) =>
    client.call<{ request_id: string }>('customer.unlock', { customer_id, reason }),
  orders: (f: OrderFilter) => client.call<Page & { orders: Order[] }>('order.search', filled(f)),
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
