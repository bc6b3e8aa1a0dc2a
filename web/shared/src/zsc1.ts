/**
 * The ZSC/1 codec, client side: bytes and keys, no network and no state.
 * Field layout and labels are those of the protocol's specification.
 */
import { base64, base64url, concat, equal, random, utf8, wipe } from './bytes'
import * as sm from './sm'

export const HELLO_REQUEST_LENGTH = 105
export const HELLO_RESPONSE_LENGTH = 180
export const MAX_BODY = 65_536
const SIGNATURE_LENGTH = 64
const TAG_LENGTH = 16
const MAGIC = utf8('ZSC1')
const SUITE = 1
const MAX_NODE = 63

export interface ServerKey {
  id: number
  /** 65 bytes */
  publicKey: Uint8Array
}

export interface HelloRequest {
  bytes: Uint8Array
  eph: sm.KeyPair
}

export interface Keys {
  kC2s: Uint8Array
  ivC2s: Uint8Array
  kS2c: Uint8Array
  ivS2c: Uint8Array
  sessionId: Uint8Array
}

export interface Handshake {
  keys: Keys
  th: Uint8Array
  prk: Uint8Array
  node: number
  lifetimeS: number
  timeMs: number
}

export class HelloRefused extends Error {
  constructor(reason: string) {
    super(`hello refused: ${reason}`)
    this.name = 'HelloRefused'
  }
}

/** `eph` and `clientRandom` are given by tests only. */
export function helloRequest(
  keyId: number,
  eph: sm.KeyPair = sm.newKeyPair(),
  clientRandom: Uint8Array = random(32),
): HelloRequest {
  const head = Uint8Array.of(SUITE, 0, keyId >> 8, keyId & 0xff)
  return { bytes: concat(MAGIC, head, clientRandom, eph.publicKey), eph }
}

/** Checks the server's answer and derives the channel; the ephemeral key is wiped either way. */
export function helloFinish(server: ServerKey, request: HelloRequest, response: Uint8Array): Handshake {
  try {
    return finish(server, request, response)
  } finally {
    wipe(request.eph.privateKey)
  }
}

function finish(server: ServerKey, request: HelloRequest, response: Uint8Array): Handshake {
  if (response.length !== HELLO_RESPONSE_LENGTH) throw new HelloRefused('length')
  const head = [...MAGIC, SUITE, 0]
  if (!equal(response.subarray(0, head.length), Uint8Array.from(head))) throw new HelloRefused('suite')
  const node = response[6]!
  const serverEph = response.subarray(51, 116)
  if (node > MAX_NODE) throw new HelloRefused('node')
  if (!sm.isPoint(serverEph)) throw new HelloRefused('point')

  const part = response.subarray(0, HELLO_RESPONSE_LENGTH - SIGNATURE_LENGTH)
  const th = sm.sm3(concat(utf8('ZSC1 transcript'), server.publicKey, request.bytes, part))
  const signature = response.subarray(part.length)
  if (!sm.verify(server.publicKey, concat(utf8('ZSC1 server hello'), th), signature))
    throw new HelloRefused('signature')

  const z = sm.ecdhX(request.eph.privateKey, serverEph)
  const prk = sm.hkdfExtract(th, z)
  wipe(z)
  const view = new DataView(response.buffer, response.byteOffset, response.length)
  return {
    keys: deriveKeys(prk, node),
    th,
    prk,
    node,
    lifetimeS: view.getUint32(7),
    timeMs: Number(view.getBigUint64(11)),
  }
}

function deriveKeys(prk: Uint8Array, node: number): Keys {
  const expand = (label: string, length: number) => sm.hkdfExpand(prk, utf8(label), length)
  const sessionId = expand('zsc1 session id', 16)
  sessionId[0] = (node << 2) | (sessionId[0]! & 3)
  return {
    kC2s: expand('zsc1 c2s key', 16),
    ivC2s: expand('zsc1 c2s iv', 12),
    kS2c: expand('zsc1 s2c key', 16),
    ivS2c: expand('zsc1 s2c iv', 12),
    sessionId,
  }
}

export interface Rotated {
  handshake: Handshake
  kRes: Uint8Array
  /** The highest seq already used on the new session, when it was probed before it was adopted. */
  probeSeq?: number
}

/** The session after a login or a resume. */
export function rotate(from: Handshake, loginId: string): Rotated {
  const th = sm.sm3(concat(utf8('ZSC1 login'), from.th, utf8(loginId)))
  const prk = sm.hkdfExtract(th, from.prk)
  return {
    handshake: { ...from, keys: deriveKeys(prk, from.node), th, prk },
    kRes: sm.hkdfExpand(prk, utf8('zsc1 resume'), 32),
  }
}

export function wipeHandshake(h: Handshake): void {
  wipe(h.prk, h.th, h.keys.kC2s, h.keys.kS2c, h.keys.ivC2s, h.keys.ivS2c, h.keys.sessionId)
}

export function sessionHeader(keys: Keys): string {
  return base64url(keys.sessionId)
}

function seqBytes(seq: number): Uint8Array {
  if (!Number.isSafeInteger(seq) || seq < 1) throw new Error('seq out of range')
  const out = new Uint8Array(8)
  new DataView(out.buffer).setBigUint64(0, BigInt(seq))
  return out
}

function nonce(iv: Uint8Array, seq: Uint8Array): Uint8Array {
  const out = iv.slice()
  for (let i = 0; i < 8; i++) out[4 + i]! ^= seq[i]!
  return out
}

export function seal(keys: Keys, seq: number, plain: Uint8Array): Uint8Array {
  if (plain.length === 0 || plain.length > MAX_BODY - TAG_LENGTH) throw new Error('plaintext length')
  const s = seqBytes(seq)
  return sm.gcmSeal(keys.kC2s, nonce(keys.ivC2s, s), concat(MAGIC, keys.sessionId, s), plain)
}

/** null when the answer is not the server's answer to this seq. */
export function open(keys: Keys, seq: number, body: Uint8Array): Uint8Array | null {
  if (body.length <= TAG_LENGTH) return null
  const s = seqBytes(seq)
  return sm.gcmOpen(keys.kS2c, nonce(keys.ivS2c, s), concat(MAGIC, keys.sessionId, s), body)
}

/** base64 of the device's signature over the current hello. */
export function deviceProof(device: sm.KeyPair, th: Uint8Array): string {
  return base64(sm.sign(device, concat(utf8('ZSC1 device'), th)))
}

export function resumeProof(kRes: Uint8Array, th: Uint8Array): string {
  return base64(sm.hmacSm3(kRes, concat(utf8('ZSC1 resume'), th)))
}
