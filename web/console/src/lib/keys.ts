/** Tokens and certificates: which deed is possible in which state, and files on their way to the server. */
import type { CertificateState, TokenStateWord } from './office'

export type TokenDeed = 'assign' | 'replace' | 'lost' | 'unlock' | 'retire'
export type CertDeed = 'freeze' | 'unfreeze' | 'revoke'

const TOKEN_DEEDS: Readonly<Record<TokenStateWord, readonly TokenDeed[]>> = {
  stock: ['assign', 'retire'],
  inactive: ['replace', 'lost', 'retire'],
  active: ['replace', 'lost', 'retire'],
  locked: ['unlock', 'replace', 'lost', 'retire'],
  lost: ['replace', 'retire'],
  retired: [],
}
const CERT_DEEDS: Readonly<Record<CertificateState, readonly CertDeed[]>> = {
  granted: ['revoke'],
  valid: ['freeze', 'revoke'],
  frozen: ['unfreeze', 'revoke'],
  expired: [],
  revoked: [],
}

export const TOKEN_STATES = Object.keys(TOKEN_DEEDS) as TokenStateWord[]
export const CERT_STATES = ['granted', 'valid', 'frozen', 'revoked'] as const
export const DEVICE_KINDS = ['bluetooth_key', 'phone_shield'] as const

export const tokenDeeds = (state: TokenStateWord): readonly TokenDeed[] => TOKEN_DEEDS[state] ?? []
export const certDeeds = (state: CertificateState): readonly CertDeed[] => CERT_DEEDS[state] ?? []
export const isSerial = (text: string): boolean => /^[0-9A-Z]{8,20}$/.test(text)

function base64(bytes: Uint8Array): string {
  let binary = ''
  for (const b of bytes) binary += String.fromCharCode(b)
  return btoa(binary)
}

/** The file's bytes as base64; null when it is empty or larger than `max`. */
export async function fileBase64(file: Blob, max: number): Promise<string | null> {
  if (file.size === 0 || file.size > max) return null
  return base64(new Uint8Array(await file.arrayBuffer()))
}

/** A request as PEM or DER, as base64 of DER. */
export async function requestBase64(file: Blob, max: number): Promise<string | null> {
  if (file.size === 0 || file.size > 2 * max) return null
  const bytes = new Uint8Array(await file.arrayBuffer())
  const pem = /-----BEGIN (?:NEW )?CERTIFICATE REQUEST-----([A-Za-z0-9+/=\s]+)-----END/.exec(new TextDecoder().decode(bytes))
  if (pem !== null) return pem[1]!.replace(/\s/g, '')
  return bytes.length <= max ? base64(bytes) : null
}
