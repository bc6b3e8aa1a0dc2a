/**
 * The SM algorithms over `sm-crypto-v2`, in bytes. The library is never handed a string to hash or
 * encrypt: its own UTF-8 encoder is wrong above U+3FFFF.
 */
import { sm2, sm3 as sm3Hex, sm4 } from 'sm-crypto-v2'
import { concat, fromHex, hex } from './bytes'

export interface KeyPair {
  /** 32 bytes */
  privateKey: Uint8Array
  /** 65 bytes, 04 || X || Y */
  publicKey: Uint8Array
}

const POINT_LENGTH = 65
const TAG_LENGTH = 16

export function sm3(data: Uint8Array): Uint8Array {
  return fromHex(sm3Hex(data))
}

export function hmacSm3(key: Uint8Array, data: Uint8Array): Uint8Array {
  return fromHex(sm3Hex(data, { key, mode: 'hmac' }))
}

export function hkdfExtract(salt: Uint8Array, ikm: Uint8Array): Uint8Array {
  return hmacSm3(salt, ikm)
}

/** RFC 5869; at most 255 blocks. */
export function hkdfExpand(prk: Uint8Array, info: Uint8Array, length: number): Uint8Array {
  const out = new Uint8Array(length)
  let block = new Uint8Array(0)
  for (let at = 0, n = 1; at < length; at += block.length, n++) {
    block = new Uint8Array(hmacSm3(prk, concat(block, info, Uint8Array.of(n))))
    out.set(block.subarray(0, Math.min(block.length, length - at)), at)
  }
  return out
}

/** Ciphertext followed by the 16-byte tag. */
export function gcmSeal(
  key: Uint8Array,
  nonce: Uint8Array,
  aad: Uint8Array,
  plain: Uint8Array,
): Uint8Array {
  const sealed = sm4.encrypt(plain, key, {
    mode: 'gcm',
    iv: nonce,
    associatedData: aad,
    output: 'array',
    outputTag: true,
  })
  if (sealed.tag?.length !== TAG_LENGTH) throw new Error('no tag')
  return concat(sealed.output, sealed.tag)
}

/** null when the tag is wrong. */
export function gcmOpen(
  key: Uint8Array,
  nonce: Uint8Array,
  aad: Uint8Array,
  sealed: Uint8Array,
): Uint8Array | null {
  if (sealed.length < TAG_LENGTH) return null
  const at = sealed.length - TAG_LENGTH
  try {
    return sm4.decrypt(sealed.subarray(0, at), key, {
      mode: 'gcm',
      iv: nonce,
      associatedData: aad,
      tag: sealed.slice(at),
      output: 'array',
    })
  } catch {
    return null
  }
}

export function newKeyPair(): KeyPair {
  const pair = sm2.generateKeyPairHex()
  return { privateKey: fromHex(pair.privateKey), publicKey: fromHex(pair.publicKey) }
}

export function keyPairOf(privateKey: Uint8Array): KeyPair {
  return { privateKey, publicKey: fromHex(sm2.getPublicKeyFromPrivateKey(hex(privateKey))) }
}

/** Uncompressed, finite and on the curve. */
export function isPoint(point: Uint8Array): boolean {
  if (point.length !== POINT_LENGTH || point[0] !== 4) return false
  try {
    return sm2.verifyPublicKey(hex(point))
  } catch {
    return false
  }
}

/** Raw r||s, default user id. */
export function sign(key: KeyPair, message: Uint8Array): Uint8Array {
  const signature = sm2.doSignature(message, hex(key.privateKey), {
    hash: true,
    publicKey: hex(key.publicKey),
  })
  return fromHex(signature)
}

export function verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  if (signature.length !== 64 || !isPoint(publicKey)) return false
  try {
    return sm2.doVerifySignature(message, hex(signature), hex(publicKey), { hash: true })
  } catch {
    return false // r or s out of range
  }
}

/** The X coordinate of the shared point. The caller has checked the peer's point. */
export function ecdhX(privateKey: Uint8Array, peer: Uint8Array): Uint8Array {
  return sm2.ecdh(hex(privateKey), hex(peer), false).slice(1, 33)
}

/** DER, C1C3C2. */
export function encrypt(publicKey: Uint8Array, plain: Uint8Array): Uint8Array {
  if (!isPoint(publicKey)) throw new Error('not a public key')
  return fromHex(sm2.doEncrypt(plain, hex(publicKey), 1, { asn1: true }))
}
