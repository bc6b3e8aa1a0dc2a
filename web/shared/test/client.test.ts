import { beforeEach, describe, expect, it } from 'vitest'
import { ApiError, newIdempotencyKey, ZscClient, type Login } from '../src/client'
import { newKeyPair } from '../src/sm'
import { TestServer } from './server'

const device = { key: newKeyPair(), name: 'test', os: 'test', fingerprint: '00' }
const ID = 'AAAAAAAAAAAAAAAAAAAAAAAA'
const ORDER = { order_id: 'o1', digest: '00' }
let server: TestServer
let lost: number
let kept: Login | null

function client(extra: object = {}): ZscClient {
  return new ZscClient({
    serverKey: { id: 1, publicKey: server.key.publicKey },
    device: () => Promise.resolve(device),
    fetch: server.fetch,
    sleep: () => Promise.resolve(),
    onLoginLost: () => lost++,
    onLoginChanged: (login) => {
      kept = login && { loginId: login.loginId, resumeKeys: login.resumeKeys.map((k) => k.slice()) }
    },
    ...extra,
  })
}

async function loggedIn(): Promise<ZscClient> {
  const c = client()
  await c.loginFinish({ login_id: 'login-1', factor: 'sms', value: '123456' })
  return c
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'OK',
    (e: unknown) => (e instanceof ApiError ? e.code : String(e)),
  )
}

beforeEach(() => {
  server = new TestServer()
  lost = 0
  kept = null
})

describe('channel client', () => {
  it('makes one hello for calls that start together and counts seq from 1', async () => {
    const c = client()
    await Promise.all([c.call('auth.captcha', {}), c.call('auth.challenge', {}), c.call('auth.captcha', {})])
    expect(server.hellos).toBe(1)
    expect(server.calls.map((x) => x.seq).sort()).toEqual(['1', '2', '3'])
  })

  it('refuses a hello that the pinned key did not sign', async () => {
    server.forgeHello = true
    await expect(client().call('auth.captcha', {})).rejects.toThrow('hello refused: signature')
    expect(server.calls).toHaveLength(0)
  })

  it.each(['lost-request', 'lost-answer', 'replay', 'busy', 'http-502', 'forged', 'wrong-seq', 'sent-twice'] as const)(
    'repeats a call after %s under the next seq with the same id',
    async (fault) => {
      const seen: string[] = []
      server.handlers['transfer.prepare'] = (call) => {
        seen.push(call.id!)
        return { code: 'OK', body: { order_id: 'o1' } }
      }
      server.faults.push(['transfer.prepare', fault])
      const c = client()
      const order = await c.call('transfer.prepare', { from_account_id: 'a', amount_fen: 1 }, { id: ID })
      expect(order.order_id).toBe('o1')
      expect(new Set(seen)).toEqual(new Set([ID]))
      expect(server.calls.at(-1)!.seq).toBe('2')
    },
  )

  it('never repeats by itself a call that counts a try', async () => {
    server.faults.push(['order.factor.verify', 'lost-answer'])
    const c = client()
    const work = c.call('order.factor.verify', { order_id: 'o1', factor: 'sms', value: '123456' })
    expect(await codeOf(work)).toBe('OUTCOME_UNKNOWN')
    expect(server.calls).toHaveLength(1)
  })

  it('reports an unknown outcome when every try is lost', async () => {
    for (let i = 0; i < 3; i++) server.faults.push(['order.confirm', 'lost-answer'])
    expect(await codeOf(client().call('order.confirm', ORDER))).toBe('OUTCOME_UNKNOWN')
    expect(server.calls).toHaveLength(3)
  })

  it('hands on code, fields and body of a refusal', async () => {
    server.handlers['transfer.prepare'] = () => ({
      code: 'BAD_FIELD',
      message: '请求字段有误',
      fields: ['amount_fen'],
      body: { max: 5 },
    })
    const work = client().call('transfer.prepare', { from_account_id: 'a', amount_fen: 0 }, { id: ID })
    await expect(work).rejects.toMatchObject({ code: 'BAD_FIELD', fields: ['amount_fen'], body: { max: 5 } })
  })

  it('corrects its clock by the hello', async () => {
    server.timeMs = () => Date.now() + 3_600_000
    const c = client()
    await c.call('auth.captcha', {})
    expect(Math.abs(server.calls[0]!.t - Date.now() - 3_600_000)).toBeLessThan(5000)
  })

  it('asks for the time anew, once, when its clock is refused', async () => {
    let refusals = 0
    server.handlers['auth.captcha'] = () => ({ code: refusals++ < 1 ? 'CLOCK_SKEW' : 'OK' })
    expect(await codeOf(client().call('auth.captcha', {}))).toBe('OK')
    expect(server.hellos).toBe(2)
    server.handlers['auth.captcha'] = () => ({ code: 'CLOCK_SKEW' })
    expect(await codeOf(client().call('auth.captcha', {}))).toBe('CLOCK_SKEW')
  })

  it('makes idempotency keys of the documented form', () => {
    expect(newIdempotencyKey()).toMatch(/^[A-Za-z0-9_-]{16,64}$/)
    expect(newIdempotencyKey()).not.toBe(newIdempotencyKey())
  })
})

describe('login', () => {
  it('rotates the session and starts seq anew', async () => {
    const c = await loggedIn()
    await c.call('account.list', {})
    expect(server.hellos).toBe(1)
    expect(server.calls.map((x) => [x.api, x.seq])).toEqual([
      ['auth.login.finish', '1'],
      ['account.list', '1'],
    ])
  })

  it('holds other calls back while it rotates', async () => {
    const c = client()
    await c.connect()
    const finish = c.loginFinish({ login_id: 'login-1', factor: 'sms', value: '123456' })
    for (let i = 0; i < 3; i++) await Promise.resolve() // the finish has taken the channel
    const list = c.call('account.list', {})
    await Promise.all([finish, list])
    expect(server.calls.map((x) => [x.api, x.seq])).toEqual([
      ['auth.login.finish', '1'],
      ['account.list', '1'],
    ])
    expect(server.hellos).toBe(1)
  })

  it.each(['lost-answer', 'sent-twice'] as const)('survives a finish whose answer is lost by %s', async (fault) => {
    server.faults.push(['auth.login.finish', fault])
    const c = await loggedIn()
    expect(c.loggedIn).toBe(true)
    await c.call('account.list', {})
    expect(server.calls.map((x) => [x.api, x.seq])).toEqual([
      ['auth.login.finish', '1'],
      ['auth.session', '1'],
      ['account.list', '2'],
    ])
  })

  it('starts over when the channel had gone before the finish', async () => {
    const c = client()
    await c.connect()
    server.restart()
    const work = c.loginFinish({ login_id: 'login-1', factor: 'sms', value: '123456' })
    expect(await codeOf(work)).toBe('CHANNEL_EXPIRED')
    expect(c.loggedIn).toBe(false)
    expect(await codeOf(c.call('auth.captcha', {}))).toBe('OK')
  })

  it('says so when the finish never arrived', async () => {
    server.faults.push(['auth.login.finish', 'lost-request'])
    const c = client()
    const work = c.loginFinish({ login_id: 'login-1', factor: 'sms', value: '123456' })
    expect(await codeOf(work)).toBe('OUTCOME_UNKNOWN')
    expect(c.loggedIn).toBe(false)
  })

  it('resumes after a restart without the customer noticing', async () => {
    const c = await loggedIn()
    server.restart()
    await Promise.all([c.call('account.list', {}), c.call('message.list', {})])
    expect(server.hellos).toBe(2)
    expect(server.calls.filter((x) => x.api === 'auth.resume')).toHaveLength(1)
    expect(lost).toBe(0)
  })

  it('resumes on a fresh page from a kept login', async () => {
    await loggedIn()
    const c = client()
    c.restore(kept!)
    await c.call('account.list', {})
    expect(server.calls.map((x) => x.api)).toEqual(['auth.login.finish', 'auth.resume', 'account.list'])
  })

  it.each(['lost-answer', 'sent-twice'] as const)('survives a resume whose answer is lost by %s', async (fault) => {
    const c = await loggedIn()
    server.restart()
    server.faults.push(['auth.resume', fault])
    expect(await codeOf(c.call('account.list', {}))).toBe('OK')
  })

  it('tries the newer resume key first and then the older', async () => {
    const c = await loggedIn()
    server.restart()
    server.faults.push(['auth.resume', 'lost-request'])
    expect(await codeOf(c.call('account.list', {}))).toBe('NETWORK')
    expect(kept!.resumeKeys).toHaveLength(2)
    expect(await codeOf(c.call('account.list', {}))).toBe('OK')
    expect(kept!.resumeKeys).toHaveLength(1)
    expect(lost).toBe(0)
  })

  it('tells the page when the login has ended elsewhere', async () => {
    const c = await loggedIn()
    server.handlers['account.list'] = () => ({ code: 'LOGIN_REQUIRED', message: '请先登录' })
    expect(await codeOf(c.call('account.list', {}))).toBe('LOGIN_REQUIRED')
    expect(lost).toBe(1)
    expect(c.loggedIn).toBe(false)
    expect(kept).toBeNull()
  })

  it('tells the page when the login cannot be resumed', async () => {
    const c = await loggedIn()
    server.restart()
    server.logins.clear()
    expect(await codeOf(c.call('account.list', {}))).toBe('LOGIN_REQUIRED')
    expect(lost).toBe(1)
  })

  it('forgets the login on logout even when the server cannot be reached', async () => {
    const c = await loggedIn()
    for (let i = 0; i < 3; i++) server.faults.push(['auth.logout', 'lost-request'])
    expect(await codeOf(c.logout())).toBe('OUTCOME_UNKNOWN')
    expect(c.loggedIn).toBe(false)
    expect(kept).toBeNull()
  })
})
