/** A small ZSC/1 server for tests: one node, honest crypto, faults on demand. */
import { base64url, concat, equal, fromBase64, fromUtf8, random, utf8 } from '../src/bytes'
import * as sm from '../src/sm'

interface Session {
  keys: { kC2s: Uint8Array; ivC2s: Uint8Array; kS2c: Uint8Array; ivS2c: Uint8Array; id: Uint8Array }
  th: Uint8Array
  prk: Uint8Array
  seen: Set<string>
  loginId: string | null
}

export interface Call {
  api: string
  id?: string
  t: number
  body: Record<string, unknown>
  seq: string
}

export type Fault = 'lost-request' | 'lost-answer' | 'replay' | 'busy' | 'http-502' | 'forged' | 'wrong-seq' | 'sent-twice'
export type Handler = (call: Call) => { code: string; body?: unknown; [key: string]: unknown }

export class TestServer {
  readonly key = sm.newKeyPair()
  readonly calls: Call[] = []
  readonly handlers: Record<string, Handler> = {}
  /** Taken from the front, one a call, by API name ("*" = any). */
  readonly faults: [string, Fault][] = []
  sessions = new Map<string, Session>()
  logins = new Map<string, Uint8Array>()
  hellos = 0
  timeMs = () => Date.now()
  forgeHello = false

  fetch: typeof fetch = async (input, init) => {
    const path = String(input)
    const body = new Uint8Array(init!.body as Uint8Array)
    if (path.endsWith('/hello')) return this.hello(body)
    return this.call(body, new Headers(init!.headers))
  }

  private hello(request: Uint8Array): Response {
    this.hellos++
    const eph = sm.newKeyPair()
    const head = new Uint8Array(19)
    head.set(utf8('ZSC1'))
    head.set([1, 0, 7], 4)
    new DataView(head.buffer).setUint32(7, 3600)
    new DataView(head.buffer).setBigUint64(11, BigInt(this.timeMs()))
    const part = concat(head, random(32), eph.publicKey)
    const th = sm.sm3(concat(utf8('ZSC1 transcript'), this.key.publicKey, request, part))
    const signer = this.forgeHello ? sm.newKeyPair() : this.key
    const signature = sm.sign(signer, concat(utf8('ZSC1 server hello'), th))
    const prk = sm.hkdfExtract(th, sm.ecdhX(eph.privateKey, request.subarray(40)))
    this.add(th, prk)
    return new Response(concat(part, signature) as BodyInit, { status: 200 })
  }

  private add(th: Uint8Array, prk: Uint8Array, loginId: string | null = null): void {
    const expand = (label: string, n: number) => sm.hkdfExpand(prk, utf8(label), n)
    const id = expand('zsc1 session id', 16)
    id[0] = (7 << 2) | (id[0]! & 3)
    const keys = {
      kC2s: expand('zsc1 c2s key', 16),
      ivC2s: expand('zsc1 c2s iv', 12),
      kS2c: expand('zsc1 s2c key', 16),
      ivS2c: expand('zsc1 s2c iv', 12),
      id,
    }
    this.sessions.set(base64url(id), { keys, th, prk, seen: new Set(), loginId })
  }

  private refuse(status: number, code: string): Response {
    return new Response(JSON.stringify({ code }), { status })
  }

  private async call(sealed: Uint8Array, headers: Headers): Promise<Response> {
    const sid = headers.get('ZSC-Session')!
    const seq = headers.get('ZSC-Seq')!
    const session = this.sessions.get(sid)
    if (session === undefined) return this.refuse(401, 'CHANNEL_EXPIRED')
    const { keys } = session
    const s = new Uint8Array(8)
    new DataView(s.buffer).setBigUint64(0, BigInt(seq))
    const nonce = (iv: Uint8Array) => iv.map((b, i) => (i < 4 ? b : b ^ s[i - 4]!))
    const aad = concat(utf8('ZSC1'), keys.id, s)
    const plain = sm.gcmOpen(keys.kC2s, nonce(keys.ivC2s), aad, sealed)
    if (plain === null) return this.refuse(400, 'CHANNEL_BAD')
    if (session.seen.has(seq)) throw new Error(`seq ${seq} used twice`)
    session.seen.add(seq)
    const call = { ...(JSON.parse(fromUtf8(plain)) as Call), seq }
    const fault = this.takeFault(call.api)
    if (fault === 'lost-request') throw new TypeError('network')
    if (fault === 'replay') return this.refuse(409, 'CHANNEL_REPLAY')
    if (fault === 'busy') return this.refuse(429, 'CHANNEL_BUSY')
    this.calls.push(call)
    const answer = this.answer(call, session, sid)
    if (fault === 'lost-answer') throw new TypeError('network')
    if (fault === 'sent-twice')
      return this.sessions.has(sid) ? this.refuse(409, 'CHANNEL_REPLAY') : this.refuse(401, 'CHANNEL_EXPIRED')
    if (fault === 'http-502') return new Response('bad gateway', { status: 502 })
    const key = fault === 'forged' ? random(16) : keys.kS2c
    const body = sm.gcmSeal(key, nonce(keys.ivS2c), aad, utf8(JSON.stringify(answer)))
    const echoed = fault === 'wrong-seq' ? String(Number(seq) + 1) : seq
    return new Response(body as BodyInit, { status: 200, headers: { 'ZSC-Seq': echoed } })
  }

  private takeFault(api: string): Fault | undefined {
    const at = this.faults.findIndex(([name]) => name === '*' || name === api)
    return at < 0 ? undefined : this.faults.splice(at, 1)[0]![1]
  }

  private answer(call: Call, session: Session, sid: string): object {
    if (call.api === 'auth.login.finish') return this.rotate(session, sid, String(call.body.login_id))
    if (call.api === 'auth.resume') return this.resume(call, session, sid)
    if (call.api === 'auth.session')
      return session.loginId === null ? { code: 'LOGIN_REQUIRED' } : { code: 'OK', body: { customer: '*三' } }
    const handler = this.handlers[call.api]
    return handler === undefined ? { code: 'OK', body: {} } : handler(call)
  }

  private resume(call: Call, session: Session, sid: string): object {
    const loginId = String(call.body.login_id)
    const device = call.body.device as { public_key: string; sig: string }
    const signed = sm.verify(
      fromBase64(device.public_key),
      concat(utf8('ZSC1 device'), session.th),
      fromBase64(device.sig),
    )
    const kRes = this.logins.get(loginId)
    const want = kRes && sm.hmacSm3(kRes, concat(utf8('ZSC1 resume'), session.th))
    if (!signed || !want || !equal(want, fromBase64(String(call.body.proof))))
      return { code: 'LOGIN_REQUIRED' }
    return this.rotate(session, sid, loginId)
  }

  private rotate(session: Session, sid: string, loginId: string): object {
    const th = sm.sm3(concat(utf8('ZSC1 login'), session.th, utf8(loginId)))
    const prk = sm.hkdfExtract(th, session.prk)
    this.sessions.delete(sid)
    this.add(th, prk, loginId)
    this.logins.set(loginId, sm.hkdfExpand(prk, utf8('zsc1 resume'), 32))
    return { code: 'OK', body: { customer: '*三' } }
  }

  /** A restart: channels are gone, logins are rows and stay. */
  restart(): void {
    this.sessions.clear()
  }
}
