/** The request for a certificate (PKCS#10) of an SM2 key, signed by it. DER is written by length, nothing else. */
import { concat, utf8 } from './bytes'
import * as sm from './sm'

const SEQUENCE = 0x30
const SET = 0x31
const INTEGER = 0x02
const BIT_STRING = 0x03
const OID = 0x06
const UTF8_STRING = 0x0c
const ATTRIBUTES = 0xa0

const EC_PUBLIC_KEY = [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01]
const CURVE_SM2 = [0x2a, 0x81, 0x1c, 0xcf, 0x55, 0x01, 0x82, 0x2d]
const SM2_WITH_SM3 = [0x2a, 0x81, 0x1c, 0xcf, 0x55, 0x01, 0x83, 0x75]
const COMMON_NAME = [0x55, 0x04, 0x03]

function lengthBytes(n: number): number[] {
  if (n < 0x80) return [n]
  return n < 0x100 ? [0x81, n] : [0x82, n >> 8, n & 0xff]
}

function der(tag: number, ...parts: Uint8Array[]): Uint8Array {
  const body = concat(...parts)
  if (body.length > 0xffff) throw new Error('too long')
  return concat(Uint8Array.from([tag, ...lengthBytes(body.length)]), body)
}

const oid = (bytes: readonly number[]) => der(OID, Uint8Array.from(bytes))
const bits = (bytes: Uint8Array) => der(BIT_STRING, Uint8Array.of(0), bytes)

/** A positive number: no needless zeros in front, one where the first bit would mean a sign. */
function integer(bytes: Uint8Array): Uint8Array {
  let from = 0
  while (from < bytes.length - 1 && bytes[from] === 0) from++
  const digits = bytes.subarray(from)
  return digits[0]! >= 0x80 ? der(INTEGER, Uint8Array.of(0), digits) : der(INTEGER, digits)
}

function requestInfo(publicKey: Uint8Array, commonName: string): Uint8Array {
  const name = der(SEQUENCE, der(SET, der(SEQUENCE, oid(COMMON_NAME), der(UTF8_STRING, utf8(commonName)))))
  const key = der(SEQUENCE, der(SEQUENCE, oid(EC_PUBLIC_KEY), oid(CURVE_SM2)), bits(publicKey))
  return der(SEQUENCE, integer(Uint8Array.of(0)), name, key, der(ATTRIBUTES))
}

/** DER of the request. The common name is the authority's to choose: what is asked for here is not looked at. */
export function certificateRequest(key: sm.KeyPair, commonName: string): Uint8Array {
  const info = requestInfo(key.publicKey, commonName)
  const signature = sm.sign(key, info)
  const rs = der(SEQUENCE, integer(signature.subarray(0, 32)), integer(signature.subarray(32)))
  return der(SEQUENCE, info, der(SEQUENCE, oid(SM2_WITH_SM3)), bits(rs))
}
