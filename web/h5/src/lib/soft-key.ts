/**
 * The soft UKey: an SM2 key made on this device. It rests under its PIN (PBKDF2, then SM4-GCM) inside the vault, is opened for
 * one signature at a time, and is gone after five wrong PINs in a row.
 */
import { base64, concat, fromHex, random, utf8, wipe } from '@zhangyin/shared/bytes'
import { certificateRequest } from '@zhangyin/shared/csr'
import { PASSWORD_MAX, type SecretSource } from '@zhangyin/shared/secret-source'
import { gcmOpen, gcmSeal, keyPairOf, newKeyPair, sign, type KeyPair } from '@zhangyin/shared/sm'
import { dropKept, keep, kept } from './vault'

export const PIN_LENGTH = 6
export const WRONG_MAX = 5
const ROUNDS = 600_000
const SALT_LENGTH = 16
const NONCE_LENGTH = 12
const SCALAR_LENGTH = 32

export class PinWrong extends Error {
  constructor(readonly left: number) {
    super('wrong PIN')
    this.name = 'PinWrong'
  }
}

/** What rests: salt, nonce, ciphertext and tag; and how many wrong PINs in a row there were. */
interface Resting {
  salt: Uint8Array
  nonce: Uint8Array
  sealed: Uint8Array
  wrong: number
}

/** `waiting`: made, and not certified yet: it takes the place of the former one when it is. */
export type Slot = 'current' | 'waiting'
const labelOf = (slot: Slot) => `soft-key-${slot}`

async function keyOfPin(pin: SecretSource, salt: Uint8Array): Promise<Uint8Array> {
  const typed = new Uint8Array(PASSWORD_MAX)
  const used = pin.writeInto(typed)
  const material = await crypto.subtle.importKey('raw', typed.subarray(0, used) as BufferSource, 'PBKDF2', false, ['deriveBits'])
  wipe(typed)
  const params = { name: 'PBKDF2', hash: 'SHA-256', salt: salt as BufferSource, iterations: ROUNDS }
  return new Uint8Array(await crypto.subtle.deriveBits(params, material, 128))
}

const aad = () => utf8('zhangyin soft key')

async function rest(slot: Slot, pin: SecretSource, privateKey: Uint8Array): Promise<void> {
  const salt = random(SALT_LENGTH)
  const nonce = random(NONCE_LENGTH)
  const key = await keyOfPin(pin, salt)
  const sealed = gcmSeal(key, nonce, aad(), privateKey)
  wipe(key)
  await keep(labelOf(slot), concat(Uint8Array.of(0), salt, nonce, sealed))
}

async function resting(slot: Slot): Promise<Resting | null> {
  const bytes = await kept(labelOf(slot))
  if (bytes === null) return null
  const salt = bytes.slice(1, 1 + SALT_LENGTH)
  const nonce = bytes.slice(1 + SALT_LENGTH, 1 + SALT_LENGTH + NONCE_LENGTH)
  return { wrong: bytes[0]!, salt, nonce, sealed: bytes.slice(1 + SALT_LENGTH + NONCE_LENGTH) }
}

async function countWrong(slot: Slot, r: Resting): Promise<number> {
  const wrong = r.wrong + 1
  if (wrong >= WRONG_MAX) await dropKept(labelOf(slot))
  else await keep(labelOf(slot), concat(Uint8Array.of(wrong), r.salt, r.nonce, r.sealed))
  return WRONG_MAX - wrong
}

/** The wrong PIN is counted before it is tried, so that a page that is closed in between has used its try. */
async function unlock(slot: Slot, pin: SecretSource): Promise<Uint8Array> {
  const r = await resting(slot)
  if (r === null) throw new PinWrong(0)
  const left = await countWrong(slot, r)
  const key = await keyOfPin(pin, r.salt)
  const scalar = gcmOpen(key, r.nonce, aad(), r.sealed)
  wipe(key)
  if (scalar === null || scalar.length !== SCALAR_LENGTH) throw new PinWrong(left)
  await keep(labelOf(slot), concat(Uint8Array.of(0), r.salt, r.nonce, r.sealed))
  return scalar
}

export async function hasSoftKey(slot: Slot = 'current'): Promise<boolean> {
  return (await kept(labelOf(slot))) !== null
}

/** Makes a key under a PIN and gives the request for its certificate (base64 of PKCS#10). */
export async function makeSoftKey(pin: SecretSource): Promise<string> {
  const pair: KeyPair = newKeyPair()
  await rest('waiting', pin, pair.privateKey)
  const request = base64(certificateRequest(pair, 'soft key'))
  wipe(pair.privateKey)
  return request
}

/** The certificate is there: the key that waited is the one that signs from now on. */
export async function promoteSoftKey(): Promise<void> {
  const bytes = await kept(labelOf('waiting'))
  if (bytes === null) return
  await keep(labelOf('current'), bytes)
  await dropKept(labelOf('waiting'))
}

export async function dropSoftKey(): Promise<void> {
  await dropKept(labelOf('current'))
  await dropKept(labelOf('waiting'))
}

/** base64 of the signature over "ZSC1 order" || digest. */
export async function signOrder(pin: SecretSource, digestHex: string): Promise<string> {
  const scalar = await unlock('current', pin)
  const pair = keyPairOf(scalar)
  const signature = sign(pair, concat(utf8('ZSC1 order'), fromHex(digestHex)))
  wipe(scalar, pair.privateKey)
  return base64(signature)
}

export async function changePin(old: SecretSource, fresh: SecretSource): Promise<void> {
  const scalar = await unlock('current', old)
  await rest('current', fresh, scalar)
  wipe(scalar)
}

/** Six digits, not all alike and not a run. */
export function isWeakPin(pin: SecretSource): boolean {
  const typed = new Uint8Array(PASSWORD_MAX)
  const used = pin.writeInto(typed)
  const steps = new Set<number>()
  for (let i = 1; i < used; i++) steps.add(typed[i]! - typed[i - 1]!)
  wipe(typed)
  return used !== PIN_LENGTH || (steps.size === 1 && [0, 1, -1].includes([...steps][0]!))
}

/** Were the same digits typed twice? */
export function samePin(a: SecretSource, b: SecretSource): boolean {
  const one = new Uint8Array(PASSWORD_MAX)
  const two = new Uint8Array(PASSWORD_MAX)
  const same = a.writeInto(one) === b.writeInto(two) && one.every((byte, i) => byte === two[i])
  wipe(one, two)
  return same
}
