// Zhangyin: the customers' door. Generated from the tables of the APIs: not to be edited.

export type Code =
  | 'OK'
  | 'BAD_FIELD'
  | 'BAD_REQUEST'
  | 'REQUEST_TOO_LARGE'
  | 'NOT_FOUND'
  | 'API_UNKNOWN'
  | 'API_CLOSED'
  | 'LOGIN_REQUIRED'
  | 'LOGIN_FAILED'
  | 'CAPTCHA_REQUIRED'
  | 'CHALLENGE_BAD'
  | 'FACTOR_WRONG'
  | 'FACTOR_ORDER'
  | 'CODE_EXPIRED'
  | 'LOCKED'
  | 'RATE_LIMITED'
  | 'IDEMPOTENCY_CONFLICT'
  | 'CLOCK_SKEW'
  | 'PERMISSION_DENIED'
  | 'SIGNATURE_BAD'
  | 'CHANNEL_BAD'
  | 'CHANNEL_KEY'
  | 'CHANNEL_EXPIRED'
  | 'CHANNEL_REPLAY'
  | 'CHANNEL_BUSY'
  | 'CSRF_BAD'
  | 'METHOD_NOT_ALLOWED'
  | 'MUST_CHANGE_PASSWORD'
  | 'FACTOR_MISSING'
  | 'DEVICE_UNSAFE'
  | 'FACTOR_AWAY'
  | 'BALANCE_TOO_LOW'
  | 'PAYEE_MISMATCH'
  | 'TRANSFER_LIMIT'
  | 'ORDER_STATE'
  | 'ORDER_EXPIRED'
  | 'DIGEST_MISMATCH'
  | 'ACCOUNT_STATE'
  | 'SAME_ACCOUNT'
  | 'MAKER_IS_CHECKER'
  | 'ALREADY_EXISTS'
  | 'STATE_CONFLICT'
  | 'PASSWORD_WEAK'
  | 'REGISTER_FAILED'
  | 'REGISTER_WAITING'
  | 'REGISTER_COUNTER'
  | 'SCOPE_LIMITED'
  | 'ALIAS_REFUSED'
  | 'PHONE_TOO_NEW'
  | 'ACCOUNT_QUOTA'
  | 'ACCOUNT_MAX'
  | 'ACCOUNT_KIND'
  | 'STATEMENT_TOO_LONG'
  | 'ROUTE_CLOSED'
  | 'INTERNAL'
  | 'BUSY'
  | 'OVERFLOW'
  | 'NO_MEMORY'
  | 'DB_CONFLICT'
  | 'DB_ERROR'
  | 'DB_UNIQUE'
  | 'OUTCOME_UNKNOWN'
  | 'CRYPTO_FAILED'
  | 'CRYPTO_STOPPED'
  | 'CONFIG_BAD'
  | 'IO_ERROR'
  | 'AUDIT_BROKEN'
  | 'CONNECTOR_FAILED'
  | 'TIMEOUT'

/** Prepares that a further own card is used here */
export type AccountAddPrepareInput = {
  card_no: string
  /** left with the bank for this card */
  phone: string
  /** the card's PIN, encrypted with purpose 4 */
  pin: {
    challenge_id: string
    cipher: string
  }
}
export type AccountAddPrepareAnswer = {
  order_id: string
  /** the canonical order; digest = lower-case hex SM3(text) */
  text: string
  digest: string
  display: Array<{
    label: string
    value: string
  }>
  fee_fen: number
  factors: string[]
  /** combinations to choose from: order.factors.choose */
  factor_options: string[]
  risk: string
  /** a warning to show before the factors; may be empty */
  notice: string
  expires_at: number
  /** with PASSWORD_WEAK, where a new password is part of the order */
  flaw?: string
}

/** What an own account is called */
export type AccountAliasSetInput = {
  account_id: string
  /** letters, digits and simple signs */
  alias: string
}
export type AccountAliasSetAnswer = Record<string, never>

/** Prepares the closing of an e-account; its balance goes to the bound account */
export type AccountClosePrepareInput = {
  account_id: string
  /** the account's own, encrypted with purpose 4 */
  password: {
    challenge_id: string
    cipher: string
  }
}
export type AccountClosePrepareAnswer = {
  order_id: string
  /** the canonical order; digest = lower-case hex SM3(text) */
  text: string
  digest: string
  display: Array<{
    label: string
    value: string
  }>
  fee_fen: number
  factors: string[]
  /** combinations to choose from: order.factors.choose */
  factor_options: string[]
  risk: string
  /** a warning to show before the factors; may be empty */
  notice: string
  expires_at: number
  /** with PASSWORD_WEAK, where a new password is part of the order */
  flaw?: string
}

/** The customer's accounts with their balances */
export type AccountListInput = {
  /** without it: used */
  which?: 'used' | 'removed' | 'closed'
}
export type AccountListAnswer = {
  accounts: Array<{
    account_id: string
    kind: string
    alias: string
    number: string
    balance_fen: number
    available_fen: number
    state: string
    /** what it can be used for: back (e-accounts are bound to it), remove, close, password, quota */
    uses: string[]
  }>
}

/** Prepares a loss report: nothing is debited any more */
export type AccountLossPrepareInput = {
  account_id: string
}
export type AccountLossPrepareAnswer = {
  order_id: string
  /** the canonical order; digest = lower-case hex SM3(text) */
  text: string
  digest: string
  display: Array<{
    label: string
    value: string
  }>
  fee_fen: number
  factors: string[]
  /** combinations to choose from: order.factors.choose */
  factor_options: string[]
  risk: string
  /** a warning to show before the factors; may be empty */
  notice: string
  expires_at: number
  /** with PASSWORD_WEAK, where a new password is part of the order */
  flaw?: string
}

/** Prepares that a loss report is lifted */
export type AccountLossLiftPrepareInput = {
  account_id: string
}
export type AccountLossLiftPrepareAnswer = {
  order_id: string
  /** the canonical order; digest = lower-case hex SM3(text) */
  text: string
  digest: string
  display: Array<{
    label: string
    value: string
  }>
  fee_fen: number
  factors: string[]
  /** combinations to choose from: order.factors.choose */
  factor_options: string[]
  risk: string
  /** a warning to show before the factors; may be empty */
  notice: string
  expires_at: number
  /** with PASSWORD_WEAK, where a new password is part of the order */
  flaw?: string
}

/** Prepares a class II or III account bound to an own card */
export type AccountOpenPrepareInput = {
  kind: 'class2' | 'class3'
  /** an own class I account at this bank */
  bound_account_id: string
  alias?: string
  /** the account's own: six digits, encrypted with purpose 3 */
  password: {
    challenge_id: string
    cipher: string
  }
}
export type AccountOpenPrepareAnswer = {
  order_id: string
  /** the canonical order; digest = lower-case hex SM3(text) */
  text: string
  digest: string
  display: Array<{
    label: string
    value: string
  }>
  fee_fen: number
  factors: string[]
  /** combinations to choose from: order.factors.choose */
  factor_options: string[]
  risk: string
  /** a warning to show before the factors; may be empty */
  notice: string
  expires_at: number
  /** with PASSWORD_WEAK, where a new password is part of the order */
  flaw?: string
}

/** What the customer has, by kind of account */
export type AccountOverviewInput = Record<string, never>
export type AccountOverviewAnswer = {
  total_fen: number
  available_fen: number
  groups: Array<{
    kind: string
    count: number
    balance_fen: number
  }>
}

/** Prepares a new password of an e-account by whoever knows the old one */
export type AccountPasswordChangePrepareInput = {
  account_id: string
  /** encrypted with purpose 4 */
  old: {
    challenge_id: string
    cipher: string
  }
  /** the new one, encrypted with purpose 3 */
  password: {
    challenge_id: string
    cipher: string
  }
}
export type AccountPasswordChangePrepareAnswer = {
  order_id: string
  /** the canonical order; digest = lower-case hex SM3(text) */
  text: string
  digest: string
  display: Array<{
    label: string
    value: string
  }>
  fee_fen: number
  factors: string[]
  /** combinations to choose from: order.factors.choose */
  factor_options: string[]
  risk: string
  /** a warning to show before the factors; may be empty */
  notice: string
  expires_at: number
  /** with PASSWORD_WEAK, where a new password is part of the order */
  flaw?: string
}

/** Prepares a new password of an e-account without the old one */
export type AccountPasswordResetPrepareInput = {
  account_id: string
  /** the new one, encrypted with purpose 3 */
  password: {
    challenge_id: string
    cipher: string
  }
}
export type AccountPasswordResetPrepareAnswer = {
  order_id: string
  /** the canonical order; digest = lower-case hex SM3(text) */
  text: string
  digest: string
  display: Array<{
    label: string
    value: string
  }>
  fee_fen: number
  factors: string[]
  /** combinations to choose from: order.factors.choose */
  factor_options: string[]
  risk: string
  /** a warning to show before the factors; may be empty */
  notice: string
  expires_at: number
  /** with PASSWORD_WEAK, where a new password is part of the order */
  flaw?: string
}

/** What may pass through an e-account, and what has */
export type AccountQuotaInput = {
  account_id: string
}
export type AccountQuotaAnswer = {
  kind: string
  bound_account_id: string
  bound_number: string
  /** 0: no bound */
  balance_max_fen: number
  in: {
    day_limit_fen: number
    day_used_fen: number
    year_limit_fen: number
    year_used_fen: number
  }
  out: {
    day_limit_fen: number
    day_used_fen: number
    year_limit_fen: number
    year_used_fen: number
  }
}

/** An own card is not used here any more */
export type AccountRemoveInput = {
  account_id: string
}
export type AccountRemoveAnswer = Record<string, never>

/** Entries of an own account, newest first */
export type AccountTransactionsInput = {
  account_id: string
  /** first accounting day */
  from?: string
  /** last accounting day */
  to?: string
  limit?: number
  cursor?: string
}
export type AccountTransactionsAnswer = {
  entries: Array<{
    at: number
    /** signed */
    amount_fen: number
    balance_fen: number
    /** masked */
    counterparty: string
    summary: string
    order_id: string
  }>
  cursor: string
}

/** A name of one's own to log in with */
export type AliasSetInput = {
  alias: string
}
export type AliasSetAnswer = Record<string, never>

/** What a client must know at its start */
export type AppBootstrapInput = {
  client: {
    kind: string
    version: string
  }
}
export type AppBootstrapAnswer = {
  server_time: number
  client: {
    /** ok or update */
    verdict: string
    minimum: string
  }
  password_policy: {
    login_min: number
    login_max: number
    pay_digits: number
  }
  privacy_version: string
  features: {
    transfer: boolean
    messages: boolean
  }
}

/** A graphic captcha */
export type AuthCaptchaInput = Record<string, never>
export type AuthCaptchaAnswer = {
  captcha_id: string
  /** PNG, base64 */
  image: string
  expires_at: number
}

/** A challenge to encrypt a password to */
export type AuthChallengeInput = Record<string, never>
export type AuthChallengeAnswer = {
  challenge_id: string
  /** 16 bytes, base64 */
  challenge: string
  key_id: number
  /** 65 bytes, base64 */
  public_key: string
}

/** The carrier's token instead of the login code; the channel rotates */
export type AuthLoginCarrierInput = {
  login_id: string
  token: string
}
export type AuthLoginCarrierAnswer = {
  login_id: string
  customer: {
    name: string
    phone: string
    customer_no: string
  }
  /** absent at the first login */
  last_login?: {
    at: number
    device: string
  }
  must_change_password: boolean
  /** new or bound */
  device_state: string
  login_at: number
  /** safe; warn: tell the customer; limit: lower limits and no bound device */
  environment: string
}

/** Sends the login code */
export type AuthLoginFactorBeginInput = {
  login_id: string
  factor: string
}
export type AuthLoginFactorBeginAnswer = {
  /** sms: masked */
  phone?: string
  /** sms */
  expires_at?: number
  /** carrier: what the phone asks its carrier with */
  nonce?: string
  /** carrier: where a page asks; empty: an app asks by its own library */
  page_url?: string
}

/** The transaction password, after a long absence */
export type AuthLoginFactorVerifyInput = {
  login_id: string
  factor: string
  value: {
    challenge_id: string
    cipher: string
  }
}
export type AuthLoginFactorVerifyAnswer = {
  /** still needed */
  factors: string[]
}

/** The login code; the channel rotates */
export type AuthLoginFinishInput = {
  login_id: string
  factor: string
  value: string
}
export type AuthLoginFinishAnswer = {
  login_id: string
  customer: {
    name: string
    phone: string
    customer_no: string
  }
  /** absent at the first login */
  last_login?: {
    at: number
    device: string
  }
  must_change_password: boolean
  /** new or bound */
  device_state: string
  login_at: number
  /** safe; warn: tell the customer; limit: lower limits and no bound device */
  environment: string
}

/** User and password; the first factor */
export type AuthLoginStartInput = {
  user: string
  password: {
    challenge_id: string
    cipher: string
  }
  captcha?: {
    captcha_id: string
    text: string
  }
  device: {
    name: string
    os: string
    fingerprint: string
    public_key: string
    sig: string
  }
  /** what the client found out about its device */
  environment?: {
    root?: boolean
    emulator?: boolean
    debugger?: boolean
    hook?: boolean
    repackaged?: boolean
    proxy?: boolean
    screen_shared?: boolean
    /** of the client */
    version?: string
  }
}
export type AuthLoginStartAnswer = {
  login_id: string
  /** in this order: pay_password by auth.login.factor.verify, sms by auth.login.finish */
  factors: string[]
  /** what may stand in the place of sms: carrier, by auth.login.carrier */
  instead?: string[]
  /** dormant: after a long absence more is asked */
  reason?: string
  captcha_required?: boolean
}

/** Ends this login */
export type AuthLogoutInput = Record<string, never>
export type AuthLogoutAnswer = Record<string, never>

/** The gesture of a quick login; the channel rotates */
export type AuthQuickFinishInput = {
  login_id: string
  gesture: {
    challenge_id: string
    cipher: string
  }
}
export type AuthQuickFinishAnswer = {
  login_id: string
  customer: {
    name: string
    phone: string
    customer_no: string
  }
  /** absent at the first login */
  last_login?: {
    at: number
    device: string
  }
  must_change_password: boolean
  /** new or bound */
  device_state: string
  login_at: number
  /** safe; warn: tell the customer; limit: lower limits and no bound device */
  environment: string
}

/** The passkey of a quick login; the channel rotates */
export type AuthQuickPasskeyInput = {
  login_id: string
  passkey: {
    /** base64url, like the others */
    credential_id: string
    /** clientDataJSON */
    client_data: string
    authenticator_data: string
    signature: string
  }
}
export type AuthQuickPasskeyAnswer = {
  login_id: string
  customer: {
    name: string
    phone: string
    customer_no: string
  }
  /** absent at the first login */
  last_login?: {
    at: number
    device: string
  }
  must_change_password: boolean
  /** new or bound */
  device_state: string
  login_at: number
  /** safe; warn: tell the customer; limit: lower limits and no bound device */
  environment: string
}

/** Begins a quick login: the bound device proves itself */
export type AuthQuickStartInput = {
  device: {
    name: string
    os: string
    fingerprint: string
    public_key: string
    sig: string
  }
  /** what the client found out about its device */
  environment?: {
    root?: boolean
    emulator?: boolean
    debugger?: boolean
    hook?: boolean
    repackaged?: boolean
    proxy?: boolean
    screen_shared?: boolean
    /** of the client */
    version?: string
  }
  /** gesture when absent */
  factor?: 'gesture' | 'passkey'
}
export type AuthQuickStartAnswer = {
  login_id: string
  factors: string[]
  /** what a passkey is to sign */
  passkey?: {
    /** base64url; one use, 120 s */
    challenge: string
    rp_id: string
    /** ids of this device's passkeys, base64url */
    credentials: string[]
    expires_at: number
  }
}

/** Moves a login to this channel; it rotates */
export type AuthResumeInput = {
  login_id: string
  proof: string
  device: {
    name: string
    os: string
    fingerprint: string
    public_key: string
    sig: string
  }
  /** what the client found out about its device */
  environment?: {
    root?: boolean
    emulator?: boolean
    debugger?: boolean
    hook?: boolean
    repackaged?: boolean
    proxy?: boolean
    screen_shared?: boolean
    /** of the client */
    version?: string
  }
}
export type AuthResumeAnswer = {
  login_id: string
  customer: {
    name: string
    phone: string
    customer_no: string
  }
  /** absent at the first login */
  last_login?: {
    at: number
    device: string
  }
  must_change_password: boolean
  /** new or bound */
  device_state: string
  login_at: number
  /** safe; warn: tell the customer; limit: lower limits and no bound device */
  environment: string
}

/** The facts of this login */
export type AuthSessionInput = Record<string, never>
export type AuthSessionAnswer = {
  login_id: string
  customer: {
    name: string
    phone: string
    customer_no: string
  }
  /** absent at the first login */
  last_login?: {
    at: number
    device: string
  }
  must_change_password: boolean
  /** new or bound */
  device_state: string
  login_at: number
  /** safe; warn: tell the customer; limit: lower limits and no bound device */
  environment: string
}

/** Whose card a number is, also while it is typed */
export type BankRecogniseInput = {
  /** as far as it is typed */
  number: string
}
export type BankRecogniseAnswer = {
  bank_code: string
  bank_name: string
  /** debit, credit, semi_credit, prepaid */
  card_kind: string
  /** of this bank */
  own: boolean
  /** the number has all its digits and the right check digit */
  whole: boolean
}

/** Banks by name, code or letters, at most 20 */
export type BankSearchInput = {
  /** part of the name, beginning of the code or of its letters; empty: the first */
  text?: string
}
export type BankSearchAnswer = {
  banks: Array<{
    bank_code: string
    bank_name: string
    own: boolean
  }>
}

/** Drops a batch that was not confirmed */
export type BatchDropInput = {
  batch_id: string
}
export type BatchDropAnswer = Record<string, never>

/** A batch and its rows, by their numbers */
export type BatchGetInput = {
  batch_id: string
  /** number of the last row that is known */
  after?: number
  limit?: number
}
export type BatchGetAnswer = {
  batch: {
    batch_id: string
    from_account_id: string
    /** open, running, done */
    state: string
    /** that confirmed it; empty: not yet */
    order_id: string
    rows: number
    /** rows that must be replaced first */
    bad: number
    paid: number
    paid_fen: number
    /** left for other banks, which have not answered yet */
    pending: number
    pending_fen: number
    failed: number
    failed_fen: number
    created_at: number
    /** 0: not ended */
    ended_at: number
  }
  rows: Array<{
    row: number
    /** ready, bad, paid, pending, failed */
    state: string
    /** why it is bad or failed: name of a status, or the other bank's ISO 20022 reason; else empty */
    code: string
    field: string
    to_name: string
    to_account_no: string
    to_bank: string
    amount_fen: number
    /** the most that it may cost */
    fee_fen: number
    /** that paid it; empty: none */
    order_id: string
  }>
}

/** The customer's batches, newest first */
export type BatchListInput = {
  limit?: number
  cursor?: string
}
export type BatchListAnswer = {
  batches: Array<{
    batch_id: string
    from_account_id: string
    /** open, running, done */
    state: string
    /** that confirmed it; empty: not yet */
    order_id: string
    rows: number
    /** rows that must be replaced first */
    bad: number
    paid: number
    paid_fen: number
    /** left for other banks, which have not answered yet */
    pending: number
    pending_fen: number
    failed: number
    failed_fen: number
    created_at: number
    /** 0: not ended */
    ended_at: number
  }>
  cursor: string
}

/** Prepares the order that confirms a batch */
export type BatchPrepareInput = {
  batch_id: string
}
export type BatchPrepareAnswer = {
  order_id: string
  /** the canonical order; digest = lower-case hex SM3(text) */
  text: string
  digest: string
  display: Array<{
    label: string
    value: string
  }>
  fee_fen: number
  factors: string[]
  /** combinations to choose from: order.factors.choose */
  factor_options: string[]
  risk: string
  /** a warning to show before the factors; may be empty */
  notice: string
  expires_at: number
  /** with PASSWORD_WEAK, where a new password is part of the order */
  flaw?: string
}

/** Puts rows into a batch, each checked as a transfer of its own would be */
export type BatchRowsInput = {
  batch_id: string
  /** number of the first of these rows; what stood there and behind is replaced */
  first: number
  rows: {
    to_name: string
    to_account_no: string
    /** clearing code; without it: the bank whose card the number is */
    to_bank?: string
    amount_fen: number
    memo?: string
  }[]
}
export type BatchRowsAnswer = {
  /** so many it has now */
  rows: number
  /** of the rows of this call; they must be replaced */
  errors: Array<{
    row: number
    /** name of a status */
    code: string
    /** which one; may be empty */
    field: string
  }>
}

/** Begins a batch of transfers from an own account */
export type BatchStartInput = {
  from_account_id: string
}
export type BatchStartAnswer = {
  batch_id: string
  rows_max: number
  /** rows of one batch.rows */
  part_max: number
}

/** Prepares the order for a soft UKey's certificate */
export type CertApplyPrepareInput = {
  /** PKCS#10, DER, made and signed by the new key */
  csr: string
}
export type CertApplyPrepareAnswer = {
  order_id: string
  /** the canonical order; digest = lower-case hex SM3(text) */
  text: string
  digest: string
  display: Array<{
    label: string
    value: string
  }>
  fee_fen: number
  factors: string[]
  /** combinations to choose from: order.factors.choose */
  factor_options: string[]
  risk: string
  /** a warning to show before the factors; may be empty */
  notice: string
  expires_at: number
  /** with PASSWORD_WEAK, where a new password is part of the order */
  flaw?: string
}

/** The customer's certificates, newest first */
export type CertGetInput = Record<string, never>
export type CertGetAnswer = {
  certificates: Array<{
    certificate_id: string
    /** soft_key, bluetooth_key, phone_shield */
    kind: string
    /** granted, valid, frozen, revoked, expired */
    state: string
    serial: string
    created_at: number
    not_before: number
    not_after: number
    /** its key is on this device */
    this_device: boolean
  }>
}

/** Collects the certificate that an order granted to this device */
export type CertIssueInput = Record<string, never>
export type CertIssueAnswer = {
  certificate: {
    certificate_id: string
    /** soft_key, bluetooth_key, phone_shield */
    kind: string
    /** granted, valid, frozen, revoked, expired */
    state: string
    serial: string
    created_at: number
    not_before: number
    not_after: number
    /** X.509, DER, base64 */
    certificate: string
  }
}

/** Revokes one's own certificate at once */
export type CertRevokeInput = {
  certificate_id: string
}
export type CertRevokeAnswer = {
  state: string
}

/** Prepares that a number is shown whole */
export type DataRevealPrepareInput = {
  what: 'card_number' | 'id_no' | 'phone'
  /** for card_number */
  account_id?: string
}
export type DataRevealPrepareAnswer = {
  order_id: string
  /** the canonical order; digest = lower-case hex SM3(text) */
  text: string
  digest: string
  display: Array<{
    label: string
    value: string
  }>
  fee_fen: number
  factors: string[]
  /** combinations to choose from: order.factors.choose */
  factor_options: string[]
  risk: string
  /** a warning to show before the factors; may be empty */
  notice: string
  expires_at: number
  /** with PASSWORD_WEAK, where a new password is part of the order */
  flaw?: string
}

/** Prepares the binding of the device of this login */
export type DeviceBindPrepareInput = Record<string, never>
export type DeviceBindPrepareAnswer = {
  order_id: string
  /** the canonical order; digest = lower-case hex SM3(text) */
  text: string
  digest: string
  display: Array<{
    label: string
    value: string
  }>
  fee_fen: number
  factors: string[]
  /** combinations to choose from: order.factors.choose */
  factor_options: string[]
  risk: string
  /** a warning to show before the factors; may be empty */
  notice: string
  expires_at: number
  /** with PASSWORD_WEAK, where a new password is part of the order */
  flaw?: string
}

/** Prepares that a lost device may log in again */
export type DeviceFoundPrepareInput = {
  device_id: string
}
export type DeviceFoundPrepareAnswer = {
  order_id: string
  /** the canonical order; digest = lower-case hex SM3(text) */
  text: string
  digest: string
  display: Array<{
    label: string
    value: string
  }>
  fee_fen: number
  factors: string[]
  /** combinations to choose from: order.factors.choose */
  factor_options: string[]
  risk: string
  /** a warning to show before the factors; may be empty */
  notice: string
  expires_at: number
  /** with PASSWORD_WEAK, where a new password is part of the order */
  flaw?: string
}

/** The customer's devices */
export type DeviceListInput = Record<string, never>
export type DeviceListAnswer = {
  devices: Array<{
    device_id: string
    /** new, bound or lost */
    state: string
    name: string
    os: string
    first_at: number
    last_at: number
    bound_at?: number
    gesture: boolean
    current: boolean
  }>
  /** how many may be bound */
  bound_max: number
}

/** Freezes everything: a device was lost */
export type DeviceLostInput = {
  /** the lost one */
  device_id?: string
}
export type DeviceLostAnswer = Record<string, never>

/** Names a device */
export type DeviceRenameInput = {
  device_id: string
  name: string
}
export type DeviceRenameAnswer = Record<string, never>

/** Unbinds a device; a login on it ends */
export type DeviceUnbindInput = {
  device_id: string
}
export type DeviceUnbindAnswer = Record<string, never>

/** Is the code on a document one of this bank's, and what stands on that document, masked */
export type DocumentCheckInput = {
  /** as printed, upper case */
  code: string
}
export type DocumentCheckAnswer = {
  right: boolean
  kind?: string
  made_at?: number
  facts?: {
    /** masked */
    number?: string
    from?: string
    to?: string
    entries?: number
    order_kind?: string
    amount_fen?: number
    at?: number
  }
}

/** A piece of a document of one's own */
export type DocumentGetInput = {
  document_id: string
  chunk: number
}
export type DocumentGetAnswer = {
  /** base64 */
  content: string
  last: boolean
}

/** Prepares the separate consent to face recognition */
export type FaceAgreePrepareInput = {
  /** of the text that was shown: face.get */
  consent_version: string
}
export type FaceAgreePrepareAnswer = {
  order_id: string
  /** the canonical order; digest = lower-case hex SM3(text) */
  text: string
  digest: string
  display: Array<{
    label: string
    value: string
  }>
  fee_fen: number
  factors: string[]
  /** combinations to choose from: order.factors.choose */
  factor_options: string[]
  risk: string
  /** a warning to show before the factors; may be empty */
  notice: string
  expires_at: number
  /** with PASSWORD_WEAK, where a new password is part of the order */
  flaw?: string
}

/** Draws the actions of the first comparison, after consent */
export type FaceEnrolBeginInput = Record<string, never>
export type FaceEnrolBeginAnswer = {
  capture_id: string
  /** blink, open_mouth, smile, turn_left, turn_right, nod; to be done in this order */
  actions: string[]
  /** pictures of each action */
  frames: number
  /** bytes of a picture */
  frame_max: number
  expires_at: number
}

/** Compares with the authority's photo */
export type FaceEnrolFinishInput = {
  /** of the challenge */
  capture_id: string
}
export type FaceEnrolFinishAnswer = {
  state: string
}

/** The next picture of a challenge */
export type FaceFrameInput = {
  /** of the challenge */
  capture_id: string
  /** index into the challenge's actions */
  action: number
  /** pictures come in their order, action by action */
  frame: number
  /** JPEG */
  image: string
}
export type FaceFrameAnswer = {
  /** how many have come */
  taken: number
}

/** What stands of the face recognition */
export type FaceGetInput = Record<string, never>
export type FaceGetAnswer = {
  /** none, consented, enrolled */
  state: string
  /** does this bank compare faces? */
  available: boolean
  /** of the text that is to be shown */
  consent_version: string
  consented_at?: number
  enrolled_at?: number
}

/** Takes the consent back; what is held is deleted */
export type FaceWithdrawInput = Record<string, never>
export type FaceWithdrawAnswer = {
  state: string
}

/** Switches the gesture of this device off */
export type GestureOffInput = Record<string, never>
export type GestureOffAnswer = Record<string, never>

/** Prepares a gesture for the bound device of this login */
export type GestureSetPrepareInput = {
  /** the points as digits 1 to 9, encrypted like a password, purpose 5 */
  gesture: {
    challenge_id: string
    cipher: string
  }
}
export type GestureSetPrepareAnswer = {
  order_id: string
  /** the canonical order; digest = lower-case hex SM3(text) */
  text: string
  digest: string
  display: Array<{
    label: string
    value: string
  }>
  fee_fen: number
  factors: string[]
  /** combinations to choose from: order.factors.choose */
  factor_options: string[]
  risk: string
  /** a warning to show before the factors; may be empty */
  notice: string
  expires_at: number
  /** with PASSWORD_WEAK, where a new password is part of the order */
  flaw?: string
}

/** Limits of transfers: the bank's, the customer's own, and what the day has seen */
export type LimitGetInput = Record<string, never>
export type LimitGetAnswer = {
  /** in force */
  once_fen: number
  /** in force */
  day_fen: number
  bank_once_fen: number
  bank_day_fen: number
  day_used_fen: number
}

/** Lowers the customer's own limits, at once */
export type LimitLowerInput = {
  once_fen: number
  day_fen: number
}
export type LimitLowerAnswer = Record<string, never>

/** Prepares higher own limits */
export type LimitRaisePrepareInput = {
  once_fen: number
  day_fen: number
}
export type LimitRaisePrepareAnswer = {
  order_id: string
  /** the canonical order; digest = lower-case hex SM3(text) */
  text: string
  digest: string
  display: Array<{
    label: string
    value: string
  }>
  fee_fen: number
  factors: string[]
  /** combinations to choose from: order.factors.choose */
  factor_options: string[]
  risk: string
  /** a warning to show before the factors; may be empty */
  notice: string
  expires_at: number
  /** with PASSWORD_WEAK, where a new password is part of the order */
  flaw?: string
}

/** The customer's messages, newest first */
export type MessageListInput = {
  limit?: number
  cursor?: string
}
export type MessageListAnswer = {
  messages: Array<{
    message_id: string
    at: number
    kind: string
    title: string
    text: string
    read: boolean
  }>
  unread: number
  cursor: string
}

/** Marks one message as read */
export type MessageReadInput = {
  message_id: string
}
export type MessageReadAnswer = Record<string, never>

/** Ends an order that was not carried out */
export type OrderCancelInput = {
  order_id: string
}
export type OrderCancelAnswer = {
  order_id: string
  kind: string
  state: string
  amount_fen: number
  fee_fen: number
  at: number
  expires_at: number
  text: string
  digest: string
  display: Array<{
    label: string
    value: string
  }>
  factors: string[]
  /** why it failed or came back: a status or an ISO 20022 code */
  reason?: string
  /** its last change of state behind the confirmation */
  moved_at?: number
  /** the order that authorised this one beforehand */
  mandate_id?: string
  receipt?: {
    order_id: string
    kind: string
    at: number
    amount_fen: number
    fee_fen: number
    from?: string
    to?: string
    payee?: string
    /** the payee's, when it is another one */
    bank?: string
    /** when held money leaves, if it is not cancelled before */
    arrives_at?: number
    memo?: string
    /** of the account it was about, masked */
    number?: string
    account_kind?: string
    journal_id: string
    digest: string
  }
}

/** Carries an order out, once; repeating it gives the same answer */
export type OrderConfirmInput = {
  order_id: string
  digest: string
}
export type OrderConfirmAnswer = {
  state: string
  receipt: {
    order_id: string
    kind: string
    at: number
    amount_fen: number
    fee_fen: number
    from?: string
    to?: string
    payee?: string
    /** the payee's, when it is another one */
    bank?: string
    /** when held money leaves, if it is not cancelled before */
    arrives_at?: number
    memo?: string
    /** of the account it was about, masked */
    number?: string
    account_kind?: string
    journal_id: string
    digest: string
  }
}

/** Begins a factor of an order: sends the text message */
export type OrderFactorBeginInput = {
  order_id: string
  /** the first of factors */
  factor: string
}
export type OrderFactorBeginAnswer = {
  phone?: string
  /** token: digits that are typed into it; passkey: what it signs, base64url */
  challenge?: string
  /** the last four of that token's serial */
  serial_tail?: string
  /** passkey: the domain it belongs to */
  rp_id?: string
  /** passkey: the ids that may sign, base64url */
  credentials?: string[]
  /** of a face challenge: where face.frame sends pictures; the factor's value */
  capture_id?: string
  /** what is to be done in front of the camera, in this order */
  actions?: string[]
  /** pictures of each action */
  frames?: number
  /** bytes of a picture */
  frame_max?: number
  /** carrier: what the phone asks its carrier with; the token is the factor's value */
  nonce?: string
  /** carrier: where a page asks; empty: an app asks by its own library */
  page_url?: string
  expires_at?: number
}

/** Verifies a factor of an order */
export type OrderFactorVerifyInput = {
  order_id: string
  /** the first of factors */
  factor: string
  /** passwords: {challenge_id, cipher}; codes: the digits; signatures: base64; passkeys: base64 of {credential_id, client_data, authenticator_data, signature}; carrier: base64 of the token */
  value: {
    challenge_id: string
    cipher: string
  } | string
}
export type OrderFactorVerifyAnswer = {
  /** still needed */
  factors: string[]
}

/** Takes another combination of factors, before any was verified */
export type OrderFactorsChooseInput = {
  order_id: string
  /** one of factor_options */
  factors: string
}
export type OrderFactorsChooseAnswer = {
  /** still needed */
  factors: string[]
}

/** An order as it stands */
export type OrderGetInput = {
  order_id: string
}
export type OrderGetAnswer = {
  order_id: string
  kind: string
  state: string
  amount_fen: number
  fee_fen: number
  at: number
  expires_at: number
  text: string
  digest: string
  display: Array<{
    label: string
    value: string
  }>
  factors: string[]
  /** why it failed or came back: a status or an ISO 20022 code */
  reason?: string
  /** its last change of state behind the confirmation */
  moved_at?: number
  /** the order that authorised this one beforehand */
  mandate_id?: string
  receipt?: {
    order_id: string
    kind: string
    at: number
    amount_fen: number
    fee_fen: number
    from?: string
    to?: string
    payee?: string
    /** the payee's, when it is another one */
    bank?: string
    /** when held money leaves, if it is not cancelled before */
    arrives_at?: number
    memo?: string
    /** of the account it was about, masked */
    number?: string
    account_kind?: string
    journal_id: string
    digest: string
  }
}

/** The customer's orders, newest first */
export type OrderListInput = {
  limit?: number
  cursor?: string
}
export type OrderListAnswer = {
  orders: Array<{
    order_id: string
    kind: string
    state: string
    amount_fen: number
    fee_fen: number
    at: number
    expires_at: number
    text: string
    digest: string
    display: Array<{
      label: string
      value: string
    }>
    factors: string[]
    /** why it failed or came back: a status or an ISO 20022 code */
    reason?: string
    /** its last change of state behind the confirmation */
    moved_at?: number
    /** the order that authorised this one beforehand */
    mandate_id?: string
    receipt?: {
      order_id: string
      kind: string
      at: number
      amount_fen: number
      fee_fen: number
      from?: string
      to?: string
      payee?: string
      /** the payee's, when it is another one */
      bank?: string
      /** when held money leaves, if it is not cancelled before */
      arrives_at?: number
      memo?: string
      /** of the account it was about, masked */
      number?: string
      account_kind?: string
      journal_id: string
      digest: string
    }
  }>
  cursor: string
}

/** Makes a sealed receipt of an own order that was carried out */
export type OrderReceiptInput = {
  order_id: string
}
export type OrderReceiptAnswer = {
  document_id: string
  /** printed on it; document.check takes it */
  code: string
  format: string
  bytes: number
  /** fetched by document.get, for a day */
  chunks: number
}

/** What a browser needs to make a passkey */
export type PasskeyBeginInput = Record<string, never>
export type PasskeyBeginAnswer = {
  rp_name: string
  /** user handle, base64url; tells nothing */
  user: string
  /** base64url; one use, 120 s */
  challenge: string
  rp_id: string
  /** ids of this device's passkeys, base64url */
  credentials: string[]
  expires_at: number
}

/** The customer's passkeys */
export type PasskeyListInput = Record<string, never>
export type PasskeyListAnswer = {
  passkeys: Array<{
    passkey_id: string
    name: string
    /** on or off */
    state: string
    /** why it is off: wrong, cloned */
    reason: string
    made_at: number
    used_at?: number
    /** works on this device */
    current: boolean
  }>
  max: number
  /** empty: this bank has no passkeys */
  rp_id: string
}

/** Removes a passkey */
export type PasskeyRemoveInput = {
  passkey_id: string
}
export type PasskeyRemoveAnswer = Record<string, never>

/** Names a passkey */
export type PasskeyRenameInput = {
  passkey_id: string
  name: string
}
export type PasskeyRenameAnswer = Record<string, never>

/** Prepares a passkey that the bound device of this login made */
export type PasskeySetPrepareInput = {
  name: string
  /** clientDataJSON that the browser made for the challenge of passkey.begin, base64url */
  client_data: string
  /** base64url; with the key */
  authenticator_data: string
}
export type PasskeySetPrepareAnswer = {
  order_id: string
  /** the canonical order; digest = lower-case hex SM3(text) */
  text: string
  digest: string
  display: Array<{
    label: string
    value: string
  }>
  fee_fen: number
  factors: string[]
  /** combinations to choose from: order.factors.choose */
  factor_options: string[]
  risk: string
  /** a warning to show before the factors; may be empty */
  notice: string
  expires_at: number
  /** with PASSWORD_WEAK, where a new password is part of the order */
  flaw?: string
}

/** The code; a changed login password ends the login */
export type PasswordChangeFinishInput = {
  change_id: string
  code: string
}
export type PasswordChangeFinishAnswer = Record<string, never>

/** Changes a password: the old one, the new one; sends a code */
export type PasswordChangeStartInput = {
  kind: 'login' | 'pay'
  old: {
    challenge_id: string
    cipher: string
  }
  password: {
    challenge_id: string
    cipher: string
  }
}
export type PasswordChangeStartAnswer = {
  change_id: string
  phone: string
  expires_at: number
  /** with PASSWORD_WEAK: length, classes, common, repeats, similar or used */
  flaw?: string
}

/** Compares the face, and sends the code that password.reset.finish takes */
export type PasswordResetFaceFinishInput = {
  /** of the challenge */
  capture_id: string
}
export type PasswordResetFaceFinishAnswer = {
  reset_id: string
  phone: string
  expires_at: number
}

/** A forgotten login password: who one is; draws the actions */
export type PasswordResetFaceStartInput = {
  user: string
  /** encrypted with purpose 6 */
  id_no: {
    challenge_id: string
    cipher: string
  }
  captcha: {
    captcha_id: string
    text: string
  }
  device: {
    name: string
    os: string
    fingerprint: string
    public_key: string
    sig: string
  }
}
export type PasswordResetFaceStartAnswer = {
  capture_id: string
  /** blink, open_mouth, smile, turn_left, turn_right, nod; to be done in this order */
  actions: string[]
  /** pictures of each action */
  frames: number
  /** bytes of a picture */
  frame_max: number
  expires_at: number
}

/** The code and the new login password */
export type PasswordResetFinishInput = {
  reset_id: string
  code: string
  password: {
    challenge_id: string
    cipher: string
  }
}
export type PasswordResetFinishAnswer = {
  /** with PASSWORD_WEAK: length, classes, common, repeats, similar or used */
  flaw?: string
}

/** A forgotten login password: what one knows; sends a code */
export type PasswordResetStartInput = {
  user: string
  /** encrypted with purpose 6 */
  id_no: {
    challenge_id: string
    cipher: string
  }
  pay_password: {
    challenge_id: string
    cipher: string
  }
  captcha: {
    captcha_id: string
    text: string
  }
  device: {
    name: string
    os: string
    fingerprint: string
    public_key: string
    sig: string
  }
}
export type PasswordResetStartAnswer = {
  reset_id: string
  phone: string
  expires_at: number
}

/** Is the transaction password locked, and what may be done about it */
export type PayPasswordGetInput = Record<string, never>
export type PayPasswordGetAnswer = {
  locked: boolean
  /** by an order of one's own; else: the counter */
  may_unlock: boolean
  /** a new one may be set until then; 0: it may not */
  set_until: number
}

/** Prepares a new transaction password after the counter's reset */
export type PayPasswordSetPrepareInput = {
  /** the new one, encrypted with purpose 3 */
  password: {
    challenge_id: string
    cipher: string
  }
}
export type PayPasswordSetPrepareAnswer = {
  order_id: string
  /** the canonical order; digest = lower-case hex SM3(text) */
  text: string
  digest: string
  display: Array<{
    label: string
    value: string
  }>
  fee_fen: number
  factors: string[]
  /** combinations to choose from: order.factors.choose */
  factor_options: string[]
  risk: string
  /** a warning to show before the factors; may be empty */
  notice: string
  expires_at: number
  /** with PASSWORD_WEAK, where a new password is part of the order */
  flaw?: string
}

/** Prepares that the lock of the transaction password is lifted */
export type PayPasswordUnlockPrepareInput = Record<string, never>
export type PayPasswordUnlockPrepareAnswer = {
  order_id: string
  /** the canonical order; digest = lower-case hex SM3(text) */
  text: string
  digest: string
  display: Array<{
    label: string
    value: string
  }>
  fee_fen: number
  factors: string[]
  /** combinations to choose from: order.factors.choose */
  factor_options: string[]
  risk: string
  /** a warning to show before the factors; may be empty */
  notice: string
  expires_at: number
  /** with PASSWORD_WEAK, where a new password is part of the order */
  flaw?: string
}

/** Adds a payee whose number and name belong together */
export type PayeeAddInput = {
  name: string
  number: string
  /** clearing code; without it: this bank */
  bank?: string
  alias?: string
}
export type PayeeAddAnswer = {
  payee_id: string
}

/** The customer's payee book, newest first */
export type PayeeListInput = {
  limit?: number
  cursor?: string
}
export type PayeeListAnswer = {
  payees: Array<{
    payee_id: string
    name: string
    number: string
    /** its name */
    bank: string
    /** empty: this bank */
    bank_code: string
    alias: string
  }>
  cursor: string
}

/** Removes a payee from the book */
export type PayeeRemoveInput = {
  payee_id: string
}
export type PayeeRemoveAnswer = Record<string, never>

/** Prepares that the customer's phone number stands for an own account */
export type PhoneBindPrepareInput = {
  /** an own class I account */
  account_id: string
}
export type PhoneBindPrepareAnswer = {
  order_id: string
  /** the canonical order; digest = lower-case hex SM3(text) */
  text: string
  digest: string
  display: Array<{
    label: string
    value: string
  }>
  fee_fen: number
  factors: string[]
  /** combinations to choose from: order.factors.choose */
  factor_options: string[]
  risk: string
  /** a warning to show before the factors; may be empty */
  notice: string
  expires_at: number
  /** with PASSWORD_WEAK, where a new password is part of the order */
  flaw?: string
}

/** The customer's phone number that stands for an account */
export type PhoneBindingsInput = Record<string, never>
export type PhoneBindingsAnswer = {
  /** at most one */
  bindings: Array<{
    phone: string
    account_id: string
    number: string
    /** binding and unbinding: the clearing house has not answered yet; bound */
    state: string
    since: number
  }>
  /** can a number be bound at this bank? */
  open: boolean
}

/** Whom a phone number leads to, masked */
export type PhoneLookupInput = {
  phone: string
}
export type PhoneLookupAnswer = {
  /** for the prepare calls of transfers, in this login alone */
  payee_token: string
  name: string
  bank_code: string
  bank_name: string
  /** last digits of the account */
  tail: string
  /** of this bank */
  own: boolean
  expires_at: number
}

/** Prepares that the phone number stands for nothing any more */
export type PhoneUnbindPrepareInput = Record<string, never>
export type PhoneUnbindPrepareAnswer = {
  order_id: string
  /** the canonical order; digest = lower-case hex SM3(text) */
  text: string
  digest: string
  display: Array<{
    label: string
    value: string
  }>
  fee_fen: number
  factors: string[]
  /** combinations to choose from: order.factors.choose */
  factor_options: string[]
  risk: string
  /** a warning to show before the factors; may be empty */
  notice: string
  expires_at: number
  /** with PASSWORD_WEAK, where a new password is part of the order */
  flaw?: string
}

/** Which combinations of factors each scene takes, and which of them the customer allows */
export type PreferenceGetInput = Record<string, never>
export type PreferenceGetAnswer = {
  scenes: Array<{
    scene: string
    title_zh: string
    title_en: string
    /** the customer has chosen; else the bank's policy alone */
    chosen: boolean
    options: Array<{
      factors: string
      /** set up, on this device */
      usable: boolean
      allowed: boolean
    }>
  }>
}

/** Prepares that more combinations of factors are allowed */
export type PreferenceLowerPrepareInput = {
  scene: string
  /** empty: whatever the bank's policy says */
  options?: string
}
export type PreferenceLowerPrepareAnswer = {
  order_id: string
  /** the canonical order; digest = lower-case hex SM3(text) */
  text: string
  digest: string
  display: Array<{
    label: string
    value: string
  }>
  fee_fen: number
  factors: string[]
  /** combinations to choose from: order.factors.choose */
  factor_options: string[]
  risk: string
  /** a warning to show before the factors; may be empty */
  notice: string
  expires_at: number
  /** with PASSWORD_WEAK, where a new password is part of the order */
  flaw?: string
}

/** Allows fewer combinations of factors, at once */
export type PreferenceSetInput = {
  scene: string
  /** allowed combinations: "pay_password+token|pay_password+soft_key" */
  options: string
}
export type PreferenceSetAnswer = Record<string, never>

/** Who is logged in, masked */
export type ProfileGetInput = Record<string, never>
export type ProfileGetAnswer = {
  login_id: string
  customer: {
    name: string
    phone: string
    customer_no: string
  }
  /** absent at the first login */
  last_login?: {
    at: number
    device: string
  }
  must_change_password: boolean
  /** new or bound */
  device_state: string
  login_at: number
  /** safe; warn: tell the customer; limit: lower limits and no bound device */
  environment: string
}

/** Sends the code of a registration */
export type RegisterFactorBeginInput = {
  registration_id: string
  factor: string
}
export type RegisterFactorBeginAnswer = {
  /** sms: masked */
  phone?: string
  /** sms */
  expires_at?: number
  /** carrier: what the phone asks its carrier with */
  nonce?: string
  /** carrier: where a page asks; empty: an app asks by its own library */
  page_url?: string
}

/** The code and the passwords: mobile banking opens, or waits */
export type RegisterFinishInput = {
  registration_id: string
  /** the code by SMS, or */
  value?: string
  /** the carrier's token */
  carrier_token?: string
  login_password: {
    challenge_id: string
    cipher: string
  }
  pay_password: {
    challenge_id: string
    cipher: string
  }
}
export type RegisterFinishAnswer = {
  /** done, or waiting for the head office */
  state: string
  /** with PASSWORD_WEAK: length, classes, common, repeats, similar or used */
  flaw?: string
}

/** What a registration needs */
export type RegisterRulesInput = Record<string, never>
export type RegisterRulesAnswer = {
  privacy_version: string
  cards: Array<{
    prefix: string
    digits: number
    name: string
  }>
  age_min: number
  age_max: number
}

/** Who registers: name, identity, card, its PIN and phone */
export type RegisterStartInput = {
  /** of the privacy text that was agreed to */
  privacy_version: string
  name: string
  /** encrypted with purpose 6: identity number (GB 11643), card number, and the phone left with the bank for this card, parted by single spaces */
  numbers: {
    challenge_id: string
    cipher: string
  }
  /** encrypted with purpose 4 */
  card_pin: {
    challenge_id: string
    cipher: string
  }
  captcha: {
    captcha_id: string
    text: string
  }
  device: {
    name: string
    os: string
    fingerprint: string
    public_key: string
    sig: string
  }
}
export type RegisterStartAnswer = {
  registration_id: string
  /** masked */
  phone: string
  expires_at: number
  /** what may stand in the place of sms: carrier */
  instead?: string[]
}

/** The whole number, once, within 30 s of the order's confirmation */
export type RevealGetInput = {
  order_id: string
}
export type RevealGetAnswer = {
  what: string
  /** whole; told once */
  value: string
  /** the client masks it again after this */
  show_s: number
}

/** What is due in a month, and what was */
export type ScheduleCalendarInput = {
  /** any day of it */
  month: string
}
export type ScheduleCalendarAnswer = {
  coming: Array<{
    schedule_id: string
    day: string
    amount_fen: number
    to_name: string
  }>
  runs: Array<{
    schedule_id: string
    day: string
    at: number
    /** empty: none */
    order_id: string
    /** OK, SKIPPED, LATE, or why not */
    result: string
    amount_fen: number
    to_name: string
  }>
}

/** A scheduled transfer and what its runs came to */
export type ScheduleGetInput = {
  schedule_id: string
  /** of the runs */
  cursor?: string
}
export type ScheduleGetAnswer = {
  schedule: {
    schedule_id: string
    /** active, ended, stopped */
    state: string
    from_account_id: string
    to_name: string
    to_account_no: string
    bank: string
    amount_fen: number
    memo: string
    every: string
    step: number
    on_day: number
    first: string
    /** empty: none */
    last: string
    /** 0: no such end */
    runs: number
    short: string
    retry_days: number
    /** empty: none */
    next: string
    /** runs so far, left out ones too */
    done: number
    created_at: number
  }
  runs: Array<{
    schedule_id: string
    day: string
    at: number
    /** empty: none */
    order_id: string
    /** OK, SKIPPED, LATE, or why not */
    result: string
  }>
  /** to older runs; empty: none */
  cursor: string
}

/** The customer's scheduled transfers, newest first */
export type ScheduleListInput = {
  limit?: number
  cursor?: string
}
export type ScheduleListAnswer = {
  schedules: Array<{
    schedule_id: string
    /** active, ended, stopped */
    state: string
    from_account_id: string
    to_name: string
    to_account_no: string
    bank: string
    amount_fen: number
    memo: string
    every: string
    step: number
    on_day: number
    first: string
    /** empty: none */
    last: string
    /** 0: no such end */
    runs: number
    short: string
    retry_days: number
    /** empty: none */
    next: string
    /** runs so far, left out ones too */
    done: number
    created_at: number
  }>
  cursor: string
}

/** Prepares transfers on a date or by a rule */
export type SchedulePrepareInput = {
  from_account_id: string
  payee_id?: string
  /** with to_name, or payee_id instead */
  to_account_no?: string
  to_name?: string
  /** clearing code; without it: this bank */
  to_bank?: string
  /** of each run */
  amount_fen: number
  memo?: string
  every: 'once' | 'days' | 'week' | 'month'
  /** every so many days, weeks, months; 1 */
  step?: number
  /** week: 1 Monday to 7; month: its day, a shorter month's last day stands for what it has not */
  on_day?: number
  /** not before */
  first: string
  last?: string
  /** ends behind so many */
  runs?: number
  /** when money is short: leave that run out, try the next days, end after three in a row */
  short?: 'skip' | 'retry' | 'stop'
  /** with short = retry */
  retry_days?: number
}
export type SchedulePrepareAnswer = {
  order_id: string
  /** the canonical order; digest = lower-case hex SM3(text) */
  text: string
  digest: string
  display: Array<{
    label: string
    value: string
  }>
  fee_fen: number
  factors: string[]
  /** combinations to choose from: order.factors.choose */
  factor_options: string[]
  risk: string
  /** a warning to show before the factors; may be empty */
  notice: string
  expires_at: number
  /** with PASSWORD_WEAK, where a new password is part of the order */
  flaw?: string
}

/** Leaves the next run out */
export type ScheduleSkipNextInput = {
  schedule_id: string
}
export type ScheduleSkipNextAnswer = {
  schedule: {
    schedule_id: string
    /** active, ended, stopped */
    state: string
    from_account_id: string
    to_name: string
    to_account_no: string
    bank: string
    amount_fen: number
    memo: string
    every: string
    step: number
    on_day: number
    first: string
    /** empty: none */
    last: string
    /** 0: no such end */
    runs: number
    short: string
    retry_days: number
    /** empty: none */
    next: string
    /** runs so far, left out ones too */
    done: number
    created_at: number
  }
}

/** Ends a scheduled transfer at once */
export type ScheduleStopInput = {
  schedule_id: string
}
export type ScheduleStopAnswer = {
  schedule: {
    schedule_id: string
    /** active, ended, stopped */
    state: string
    from_account_id: string
    to_name: string
    to_account_no: string
    bank: string
    amount_fen: number
    memo: string
    every: string
    step: number
    on_day: number
    first: string
    /** empty: none */
    last: string
    /** 0: no such end */
    runs: number
    short: string
    retry_days: number
    /** empty: none */
    next: string
    /** runs so far, left out ones too */
    done: number
    created_at: number
  }
}

/** The client goes to the background */
export type SessionBackgroundInput = Record<string, never>
export type SessionBackgroundAnswer = Record<string, never>

/** Ends every login but this one, begun ones, too */
export type SessionEndOthersInput = Record<string, never>
export type SessionEndOthersAnswer = {
  ended: number
}

/** This login and the last ones */
export type SessionListInput = Record<string, never>
export type SessionListAnswer = {
  sessions: Array<{
    /** active or ended */
    state: string
    at: number
    ended_at?: number
    ended_reason: string
    /** masked */
    address: string
    device: string
    os: string
    /** password, gesture or passkey */
    method: string
    current: boolean
  }>
}

/** Makes a sealed statement of an own account */
export type StatementMakeInput = {
  account_id: string
  /** first accounting day */
  from: string
  /** last accounting day, at most 366 days later */
  to: string
  format: 'pdf' | 'csv'
}
export type StatementMakeAnswer = {
  document_id: string
  /** printed on it; document.check takes it */
  code: string
  format: string
  bytes: number
  /** fetched by document.get, for a day */
  chunks: number
}

/** Makes an assigned token usable: two codes that followed each other */
export type TokenActivateInput = {
  serial: string
  code: string
  /** the code that followed */
  next_code: string
}
export type TokenActivateAnswer = {
  state: string
}

/** The customer's dynamic token */
export type TokenGetInput = Record<string, never>
export type TokenGetAnswer = {
  /** none, inactive, active, locked, lost */
  state: string
  /** the last four */
  serial_tail?: string
  assigned_at?: number
  activated_at?: number
}

/** Reports the token lost: it is closed at once */
export type TokenLostInput = Record<string, never>
export type TokenLostAnswer = {
  state: string
}

/** Learns how far the token's clock is off: two codes that followed each other */
export type TokenSyncInput = {
  code: string
  /** the code that followed */
  next_code: string
}
export type TokenSyncAnswer = {
  state: string
}

/** Prepares a transfer, to a customer of this bank or of another one */
export type TransferPrepareInput = {
  from_account_id: string
  /** with to_name, or payee_id instead */
  to_account_no?: string
  to_name?: string
  payee_id?: string
  /** of phone.lookup */
  payee_token?: string
  /** clearing code of the payee's bank; without it: this bank */
  to_bank?: string
  /** to another bank: one of transfer.routes; without it: the best */
  way?: string
  /** now, two_hours, next_day: held and can be cancelled until then */
  arrival?: string
  amount_fen: number
  memo?: string
}
export type TransferPrepareAnswer = {
  order_id: string
  /** the canonical order; digest = lower-case hex SM3(text) */
  text: string
  digest: string
  display: Array<{
    label: string
    value: string
  }>
  fee_fen: number
  factors: string[]
  /** combinations to choose from: order.factors.choose */
  factor_options: string[]
  risk: string
  /** a warning to show before the factors; may be empty */
  notice: string
  expires_at: number
  /** with PASSWORD_WEAK, where a new password is part of the order */
  flaw?: string
}

/** The ways that a transfer can go, what they cost and when it is there */
export type TransferRoutesInput = {
  /** clearing code of the payee's bank; without it: this bank */
  to_bank?: string
  amount_fen: number
}
export type TransferRoutesAnswer = {
  routes: Array<{
    /** internal, instant, large, batch */
    way: string
    title: string
    /** it goes this way when no other is wished */
    chosen: boolean
    available: boolean
    /** not available: TRANSFER_LIMIT, ROUTE_CLOSED, API_CLOSED */
    why: string
    fee_fen: number
    /** the fee when no free transfer of the month is left */
    list_fee_fen: number
    /** 0: none */
    cap_fen: number
    /** expected; 0 when not available */
    arrives_at: number
    /** ROUTE_CLOSED: when it opens; else 0 */
    opens_at: number
  }>
}

export interface Apis {
  'account.add.prepare': { input: AccountAddPrepareInput; answer: AccountAddPrepareAnswer; class: 'private'; version: 1; idempotent: true }
  'account.alias.set': { input: AccountAliasSetInput; answer: AccountAliasSetAnswer; class: 'private'; version: 1; idempotent: false }
  'account.close.prepare': { input: AccountClosePrepareInput; answer: AccountClosePrepareAnswer; class: 'private'; version: 1; idempotent: true }
  'account.list': { input: AccountListInput; answer: AccountListAnswer; class: 'protected'; version: 1; idempotent: false }
  'account.loss.prepare': { input: AccountLossPrepareInput; answer: AccountLossPrepareAnswer; class: 'private'; version: 1; idempotent: true }
  'account.loss_lift.prepare': { input: AccountLossLiftPrepareInput; answer: AccountLossLiftPrepareAnswer; class: 'private'; version: 1; idempotent: true }
  'account.open.prepare': { input: AccountOpenPrepareInput; answer: AccountOpenPrepareAnswer; class: 'private'; version: 1; idempotent: true }
  'account.overview': { input: AccountOverviewInput; answer: AccountOverviewAnswer; class: 'protected'; version: 1; idempotent: false }
  'account.password.change.prepare': { input: AccountPasswordChangePrepareInput; answer: AccountPasswordChangePrepareAnswer; class: 'private'; version: 1; idempotent: true }
  'account.password.reset.prepare': { input: AccountPasswordResetPrepareInput; answer: AccountPasswordResetPrepareAnswer; class: 'private'; version: 1; idempotent: true }
  'account.quota': { input: AccountQuotaInput; answer: AccountQuotaAnswer; class: 'protected'; version: 1; idempotent: false }
  'account.remove': { input: AccountRemoveInput; answer: AccountRemoveAnswer; class: 'private'; version: 1; idempotent: false }
  'account.transactions': { input: AccountTransactionsInput; answer: AccountTransactionsAnswer; class: 'protected'; version: 1; idempotent: false }
  'alias.set': { input: AliasSetInput; answer: AliasSetAnswer; class: 'private'; version: 1; idempotent: false }
  'app.bootstrap': { input: AppBootstrapInput; answer: AppBootstrapAnswer; class: 'public'; version: 1; idempotent: false }
  'auth.captcha': { input: AuthCaptchaInput; answer: AuthCaptchaAnswer; class: 'public'; version: 1; idempotent: false }
  'auth.challenge': { input: AuthChallengeInput; answer: AuthChallengeAnswer; class: 'public'; version: 1; idempotent: false }
  'auth.login.carrier': { input: AuthLoginCarrierInput; answer: AuthLoginCarrierAnswer; class: 'public'; version: 1; idempotent: false }
  'auth.login.factor.begin': { input: AuthLoginFactorBeginInput; answer: AuthLoginFactorBeginAnswer; class: 'public'; version: 1; idempotent: false }
  'auth.login.factor.verify': { input: AuthLoginFactorVerifyInput; answer: AuthLoginFactorVerifyAnswer; class: 'public'; version: 1; idempotent: false }
  'auth.login.finish': { input: AuthLoginFinishInput; answer: AuthLoginFinishAnswer; class: 'public'; version: 1; idempotent: false }
  'auth.login.start': { input: AuthLoginStartInput; answer: AuthLoginStartAnswer; class: 'public'; version: 1; idempotent: false }
  'auth.logout': { input: AuthLogoutInput; answer: AuthLogoutAnswer; class: 'protected'; version: 1; idempotent: false }
  'auth.quick.finish': { input: AuthQuickFinishInput; answer: AuthQuickFinishAnswer; class: 'public'; version: 1; idempotent: false }
  'auth.quick.passkey': { input: AuthQuickPasskeyInput; answer: AuthQuickPasskeyAnswer; class: 'public'; version: 1; idempotent: false }
  'auth.quick.start': { input: AuthQuickStartInput; answer: AuthQuickStartAnswer; class: 'public'; version: 1; idempotent: false }
  'auth.resume': { input: AuthResumeInput; answer: AuthResumeAnswer; class: 'public'; version: 1; idempotent: false }
  'auth.session': { input: AuthSessionInput; answer: AuthSessionAnswer; class: 'protected'; version: 1; idempotent: false }
  'bank.recognise': { input: BankRecogniseInput; answer: BankRecogniseAnswer; class: 'protected'; version: 1; idempotent: false }
  'bank.search': { input: BankSearchInput; answer: BankSearchAnswer; class: 'protected'; version: 1; idempotent: false }
  'batch.drop': { input: BatchDropInput; answer: BatchDropAnswer; class: 'protected'; version: 1; idempotent: false }
  'batch.get': { input: BatchGetInput; answer: BatchGetAnswer; class: 'protected'; version: 1; idempotent: false }
  'batch.list': { input: BatchListInput; answer: BatchListAnswer; class: 'protected'; version: 1; idempotent: false }
  'batch.prepare': { input: BatchPrepareInput; answer: BatchPrepareAnswer; class: 'private'; version: 1; idempotent: true }
  'batch.rows': { input: BatchRowsInput; answer: BatchRowsAnswer; class: 'protected'; version: 1; idempotent: false }
  'batch.start': { input: BatchStartInput; answer: BatchStartAnswer; class: 'protected'; version: 1; idempotent: false }
  'cert.apply.prepare': { input: CertApplyPrepareInput; answer: CertApplyPrepareAnswer; class: 'private'; version: 1; idempotent: true }
  'cert.get': { input: CertGetInput; answer: CertGetAnswer; class: 'protected'; version: 1; idempotent: false }
  'cert.issue': { input: CertIssueInput; answer: CertIssueAnswer; class: 'private'; version: 1; idempotent: false }
  'cert.revoke': { input: CertRevokeInput; answer: CertRevokeAnswer; class: 'private'; version: 1; idempotent: false }
  'data.reveal.prepare': { input: DataRevealPrepareInput; answer: DataRevealPrepareAnswer; class: 'private'; version: 1; idempotent: true }
  'device.bind.prepare': { input: DeviceBindPrepareInput; answer: DeviceBindPrepareAnswer; class: 'private'; version: 1; idempotent: true }
  'device.found.prepare': { input: DeviceFoundPrepareInput; answer: DeviceFoundPrepareAnswer; class: 'private'; version: 1; idempotent: true }
  'device.list': { input: DeviceListInput; answer: DeviceListAnswer; class: 'protected'; version: 1; idempotent: false }
  'device.lost': { input: DeviceLostInput; answer: DeviceLostAnswer; class: 'protected'; version: 1; idempotent: false }
  'device.rename': { input: DeviceRenameInput; answer: DeviceRenameAnswer; class: 'protected'; version: 1; idempotent: false }
  'device.unbind': { input: DeviceUnbindInput; answer: DeviceUnbindAnswer; class: 'protected'; version: 1; idempotent: false }
  'document.check': { input: DocumentCheckInput; answer: DocumentCheckAnswer; class: 'public'; version: 1; idempotent: false }
  'document.get': { input: DocumentGetInput; answer: DocumentGetAnswer; class: 'protected'; version: 1; idempotent: false }
  'face.agree.prepare': { input: FaceAgreePrepareInput; answer: FaceAgreePrepareAnswer; class: 'private'; version: 1; idempotent: true }
  'face.enrol.begin': { input: FaceEnrolBeginInput; answer: FaceEnrolBeginAnswer; class: 'private'; version: 1; idempotent: false }
  'face.enrol.finish': { input: FaceEnrolFinishInput; answer: FaceEnrolFinishAnswer; class: 'private'; version: 1; idempotent: false }
  'face.frame': { input: FaceFrameInput; answer: FaceFrameAnswer; class: 'public'; version: 1; idempotent: false }
  'face.get': { input: FaceGetInput; answer: FaceGetAnswer; class: 'protected'; version: 1; idempotent: false }
  'face.withdraw': { input: FaceWithdrawInput; answer: FaceWithdrawAnswer; class: 'private'; version: 1; idempotent: false }
  'gesture.off': { input: GestureOffInput; answer: GestureOffAnswer; class: 'protected'; version: 1; idempotent: false }
  'gesture.set.prepare': { input: GestureSetPrepareInput; answer: GestureSetPrepareAnswer; class: 'private'; version: 1; idempotent: true }
  'limit.get': { input: LimitGetInput; answer: LimitGetAnswer; class: 'protected'; version: 1; idempotent: false }
  'limit.lower': { input: LimitLowerInput; answer: LimitLowerAnswer; class: 'private'; version: 1; idempotent: false }
  'limit.raise.prepare': { input: LimitRaisePrepareInput; answer: LimitRaisePrepareAnswer; class: 'private'; version: 1; idempotent: true }
  'message.list': { input: MessageListInput; answer: MessageListAnswer; class: 'protected'; version: 1; idempotent: false }
  'message.read': { input: MessageReadInput; answer: MessageReadAnswer; class: 'protected'; version: 1; idempotent: false }
  'order.cancel': { input: OrderCancelInput; answer: OrderCancelAnswer; class: 'private'; version: 1; idempotent: false }
  'order.confirm': { input: OrderConfirmInput; answer: OrderConfirmAnswer; class: 'private'; version: 1; idempotent: false }
  'order.factor.begin': { input: OrderFactorBeginInput; answer: OrderFactorBeginAnswer; class: 'private'; version: 1; idempotent: false }
  'order.factor.verify': { input: OrderFactorVerifyInput; answer: OrderFactorVerifyAnswer; class: 'private'; version: 1; idempotent: false }
  'order.factors.choose': { input: OrderFactorsChooseInput; answer: OrderFactorsChooseAnswer; class: 'private'; version: 1; idempotent: false }
  'order.get': { input: OrderGetInput; answer: OrderGetAnswer; class: 'private'; version: 1; idempotent: false }
  'order.list': { input: OrderListInput; answer: OrderListAnswer; class: 'private'; version: 1; idempotent: false }
  'order.receipt': { input: OrderReceiptInput; answer: OrderReceiptAnswer; class: 'protected'; version: 1; idempotent: false }
  'passkey.begin': { input: PasskeyBeginInput; answer: PasskeyBeginAnswer; class: 'private'; version: 1; idempotent: false }
  'passkey.list': { input: PasskeyListInput; answer: PasskeyListAnswer; class: 'protected'; version: 1; idempotent: false }
  'passkey.remove': { input: PasskeyRemoveInput; answer: PasskeyRemoveAnswer; class: 'protected'; version: 1; idempotent: false }
  'passkey.rename': { input: PasskeyRenameInput; answer: PasskeyRenameAnswer; class: 'protected'; version: 1; idempotent: false }
  'passkey.set.prepare': { input: PasskeySetPrepareInput; answer: PasskeySetPrepareAnswer; class: 'private'; version: 1; idempotent: true }
  'password.change.finish': { input: PasswordChangeFinishInput; answer: PasswordChangeFinishAnswer; class: 'protected'; version: 1; idempotent: false }
  'password.change.start': { input: PasswordChangeStartInput; answer: PasswordChangeStartAnswer; class: 'protected'; version: 1; idempotent: false }
  'password.reset.face.finish': { input: PasswordResetFaceFinishInput; answer: PasswordResetFaceFinishAnswer; class: 'public'; version: 1; idempotent: false }
  'password.reset.face.start': { input: PasswordResetFaceStartInput; answer: PasswordResetFaceStartAnswer; class: 'public'; version: 1; idempotent: false }
  'password.reset.finish': { input: PasswordResetFinishInput; answer: PasswordResetFinishAnswer; class: 'public'; version: 1; idempotent: false }
  'password.reset.start': { input: PasswordResetStartInput; answer: PasswordResetStartAnswer; class: 'public'; version: 1; idempotent: false }
  'pay_password.get': { input: PayPasswordGetInput; answer: PayPasswordGetAnswer; class: 'protected'; version: 1; idempotent: false }
  'pay_password.set.prepare': { input: PayPasswordSetPrepareInput; answer: PayPasswordSetPrepareAnswer; class: 'private'; version: 1; idempotent: true }
  'pay_password.unlock.prepare': { input: PayPasswordUnlockPrepareInput; answer: PayPasswordUnlockPrepareAnswer; class: 'private'; version: 1; idempotent: true }
  'payee.add': { input: PayeeAddInput; answer: PayeeAddAnswer; class: 'protected'; version: 1; idempotent: true }
  'payee.list': { input: PayeeListInput; answer: PayeeListAnswer; class: 'protected'; version: 1; idempotent: false }
  'payee.remove': { input: PayeeRemoveInput; answer: PayeeRemoveAnswer; class: 'protected'; version: 1; idempotent: false }
  'phone.bind.prepare': { input: PhoneBindPrepareInput; answer: PhoneBindPrepareAnswer; class: 'private'; version: 1; idempotent: true }
  'phone.bindings': { input: PhoneBindingsInput; answer: PhoneBindingsAnswer; class: 'protected'; version: 1; idempotent: false }
  'phone.lookup': { input: PhoneLookupInput; answer: PhoneLookupAnswer; class: 'protected'; version: 1; idempotent: false }
  'phone.unbind.prepare': { input: PhoneUnbindPrepareInput; answer: PhoneUnbindPrepareAnswer; class: 'private'; version: 1; idempotent: true }
  'preference.get': { input: PreferenceGetInput; answer: PreferenceGetAnswer; class: 'protected'; version: 1; idempotent: false }
  'preference.lower.prepare': { input: PreferenceLowerPrepareInput; answer: PreferenceLowerPrepareAnswer; class: 'private'; version: 1; idempotent: true }
  'preference.set': { input: PreferenceSetInput; answer: PreferenceSetAnswer; class: 'private'; version: 1; idempotent: false }
  'profile.get': { input: ProfileGetInput; answer: ProfileGetAnswer; class: 'protected'; version: 1; idempotent: false }
  'register.factor.begin': { input: RegisterFactorBeginInput; answer: RegisterFactorBeginAnswer; class: 'public'; version: 1; idempotent: false }
  'register.finish': { input: RegisterFinishInput; answer: RegisterFinishAnswer; class: 'public'; version: 1; idempotent: false }
  'register.rules': { input: RegisterRulesInput; answer: RegisterRulesAnswer; class: 'public'; version: 1; idempotent: false }
  'register.start': { input: RegisterStartInput; answer: RegisterStartAnswer; class: 'public'; version: 1; idempotent: false }
  'reveal.get': { input: RevealGetInput; answer: RevealGetAnswer; class: 'private'; version: 1; idempotent: false }
  'schedule.calendar': { input: ScheduleCalendarInput; answer: ScheduleCalendarAnswer; class: 'protected'; version: 1; idempotent: false }
  'schedule.get': { input: ScheduleGetInput; answer: ScheduleGetAnswer; class: 'protected'; version: 1; idempotent: false }
  'schedule.list': { input: ScheduleListInput; answer: ScheduleListAnswer; class: 'protected'; version: 1; idempotent: false }
  'schedule.prepare': { input: SchedulePrepareInput; answer: SchedulePrepareAnswer; class: 'private'; version: 1; idempotent: true }
  'schedule.skip_next': { input: ScheduleSkipNextInput; answer: ScheduleSkipNextAnswer; class: 'protected'; version: 1; idempotent: false }
  'schedule.stop': { input: ScheduleStopInput; answer: ScheduleStopAnswer; class: 'protected'; version: 1; idempotent: false }
  'session.background': { input: SessionBackgroundInput; answer: SessionBackgroundAnswer; class: 'protected'; version: 1; idempotent: false }
  'session.end_others': { input: SessionEndOthersInput; answer: SessionEndOthersAnswer; class: 'protected'; version: 1; idempotent: false }
  'session.list': { input: SessionListInput; answer: SessionListAnswer; class: 'protected'; version: 1; idempotent: false }
  'statement.make': { input: StatementMakeInput; answer: StatementMakeAnswer; class: 'protected'; version: 1; idempotent: false }
  'token.activate': { input: TokenActivateInput; answer: TokenActivateAnswer; class: 'private'; version: 1; idempotent: false }
  'token.get': { input: TokenGetInput; answer: TokenGetAnswer; class: 'protected'; version: 1; idempotent: false }
  'token.lost': { input: TokenLostInput; answer: TokenLostAnswer; class: 'protected'; version: 1; idempotent: false }
  'token.sync': { input: TokenSyncInput; answer: TokenSyncAnswer; class: 'private'; version: 1; idempotent: false }
  'transfer.prepare': { input: TransferPrepareInput; answer: TransferPrepareAnswer; class: 'private'; version: 1; idempotent: true }
  'transfer.routes': { input: TransferRoutesInput; answer: TransferRoutesAnswer; class: 'protected'; version: 1; idempotent: false }
}
export type ApiName = keyof Apis
