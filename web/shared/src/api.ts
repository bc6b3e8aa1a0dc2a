/**
 * The customers' API in types. Names are those on the wire. What stands here says more than the
 * generated types do (unions, answers of older servers); all other APIs are taken from those.
 */
import type { Apis as Generated } from './api.gen'
import type { Challenge, SealedPassword } from './secret'

type Empty = Record<string, never>

export interface Page {
  limit?: number
  cursor?: string
}

export interface DeviceProof {
  name: string
  os: string
  fingerprint: string
  public_key: string
  sig: string
}

export interface SessionFacts {
  customer: { name?: string; phone?: string; user?: string } | string
  last_login?: { at?: number; device?: string; place?: string } | number | null
  must_change_password?: boolean
  device_state?: 'new' | 'bound'
  /** what the client reported of its device lowers what it may do */
  environment?: 'safe' | 'warn' | 'limit'
}

export interface DeviceRow {
  device_id: string
  state: 'new' | 'bound' | 'lost'
  name: string
  os: string
  first_at: number
  last_at: number
  bound_at?: number
  gesture: boolean
  current: boolean
}

export interface SessionRow {
  state: 'active' | 'ended'
  at: number
  ended_at?: number
  ended_reason: string
  address: string
  device: string
  os: string
  method: 'password' | 'gesture' | 'passkey'
  current: boolean
}

export interface Account {
  account_id: string
  kind: string
  alias: string
  number: string
  balance_fen: number
  available_fen: number
  state: string
  /** What it can be used for: back, remove, close, password, quota. */
  uses?: readonly string[]
}

export interface Entry {
  at: number
  amount_fen: number
  balance_fen: number
  counterparty: string
  summary: string
  order_id: string
}

export interface DisplayRow {
  label: string
  value: string
}

export type Factor =
  | 'pay_password'
  | 'sms'
  | 'login_password'
  | 'device_key'
  | 'token'
  | 'soft_key'
  | 'gesture'
  | 'face'
  | 'passkey'
  | 'bluetooth_key'
  | 'phone_shield'
  | 'carrier'

export interface PreparedOrder {
  order_id: string
  text: string
  digest: string
  display: DisplayRow[]
  fee_fen: number
  factors: Factor[]
  /** combinations to choose from, as `pay_password+sms` */
  factor_options?: string[]
  risk?: unknown
  notice?: string
  expires_at: number
}

export type OrderState =
  | 'prepared'
  | 'challenged'
  | 'authorised'
  | 'posted'
  | 'held'
  | 'pending'
  | 'settled'
  | 'refused'
  | 'cancelled'
  | 'expired'
  | 'failed'
  | 'reversed'

export interface Order {
  order_id: string
  kind: string
  state: OrderState
  amount_fen?: number
  at?: number
  text: string
  digest: string
  display: DisplayRow[]
  /** why it failed or came back: a status or an ISO 20022 code */
  reason?: string
  receipt?: { arrives_at?: number }
}

export type FaceAction = 'blink' | 'open_mouth' | 'smile' | 'turn_left' | 'turn_right' | 'nod'

/** What is to be done in front of the camera, in this order. */
export interface FaceChallenge {
  capture_id: string
  actions: FaceAction[]
  /** pictures of each action */
  frames: number
  /** bytes of a picture */
  frame_max: number
  expires_at: number
}

export interface FaceState {
  state: 'none' | 'consented' | 'enrolled'
  /** whether this bank compares faces at all */
  available: boolean
  consent_version: string
  consented_at?: number
  enrolled_at?: number
}

export interface TokenState {
  state: 'none' | 'inactive' | 'active' | 'locked' | 'lost'
  serial_tail?: string
  assigned_at?: number
  activated_at?: number
}

/** What a passkey is to sign, and which of this device's may; base64url. */
export interface PasskeyAsk {
  challenge: string
  rp_id: string
  credentials: string[]
  expires_at: number
}

/** What a passkey signed; base64url. */
export interface PasskeyAnswer {
  credential_id: string
  client_data: string
  authenticator_data: string
  signature: string
}

export interface Passkey {
  passkey_id: string
  name: string
  state: 'on' | 'off'
  reason: '' | 'wrong' | 'cloned'
  made_at: number
  used_at?: number
  /** works on this device */
  current: boolean
}

export type CertificateState = 'granted' | 'valid' | 'frozen' | 'revoked' | 'expired'

export interface Certificate {
  certificate_id: string
  kind: 'soft_key' | 'bluetooth_key' | 'phone_shield'
  state: CertificateState
  serial: string
  created_at: number
  not_before: number
  not_after: number
  this_device: boolean
}

export interface IssuedCertificate extends Omit<Certificate, 'this_device'> {
  certificate: string
}

export interface Payee {
  payee_id: string
  name: string
  number: string
  bank: string
  /** empty: this bank */
  bank_code: string
  alias: string
}

export interface Message {
  message_id: string
  at: number
  kind: string
  title: string
  text: string
  read: boolean
}

export interface TransferInput {
  from_account_id: string
  amount_fen: number
  to_account_no?: string
  to_name?: string
  payee_id?: string
  payee_token?: string
  to_bank?: string
  way?: string
  arrival?: string
  memo?: string
}

interface Refined {
  'app.bootstrap': [
    { client: { kind: string; version: string } },
    { server_time?: number; features?: Record<string, boolean>; privacy_version?: string },
  ]
  'auth.captcha': [Empty, { captcha_id: string; image: string; expires_at: number }]
  'auth.challenge': [Empty, Challenge]
  'auth.login.start': [
    {
      user: string
      password: SealedPassword
      captcha?: { captcha_id: string; text: string }
      device: DeviceProof
    },
    { login_id: string; factors: string[]; instead?: string[]; reason?: 'dormant' },
  ]
  'auth.login.factor.verify': [{ login_id: string; factor: string; value: SealedPassword }, { factors: string[] }]
  'auth.quick.start': [
    { device: DeviceProof; factor?: 'gesture' | 'passkey' },
    { login_id: string; factors: string[]; passkey?: PasskeyAsk },
  ]
  'auth.quick.finish': [{ login_id: string; gesture: SealedPassword }, SessionFacts]
  'auth.login.carrier': [{ login_id: string; token: string }, SessionFacts]
  'auth.quick.passkey': [{ login_id: string; passkey: PasskeyAnswer }, SessionFacts]
  'passkey.begin': [Empty, PasskeyAsk & { rp_name: string; user: string }]
  'passkey.set.prepare': [{ name: string; client_data: string; authenticator_data: string }, PreparedOrder]
  'passkey.list': [Empty, { passkeys: Passkey[]; max: number; rp_id: string }]
  'device.bind.prepare': [Empty, PreparedOrder]
  'device.found.prepare': [{ device_id: string }, PreparedOrder]
  'gesture.set.prepare': [{ gesture: SealedPassword }, PreparedOrder]
  'data.reveal.prepare': [{ what: 'card_number' | 'id_no' | 'phone'; account_id?: string }, PreparedOrder]
  'device.list': [Empty, { devices: DeviceRow[]; bound_max: number }]
  'session.list': [Empty, { sessions: SessionRow[] }]
  'auth.login.factor.begin': [
    { login_id: string; factor: string },
    { phone?: string; expires_at?: number; nonce?: string; page_url?: string },
  ]
  'auth.login.finish': [{ login_id: string; factor: string; value: string }, SessionFacts]
  'auth.session': [Empty, SessionFacts]
  'auth.resume': [{ login_id: string; proof: string; device: DeviceProof }, SessionFacts]
  'auth.logout': [Empty, Empty]
  'account.list': [Empty, { accounts: Account[] }]
  'account.transactions': [
    { account_id: string; from?: string; to?: string } & Page,
    { entries: Entry[]; cursor: string },
  ]
  'payee.list': [Page, { payees: Payee[]; cursor: string }]
  'payee.add': [{ name: string; number: string; bank?: string; alias?: string }, { payee_id: string }]
  'payee.remove': [{ payee_id: string }, Empty]
  'transfer.prepare': [TransferInput, PreparedOrder]
  'order.factors.choose': [{ order_id: string; factors: string }, { factors: Factor[] }]
  'order.factor.begin': [
    { order_id: string; factor: Factor },
    { phone?: string; challenge?: string; serial_tail?: string; rp_id?: string; credentials?: string[] } & Partial<FaceChallenge>,
  ]
  'order.factor.verify': [
    { order_id: string; factor: Factor; value: string | SealedPassword },
    { factors: Factor[] },
  ]
  'order.confirm': [{ order_id: string; digest: string }, { state: OrderState; receipt?: unknown }]
  'order.cancel': [{ order_id: string }, Order]
  'order.get': [{ order_id: string }, Order]
  'order.list': [Page, { orders: Order[]; cursor: string }]
  'face.get': [Empty, FaceState]
  'face.enrol.begin': [Empty, FaceChallenge]
  'password.reset.face.start': [Generated['password.reset.face.start']['input'], FaceChallenge]
  'token.get': [Empty, TokenState]
  'token.activate': [{ serial: string; code: string; next_code: string }, { state: string }]
  'token.sync': [{ code: string; next_code: string }, { state: string }]
  'token.lost': [Empty, { state: string }]
  'cert.apply.prepare': [{ csr: string }, PreparedOrder]
  'cert.get': [Empty, { certificates: Certificate[] }]
  'cert.issue': [Empty, { certificate: IssuedCertificate }]
  'cert.revoke': [{ certificate_id: string }, { state: string }]
  'message.list': [Page, { messages: Message[]; cursor: string }]
  'message.read': [{ message_id: string }, Empty]
}

export type ApiName = keyof Refined | keyof Generated
export type ApiIn<N extends ApiName> = N extends keyof Refined
  ? Refined[N][0]
  : N extends keyof Generated
    ? Generated[N]['input']
    : never
export type ApiOut<N extends ApiName> = N extends keyof Refined
  ? Refined[N][1]
  : N extends keyof Generated
    ? Generated[N]['answer']
    : never

/**
 * Calls that may be sent again when their outcome is unknown: reads, calls that answer the same when
 * repeated, and calls with an idempotency key. The rest send a text message, count a try or use up a
 * challenge; there the customer decides.
 */
const NOT_REPEATABLE: ReadonlySet<string> = new Set<ApiName>([
  'auth.login.start',
  'auth.login.factor.begin',
  'auth.login.factor.verify',
  'auth.login.finish',
  'auth.login.carrier',
  'auth.quick.start',
  'auth.quick.finish',
  'auth.quick.passkey',
  'gesture.set.prepare',
  'passkey.set.prepare',
  'reveal.get',
  'auth.resume',
  'order.factor.begin',
  'order.factor.verify',
  'token.activate',
  'token.sync',
  'password.change.start',
  'password.change.finish',
  'password.reset.start',
  'password.reset.finish',
  'password.reset.face.start',
  'password.reset.face.finish',
  'face.frame',
  'face.enrol.finish',
])

export function isRepeatable(api: string): boolean {
  return !NOT_REPEATABLE.has(api)
}
