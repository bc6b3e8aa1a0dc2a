/** The vectors were made by the C codec: both sides of the channel agree to the byte. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { concat, fromBase64, fromHex, hex, utf8 } from '../src/bytes'
import * as sm from '../src/sm'
import * as zsc1 from '../src/zsc1'

interface Session {
  th: string
  prk: string
  k_c2s: string
  iv_c2s: string
  k_s2c: string
  iv_s2c: string
  session_id: string
  session_header: string
}

interface Vectors {
  server_key: { id: number; public_key: string }
  hello: Session & {
    client_eph_private: string
    request: string
    response: string
    node: number
    lifetime_s: number
    time_ms: number
  }
  records: { from: 'client' | 'server'; seq: number; plain: string; sealed: string }[]
  login: Session & { login_id: string; k_res: string }
  resume: { th: string; proof: string }
  device: { private_key: string; public_key: string; device_id: string; sig: string }
  bad_points: Record<string, string>
}

const path = new URL('../../../tests/vectors/zsc1.json', import.meta.url)
const v = JSON.parse(readFileSync(path, 'utf8')) as Vectors
const server = { id: v.server_key.id, publicKey: fromHex(v.server_key.public_key) }

function request(): zsc1.HelloRequest {
  const bytes = fromHex(v.hello.request)
  const made = zsc1.helloRequest(server.id, sm.keyPairOf(fromHex(v.hello.client_eph_private)), bytes.slice(8, 40))
  expect(hex(made.bytes)).toBe(v.hello.request)
  return made
}

function shake(response = fromHex(v.hello.response)): zsc1.Handshake {
  return zsc1.helloFinish(server, request(), response)
}

function expectSession(h: zsc1.Handshake, want: Session): void {
  const { keys } = h
  expect([h.th, h.prk, keys.kC2s, keys.ivC2s, keys.kS2c, keys.ivS2c, keys.sessionId].map(hex)).toEqual([
    want.th, want.prk, want.k_c2s, want.iv_c2s, want.k_s2c, want.iv_s2c, want.session_id,
  ])
  expect(zsc1.sessionHeader(keys)).toBe(want.session_header)
}

describe('vectors of the C codec', () => {
  it('hello gives the same keys and session id', () => {
    const h = shake()
    expectSession(h, v.hello)
    expect([h.node, h.lifetimeS, h.timeMs]).toEqual([v.hello.node, v.hello.lifetime_s, v.hello.time_ms])
  })

  it('hello is refused with any changed byte', () => {
    const good = fromHex(v.hello.response)
    for (let i = 0; i < good.length; i++) {
      const bad = good.slice()
      bad[i]! ^= 0x40
      expect(() => shake(bad), `byte ${i}`).toThrow('hello refused')
    }
  })

  it('records are sealed to the same bytes and opened to the same text', () => {
    const { keys } = shake()
    for (const r of v.records) {
      if (r.from === 'client') expect(hex(zsc1.seal(keys, r.seq, fromHex(r.plain)))).toBe(r.sealed)
      else expect(hex(zsc1.open(keys, r.seq, fromHex(r.sealed))!)).toBe(r.plain)
    }
    expect(v.records.length).toBe(8)
  })

  it('a record of the other direction or another seq is not opened', () => {
    const { keys } = shake()
    for (const r of v.records) {
      const seq = r.from === 'client' ? r.seq : r.seq - 1 || 7
      expect(zsc1.open(keys, seq, fromHex(r.sealed))).toBeNull()
    }
  })

  it('a login rotates to the same session and resume key', () => {
    const rotated = zsc1.rotate(shake(), v.login.login_id)
    expectSession(rotated.handshake, v.login)
    expect(hex(rotated.kRes)).toBe(v.login.k_res)
    expect(hex(fromBase64(zsc1.resumeProof(rotated.kRes, fromHex(v.resume.th))))).toBe(v.resume.proof)
  })

  it('a device is named and proved alike', () => {
    const key = sm.keyPairOf(fromHex(v.device.private_key))
    const message = concat(utf8('ZSC1 device'), fromHex(v.hello.th))
    expect(hex(key.publicKey)).toBe(v.device.public_key)
    expect(hex(sm.sm3(key.publicKey).subarray(0, 16))).toBe(v.device.device_id)
    expect(sm.verify(key.publicKey, message, fromHex(v.device.sig))).toBe(true)
    expect(sm.verify(key.publicKey, message, fromBase64(zsc1.deviceProof(key, fromHex(v.hello.th))))).toBe(true)
  })

  it('hybrid and compressed and infinite and off-curve points are refused', () => {
    expect(Object.keys(v.bad_points).sort()).toEqual(['compressed', 'hybrid', 'infinity', 'off_curve', 'zero'])
    for (const [name, point] of Object.entries(v.bad_points)) expect(sm.isPoint(fromHex(point)), name).toBe(false)
  })
})
