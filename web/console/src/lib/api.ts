/** The staff door over HTTP: one POST per call, the session in a cookie that scripts cannot read. */

export class ApiError extends Error {
  override readonly name = 'ApiError'
  constructor(
    readonly code: string,
    message: string,
    readonly trace = '',
    readonly fields: readonly string[] = [],
    /** Some refusals carry findings, as a broken chain does. */
    readonly body: Readonly<Record<string, unknown>> | null = null,
  ) {
    super(message)
  }
}

export interface ApiHooks {
  /** The session ended. Resolves to true when the same person logged in again. */
  relogin: () => Promise<boolean>
  /** The page's token is not the cookie's. Resolves to true when a new one of the same person is in place. */
  renew: () => Promise<boolean>
  /** A call of a living session was answered: the server counts its idle time from here. */
  answered: () => void
}

/** These stand outside a session, or find out about it: they are never repeated under a new one. */
const SESSION_APIS: ReadonlySet<string> = new Set(['staff.login', 'staff.session', 'staff.logout'])
const TIMEOUT_MS = 30_000
const LONG_TIMEOUT_MS = 300_000
const LONG_APIS: ReadonlySet<string> = new Set(['audit.verify', 'ledger.verify'])

interface Wire {
  code?: unknown
  message?: unknown
  trace?: unknown
  fields?: unknown
  body?: unknown
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function object(value: unknown): Record<string, unknown> | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : null
}

function failure(wire: Wire): ApiError {
  const fields = Array.isArray(wire.fields) ? wire.fields.filter((f): f is string => typeof f === 'string') : []
  return new ApiError(text(wire.code), text(wire.message), text(wire.trace), fields, object(wire.body))
}

export class ApiClient {
  private csrf = ''
  private hooks: ApiHooks | null = null

  constructor(private readonly send: typeof fetch = (...args) => fetch(...args)) {}

  use(hooks: ApiHooks): void {
    this.hooks = hooks
  }

  setCsrf(token: string): void {
    this.csrf = token
  }

  /**
   * A call refused for want of a session or of its token was not carried out, so it may be made again under a new one,
   * once, and only for the person who made it.
   */
  async call<T>(api: string, body: object = {}): Promise<T> {
    try {
      return await this.once<T>(api, body)
    } catch (e) {
      if (!(e instanceof ApiError) || this.hooks === null || SESSION_APIS.has(api)) throw e
      if (e.code === 'LOGIN_REQUIRED' && (await this.hooks.relogin())) return this.once<T>(api, body)
      if (e.code === 'MUST_CHANGE_PASSWORD') void this.hooks.renew()
      if (e.code === 'CSRF_BAD' && (await this.hooks.renew())) return this.once<T>(api, body)
      throw e
    }
  }

  private async once<T>(api: string, body: object): Promise<T> {
    const wire = await this.exchange(api, body)
    if (wire.code !== 'OK') throw failure(wire)
    if (!SESSION_APIS.has(api)) this.hooks?.answered()
    return (object(wire.body) ?? {}) as T
  }

  private async exchange(api: string, body: object): Promise<Wire> {
    const headers: Record<string, string> = { 'Content-Type': 'application/json' }
    if (this.csrf !== '') headers['X-CSRF-Token'] = this.csrf
    const abort = new AbortController()
    const timer = setTimeout(() => abort.abort(), LONG_APIS.has(api) ? LONG_TIMEOUT_MS : TIMEOUT_MS)
    try {
      const response = await this.send(`/api/${api}`, {
        method: 'POST',
        headers,
        body: JSON.stringify(body),
        credentials: 'same-origin',
        cache: 'no-store',
        redirect: 'error',
        signal: abort.signal,
      })
      return await readWire(response)
    } catch (e) {
      if (e instanceof ApiError) throw e
      throw new ApiError('NETWORK', '')
    } finally {
      clearTimeout(timer)
    }
  }
}

/** Every answer of the door is JSON with a code; anything else came from something in between. */
async function readWire(response: Response): Promise<Wire> {
  const wire = object(await response.json().catch(() => null))
  if (wire === null || text(wire.code) === '') throw new ApiError(response.status >= 500 ? 'BUSY' : 'NETWORK', '')
  return wire
}

export const client = new ApiClient()
