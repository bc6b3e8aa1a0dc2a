import { describe, expect, it, vi } from 'vitest'
import { ApiClient, ApiError } from '@/lib/api'

interface Sent {
  url: string
  init: RequestInit
}

/** A door that gives these answers one after another. */
function door(...answers: (object | Error | string)[]) {
  const sent: Sent[] = []
  const send = vi.fn(async (url: string, init: RequestInit) => {
    sent.push({ url, init })
    const answer = answers.shift()
    if (answer instanceof Error) throw answer
    const text = typeof answer === 'string' ? answer : JSON.stringify(answer)
    return new Response(text, { status: typeof answer === 'string' ? 502 : 200 })
  })
  return { client: new ApiClient(send as unknown as typeof fetch), sent }
}

const header = (sent: Sent, name: string): string | null => new Headers(sent.init.headers).get(name)
const hooks = (over = {}) => ({
  relogin: vi.fn(async () => true),
  renew: vi.fn(async () => true),
  answered: vi.fn(),
  ...over,
})

describe('the api client', () => {
  it('posts JSON to its own origin without caching or redirects', async () => {
    const { client, sent } = door({ code: 'OK', body: { orders: [] } })
    expect(await client.call('order.search', { state: 'posted' })).toEqual({ orders: [] })
    expect(sent[0]!.url).toBe('/api/order.search')
    expect(sent[0]!.init).toMatchObject({
      method: 'POST',
      body: '{"state":"posted"}',
      credentials: 'same-origin',
      cache: 'no-store',
      redirect: 'error',
    })
    expect(header(sent[0]!, 'content-type')).toBe('application/json')
  })

  it('sends the token against forgery with every call once it is known', async () => {
    const { client, sent } = door({ code: 'OK' }, { code: 'OK' }, { code: 'OK' })
    await client.call('staff.login')
    client.setCsrf('a'.repeat(64))
    await client.call('param.list')
    client.setCsrf('')
    await client.call('staff.login')
    expect(sent.map((s) => header(s, 'x-csrf-token'))).toEqual([null, 'a'.repeat(64), null])
  })

  it('tells a refusal with its code and trace and fields and findings', async () => {
    const { client } = door({ code: 'AUDIT_BROKEN', message: 'm', trace: 't1', fields: ['q'], body: { faults: 1 } })
    const error = await client.call('audit.verify').catch((e: unknown) => e)
    expect(error).toBeInstanceOf(ApiError)
    expect(error).toMatchObject({ code: 'AUDIT_BROKEN', trace: 't1', fields: ['q'], body: { faults: 1 } })
  })

  it('tells a lost connection and a foreign answer apart from refusals', async () => {
    const { client } = door(new TypeError('failed'), '<html>bad gateway</html>')
    await expect(client.call('api.list')).rejects.toMatchObject({ code: 'NETWORK' })
    await expect(client.call('api.list')).rejects.toMatchObject({ code: 'BUSY' })
  })

  it('makes a call again once after the same person logged in again', async () => {
    const { client, sent } = door({ code: 'LOGIN_REQUIRED' }, { code: 'OK', body: { ok: 1 } })
    const h = hooks({ relogin: vi.fn(async () => (client.setCsrf('new'), true)) })
    client.use(h)
    expect(await client.call('approval.decide', { approve: true })).toEqual({ ok: 1 })
    expect(h.relogin).toHaveBeenCalledTimes(1)
    expect(sent.map((s) => s.init.body)).toEqual(['{"approve":true}', '{"approve":true}'])
    expect(header(sent[1]!, 'x-csrf-token')).toBe('new')
  })

  it('does not make a call again in the name of another', async () => {
    const { client, sent } = door({ code: 'LOGIN_REQUIRED' }, { code: 'CSRF_BAD' })
    client.use(hooks({ relogin: vi.fn(async () => false), renew: vi.fn(async () => false) }))
    await expect(client.call('approval.decide')).rejects.toMatchObject({ code: 'LOGIN_REQUIRED' })
    await expect(client.call('approval.decide')).rejects.toMatchObject({ code: 'CSRF_BAD' })
    expect(sent).toHaveLength(2)
  })

  it('gives up when the repeated call is refused too', async () => {
    const { client, sent } = door({ code: 'CSRF_BAD' }, { code: 'CSRF_BAD' })
    const h = hooks()
    client.use(h)
    await expect(client.call('param.change')).rejects.toMatchObject({ code: 'CSRF_BAD' })
    expect(h.renew).toHaveBeenCalledTimes(1)
    expect(sent).toHaveLength(2)
  })

  it('never repeats a failure of any other kind', async () => {
    const { client, sent } = door(new TypeError('lost'), { code: 'STATE_CONFLICT' })
    client.use(hooks())
    await expect(client.call('approval.decide')).rejects.toMatchObject({ code: 'NETWORK' })
    await expect(client.call('approval.decide')).rejects.toMatchObject({ code: 'STATE_CONFLICT' })
    expect(sent).toHaveLength(2)
  })

  it('does not ask for a login while finding out whether there is one', async () => {
    const { client } = door({ code: 'LOGIN_REQUIRED' })
    const h = hooks()
    client.use(h)
    await expect(client.call('staff.session')).rejects.toMatchObject({ code: 'LOGIN_REQUIRED' })
    expect(h.relogin).not.toHaveBeenCalled()
  })
})
