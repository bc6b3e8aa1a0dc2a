/**
 * The ZSC/1 client: hello, sequence numbers, retries, rotation and resume. One instance per page.
 *
 * Invariants: a seq is used for one encryption only; nothing else is in flight while a login rotates
 * the session; a call whose outcome is unknown is repeated under the next seq with the same id, and
 * only if repeating it is harmless.
 */
import { base64, base64url, fromUtf8, random, utf8, wipe } from './bytes'
import { isRepeatable, type ApiIn, type ApiName, type ApiOut, type DeviceProof } from './api'
import type { KeyPair } from './sm'
import * as zsc1 from './zsc1'

export interface Device {
  key: KeyPair
  name: string
  os: string
  fingerprint: string
}

export interface Options {
  serverKey: zsc1.ServerKey
  device: () => Promise<Device>
  /** Prefix of the two paths; empty for the same origin. */
  base?: string
  fetch?: typeof fetch
  now?: () => number
  sleep?: (ms: number) => Promise<void>
  timeoutMs?: number
  /** The login is gone (ended elsewhere, timed out, logged out). */
  onLoginLost?: () => void
  /** The login or its resume keys changed; null when it ended. */
  onLoginChanged?: (login: Login | null) => void
}

export interface Login {
  loginId: string
  /** Newest first; more than one only after a lost resume answer. */
  resumeKeys: Uint8Array[]
}

export interface CallOptions {
  /** Idempotency key, where the API asks for one. */
  id?: string
}

/** A call that was answered with something else than OK, or could not be answered. */
export class ApiError extends Error {
  constructor(
    readonly code: string,
    message = code,
    readonly fields: readonly string[] = [],
    readonly trace = '',
    readonly body: Record<string, unknown> = {},
  ) {
    super(message)
    this.name = 'ApiError'
  }
}

/** Codes that arise in the client. */
export const NETWORK = 'NETWORK'
export const OUTCOME_UNKNOWN = 'OUTCOME_UNKNOWN'

interface Channel {
  handshake: zsc1.Handshake
  seq: number
  inFlight: number
  bornAt: number
  /** No longer used; its keys go when the last call on it has ended. */
  retired: boolean
}

type Reply =
  | { kind: 'answer'; answer: Answer }
  | { kind: 'refused'; code: string }
  | { kind: 'unknown' }

interface Answer {
  code: string
  message?: string
  trace?: string
  fields?: string[]
  body?: Record<string, unknown>
}

/**
 * Whether the server may have acted although no answer came. A browser may itself send a request again
 * on a broken connection; then the second copy is answered as a replay or on a session that is gone.
 */
function mayHaveActed(reply: Reply): boolean {
  if (reply.kind === 'refused') return reply.code === 'CHANNEL_EXPIRED' || reply.code === 'CHANNEL_REPLAY'
  return reply.kind === 'unknown'
}

const RETRIES = 3
const BACKOFF_MS = [200, 600, 1500]
const MAX_RESUME_KEYS = 3
const LIFETIME_MARGIN_MS = 30_000
const OCTETS = 'application/octet-stream'

export function newIdempotencyKey(): string {
  return base64url(random(24))
}

function parseAnswer(plain: Uint8Array): Answer | null {
  try {
    const value: unknown = JSON.parse(fromUtf8(plain))
    if (typeof value !== 'object' || value === null) return null
    return typeof (value as Answer).code === 'string' ? (value as Answer) : null
  } catch {
    return null
  }
}

async function refusalCode(response: Response): Promise<string | null> {
  try {
    const value: unknown = JSON.parse((await response.text()).slice(0, 1024))
    const code = (value as { code?: unknown } | null)?.code
    return typeof code === 'string' && /^[A-Z_]{2,40}$/.test(code) ? code : null
  } catch {
    return null
  }
}

export class ZscClient {
  private channel: Channel | null = null
  private connecting: Promise<Channel> | null = null
  private gate: Promise<unknown> | null = null
  private login: Login | null = null
  private clockOffset = 0

  private readonly fetch: typeof fetch
  private readonly now: () => number
  private readonly sleep: (ms: number) => Promise<void>

  constructor(private readonly options: Options) {
    this.fetch = options.fetch ?? ((input, init) => globalThis.fetch(input, init))
    this.now = options.now ?? Date.now
    this.sleep = options.sleep ?? ((ms) => new Promise((done) => setTimeout(done, ms)))
  }

  get loggedIn(): boolean {
    return this.login !== null
  }

  /** The server's clock, as far as the last hello told. */
  serverNow(): number {
    return this.now() + this.clockOffset
  }

  /** Takes up a login kept from before a reload; the first call resumes it. */
  restore(login: Login): void {
    this.login = login
    this.drop()
  }

  /** Wipes the channel and the login; the server is not told. */
  forget(): void {
    for (const key of this.login?.resumeKeys ?? []) wipe(key)
    const had = this.login !== null
    this.login = null
    this.drop()
    if (had) this.options.onLoginChanged?.(null)
  }

  /** Says hello if there is no channel yet, so that the first call need not wait for it. */
  async connect(): Promise<void> {
    await this.ready()
  }

  async call<N extends ApiName>(api: N, body: ApiIn<N>, options: CallOptions = {}): Promise<ApiOut<N>> {
    const message = { api, body, ...(options.id === undefined ? {} : { id: options.id }) }
    return this.checked(await this.send(message)) as ApiOut<N>
  }

  /**
   * `auth.login.start` with the device's proof for the channel it travels on. Never sent twice: the
   * proof and the password's challenge belong to this one channel.
   */
  async loginStart(
    input: Omit<ApiIn<'auth.login.start'>, 'device'>,
  ): Promise<ApiOut<'auth.login.start'>> {
    return this.callWithProof('auth.login.start', input)
  }

  /** A forgotten password: like a login, begun by a device that proves its key on this channel. */
  async resetStart(
    input: Omit<ApiIn<'password.reset.start'>, 'device'>,
  ): Promise<ApiOut<'password.reset.start'>> {
    return this.callWithProof('password.reset.start', input)
  }

  /** The same by face instead of the transaction password: draws the actions. */
  async resetFaceStart(
    input: Omit<ApiIn<'password.reset.face.start'>, 'device'>,
  ): Promise<ApiOut<'password.reset.face.start'>> {
    return this.callWithProof('password.reset.face.start', input)
  }

  /** Quick login: the bound device proves its key. */
  async quickStart(factor: 'gesture' | 'passkey'): Promise<ApiOut<'auth.quick.start'>> {
    return this.callWithProof('auth.quick.start', { factor })
  }

  /** A registration: begun by a device that proves its key on this channel. */
  async registerStart(input: Omit<ApiIn<'register.start'>, 'device'>): Promise<ApiOut<'register.start'>> {
    return this.callWithProof('register.start', input)
  }

  /** Finishes the login and rotates the session. */
  async loginFinish(input: ApiIn<'auth.login.finish'>): Promise<ApiOut<'auth.login.finish'>> {
    return this.finishWith('auth.login.finish', input)
  }

  async quickFinish(input: ApiIn<'auth.quick.finish'>): Promise<ApiOut<'auth.quick.finish'>> {
    return this.finishWith('auth.quick.finish', input)
  }

  async quickPasskey(input: ApiIn<'auth.quick.passkey'>): Promise<ApiOut<'auth.quick.passkey'>> {
    return this.finishWith('auth.quick.passkey', input)
  }

  /** The carrier's token instead of the code by SMS. */
  async loginCarrier(input: ApiIn<'auth.login.carrier'>): Promise<ApiOut<'auth.login.carrier'>> {
    return this.finishWith('auth.login.carrier', input)
  }

  private async finishWith<N extends 'auth.login.finish' | 'auth.login.carrier' | 'auth.quick.finish' | 'auth.quick.passkey'>(api: N, input: ApiIn<N>): Promise<ApiOut<N>> {
    const channel = await this.ready()
    return this.exclusively(channel, async () => {
      const rotated = zsc1.rotate(channel.handshake, input.login_id)
      const reply = await this.exchange(channel, { api, body: input })
      if (reply.kind === 'refused' && !mayHaveActed(reply)) this.refused(reply.code, channel)
      if (reply.kind === 'answer') {
        const facts = this.checked(reply.answer)
        this.adopt(rotated, input.login_id)
        return facts as unknown as ApiOut<N>
      }
      const facts = await this.askRotated(rotated)
      if (facts === null && reply.kind === 'refused') this.refused(reply.code, channel)
      if (facts === null) throw new ApiError(OUTCOME_UNKNOWN)
      this.adopt(rotated, input.login_id)
      return facts as unknown as ApiOut<N>
    })
  }

  async logout(): Promise<void> {
    try {
      if (this.login !== null) await this.call('auth.logout', {})
    } finally {
      this.forget()
    }
  }

  /* ---- sending ---- */

  private async send(message: { api: string; body: unknown; id?: string }): Promise<Answer> {
    let skewRetried = false
    for (let attempt = 0; ; attempt++) {
      const channel = await this.ready()
      const reply = await this.exchange(channel, message)
      const last = attempt + 1 >= RETRIES
      if (reply.kind === 'answer') {
        if (reply.answer.code !== 'CLOCK_SKEW' || skewRetried) return reply.answer
        skewRetried = true
        await this.reconnectFrom(channel)
      } else if (reply.kind === 'refused' && reply.code === 'CHANNEL_EXPIRED') {
        if (last) throw new ApiError('CHANNEL_EXPIRED')
        await this.reconnectFrom(channel)
      } else if (reply.kind === 'refused' && reply.code === 'CHANNEL_BUSY') {
        if (last) throw new ApiError('BUSY')
        await this.sleep(BACKOFF_MS[attempt]!)
      } else if (reply.kind === 'refused' && reply.code !== 'CHANNEL_REPLAY') {
        this.refused(reply.code, channel)
      } else {
        if (last || !isRepeatable(message.api)) throw new ApiError(OUTCOME_UNKNOWN)
        await this.sleep(BACKOFF_MS[attempt]!)
      }
    }
  }

  private async exchange(
    channel: Channel,
    message: { api: string; body: unknown; id?: string },
  ): Promise<Reply> {
    const seq = ++channel.seq
    const { keys } = channel.handshake
    const plain = utf8(
      JSON.stringify({ api: message.api, v: 1, t: this.serverNow(), id: message.id, body: message.body }),
    )
    const body = zsc1.seal(keys, seq, plain)
    wipe(plain)
    channel.inFlight++
    try {
      const response = await this.post('/zsc/1/call', body, {
        'ZSC-Session': zsc1.sessionHeader(keys),
        'ZSC-Seq': String(seq),
      })
      return await this.readReply(keys, seq, response)
    } catch {
      return { kind: 'unknown' } // lost on the way there or back
    } finally {
      channel.inFlight--
      if (channel.retired) this.retire(channel)
    }
  }

  private async readReply(keys: zsc1.Keys, seq: number, response: Response): Promise<Reply> {
    if (response.status === 200 && response.headers.get('ZSC-Seq') === String(seq)) {
      const plain = zsc1.open(keys, seq, new Uint8Array(await response.arrayBuffer()))
      const answer = plain === null ? null : parseAnswer(plain)
      wipe(plain)
      return answer === null ? { kind: 'unknown' } : { kind: 'answer', answer }
    }
    const code = await refusalCode(response)
    if (code === null || response.status >= 500) return { kind: 'unknown' }
    return { kind: 'refused', code }
  }

  private async post(path: string, body: Uint8Array, headers: Record<string, string>): Promise<Response> {
    const abort = new AbortController()
    const timer = setTimeout(() => abort.abort(), this.options.timeoutMs ?? 20_000)
    try {
      return await this.fetch((this.options.base ?? '') + path, {
        method: 'POST',
        body: body as BodyInit,
        headers: { 'Content-Type': OCTETS, ...headers },
        cache: 'no-store',
        credentials: 'omit',
        redirect: 'error',
        signal: abort.signal,
      })
    } finally {
      clearTimeout(timer)
    }
  }

  private refused(code: string, channel: Channel): never {
    if (this.channel === channel) this.drop()
    throw new ApiError(code)
  }

  private checked(answer: Answer): Record<string, unknown> {
    if (answer.code === 'OK') return answer.body ?? {}
    if (answer.code === 'LOGIN_REQUIRED' && this.login !== null) this.loseLogin()
    throw new ApiError(answer.code, answer.message, answer.fields, answer.trace, answer.body)
  }

  private loseLogin(): void {
    this.forget()
    this.options.onLoginLost?.()
  }

  /* ---- the channel ---- */

  private drop(): void {
    if (this.channel !== null) this.retire(this.channel)
    this.channel = null
  }

  private retire(channel: Channel): void {
    channel.retired = true
    if (channel.inFlight === 0) zsc1.wipeHandshake(channel.handshake)
  }

  private async ready(): Promise<Channel> {
    while (this.gate !== null) await this.gate.catch(() => undefined)
    const channel = this.channel
    if (channel !== null && !this.outlived(channel)) return channel
    if (channel !== null && this.connecting === null) this.drop()
    return this.connectOnce()
  }

  private outlived(channel: Channel): boolean {
    const age = this.now() - channel.bornAt
    return age > Math.max(1000, channel.handshake.lifetimeS * 1000 - LIFETIME_MARGIN_MS)
  }

  private connectOnce(): Promise<Channel> {
    this.connecting ??= this.establish().finally(() => {
      this.connecting = null
    })
    return this.connecting
  }

  /** Another call may have reconnected already. */
  private async reconnectFrom(channel: Channel): Promise<void> {
    if (this.channel === channel) this.drop()
    await this.ready()
  }

  private async establish(): Promise<Channel> {
    let channel = await this.hello()
    if (this.login !== null) channel = await this.resume(channel, this.login)
    this.channel = channel
    return channel
  }

  private async hello(): Promise<Channel> {
    for (let attempt = 0; ; attempt++) {
      const request = zsc1.helloRequest(this.options.serverKey.id)
      const sentAt = this.now()
      const response = await this.post('/zsc/1/hello', request.bytes, {}).catch(() => null)
      const body = response?.status === 200 ? new Uint8Array(await response.arrayBuffer()) : null
      if (body !== null) {
        const handshake = zsc1.helloFinish(this.options.serverKey, request, body)
        const bornAt = this.now()
        this.clockOffset = Math.round(handshake.timeMs - (sentAt + bornAt) / 2)
        return { handshake, seq: 0, inFlight: 0, bornAt, retired: false }
      }
      wipe(request.eph.privateKey)
      const code = response === null ? null : await refusalCode(response)
      const busy = code === null || code === 'CHANNEL_BUSY'
      if (!busy || attempt + 1 >= RETRIES)
        throw new ApiError(busy ? (code === null ? NETWORK : 'BUSY') : code)
      await this.sleep(BACKOFF_MS[attempt]!)
    }
  }

  /** Moves the login to a new channel; without success the channel stays anonymous or the call fails. */
  private async resume(channel: Channel, login: Login): Promise<Channel> {
    const rotated = zsc1.rotate(channel.handshake, login.loginId)
    for (const key of [...login.resumeKeys]) {
      const body: ApiIn<'auth.resume'> = {
        login_id: login.loginId,
        proof: zsc1.resumeProof(key, channel.handshake.th),
        device: await this.deviceProof(channel),
      }
      const reply = await this.exchange(channel, { api: 'auth.resume', body })
      if (mayHaveActed(reply)) return this.afterLostResume(rotated, login)
      if (reply.kind === 'refused') throw new ApiError(reply.code)
      if (reply.kind !== 'answer') continue
      if (reply.answer.code === 'OK') return this.adopt(rotated, login.loginId)
      if (reply.answer.code !== 'LOGIN_REQUIRED') this.checked(reply.answer)
    }
    this.loseLogin()
    throw new ApiError('LOGIN_REQUIRED')
  }

  /** The answer to a resume was lost: the new session may exist, or only its key may count next time. */
  private async afterLostResume(rotated: zsc1.Rotated, login: Login): Promise<Channel> {
    const facts = await this.askRotated(rotated).catch(() => null)
    if (facts !== null) return this.adopt(rotated, login.loginId)
    login.resumeKeys = [rotated.kRes, ...login.resumeKeys].slice(0, MAX_RESUME_KEYS)
    this.options.onLoginChanged?.(login)
    throw new ApiError(NETWORK)
  }

  /** Asks for the session on the rotated id; null when it is not there or cannot be reached. */
  private async askRotated(rotated: zsc1.Rotated): Promise<Record<string, unknown> | null> {
    const probe = this.channelOf(rotated)
    for (let attempt = 0; attempt < RETRIES; attempt++) {
      const reply = await this.exchange(probe, { api: 'auth.session', body: {} })
      if (reply.kind === 'answer') {
        rotated.probeSeq = probe.seq
        return reply.answer.code === 'OK' ? (reply.answer.body ?? {}) : null
      }
      if (reply.kind === 'refused' && reply.code !== 'CHANNEL_BUSY') return null
      await this.sleep(BACKOFF_MS[attempt]!)
    }
    return null
  }

  private channelOf(rotated: zsc1.Rotated): Channel {
    const seq = rotated.probeSeq ?? 0
    return { handshake: rotated.handshake, seq, inFlight: 0, bornAt: this.now(), retired: false }
  }

  private adopt(rotated: zsc1.Rotated, loginId: string): Channel {
    this.drop()
    this.login = { loginId, resumeKeys: [rotated.kRes] }
    this.channel = this.channelOf(rotated)
    this.options.onLoginChanged?.(this.login)
    return this.channel
  }

  /** Runs `work` with no other call in flight on the channel and none started meanwhile. */
  private async exclusively<T>(channel: Channel, work: () => Promise<T>): Promise<T> {
    const run = (async () => {
      do await this.sleep(20) // at least once: a call may hold the channel and not have begun
      while (channel.inFlight > 0)
      return work()
    })()
    this.gate = run
    try {
      return await run
    } finally {
      this.gate = null
    }
  }

  private async callWithProof<N extends 'auth.login.start' | 'password.reset.start' | 'password.reset.face.start' | 'auth.quick.start' | 'register.start'>(
    api: N,
    input: Omit<ApiIn<N>, 'device'>,
  ): Promise<ApiOut<N>> {
    const channel = await this.ready()
    const device = await this.deviceProof(channel)
    const reply = await this.exchange(channel, { api, body: { ...input, device } })
    if (reply.kind === 'refused' && reply.code !== 'CHANNEL_REPLAY') this.refused(reply.code, channel)
    if (reply.kind !== 'answer') throw new ApiError(OUTCOME_UNKNOWN)
    return this.checked(reply.answer) as ApiOut<N>
  }

  private async deviceProof(channel: Channel): Promise<DeviceProof> {
    const { key, name, os, fingerprint } = await this.options.device()
    return {
      name,
      os,
      fingerprint,
      public_key: base64(key.publicKey),
      sig: zsc1.deviceProof(key, channel.handshake.th),
    }
  }
}
