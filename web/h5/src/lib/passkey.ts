/** Passkeys of this browser: keys that the device releases by fingerprint or face. */
import type { PasskeyAnswer, PasskeyAsk } from '@zhangyin/shared/api'
import { base64, base64url, fromBase64url, utf8 } from '@zhangyin/shared/bytes'

const ES256 = -7
const TIMEOUT_MS = 120_000

/** The customer said no, or waited too long; browsers do not tell which. */
export class PasskeyStopped extends Error {
  override readonly name = 'PasskeyStopped'
}

/** This device has one already. */
export class PasskeyExists extends Error {
  override readonly name = 'PasskeyExists'
}

/** Can this browser do it at all? */
export function hasPasskeys(): boolean {
  return (
    window.isSecureContext &&
    typeof window.PublicKeyCredential === 'function' &&
    typeof window.AuthenticatorAttestationResponse?.prototype.getAuthenticatorData === 'function'
  )
}

/** And does this page stand at the bank's domain? */
export function belongsHere(rpId: string, host: string = location.hostname): boolean {
  return rpId !== '' && (host === rpId || host.endsWith(`.${rpId}`))
}

function bytes(text: string): BufferSource {
  return fromBase64url(text) as BufferSource
}

function text(buffer: ArrayBuffer): string {
  return base64url(new Uint8Array(buffer))
}

function known(credentials: readonly string[]): PublicKeyCredentialDescriptor[] {
  return credentials.map((id) => ({ type: 'public-key', id: bytes(id), transports: ['internal'] }))
}

function explain(e: unknown): never {
  const name = (e as Error | null)?.name
  if (name === 'NotAllowedError' || name === 'AbortError') throw new PasskeyStopped()
  if (name === 'InvalidStateError') throw new PasskeyExists()
  throw e
}

export interface MadePasskey {
  client_data: string
  authenticator_data: string
}

/** Makes one. `owner` is what the device shows beside it. */
export async function makePasskey(ask: PasskeyAsk & { rp_name: string; user: string }, owner: string): Promise<MadePasskey> {
  const publicKey: PublicKeyCredentialCreationOptions = {
    rp: { id: ask.rp_id, name: ask.rp_name },
    user: { id: bytes(ask.user), name: owner, displayName: owner },
    challenge: bytes(ask.challenge),
    pubKeyCredParams: [{ type: 'public-key', alg: ES256 }],
    authenticatorSelection: { authenticatorAttachment: 'platform', residentKey: 'discouraged', userVerification: 'required' },
    excludeCredentials: known(ask.credentials),
    attestation: 'none',
    timeout: TIMEOUT_MS,
  }
  const made = (await navigator.credentials.create({ publicKey }).catch(explain)) as PublicKeyCredential | null
  if (made === null) throw new PasskeyStopped()
  const response = made.response as AuthenticatorAttestationResponse
  return { client_data: text(response.clientDataJSON), authenticator_data: text(response.getAuthenticatorData()) }
}

/** Signs what the bank asks for. */
export async function signWithPasskey(ask: Pick<PasskeyAsk, 'challenge' | 'rp_id' | 'credentials'>): Promise<PasskeyAnswer> {
  const publicKey: PublicKeyCredentialRequestOptions = {
    rpId: ask.rp_id,
    challenge: bytes(ask.challenge),
    allowCredentials: known(ask.credentials),
    userVerification: 'required',
    timeout: TIMEOUT_MS,
  }
  const used = (await navigator.credentials.get({ publicKey }).catch(explain)) as PublicKeyCredential | null
  if (used === null) throw new PasskeyStopped()
  const response = used.response as AuthenticatorAssertionResponse
  return {
    credential_id: text(used.rawId),
    client_data: text(response.clientDataJSON),
    authenticator_data: text(response.authenticatorData),
    signature: text(response.signature),
  }
}

/** The `value` of order.factor.verify. */
export function passkeyProof(answer: PasskeyAnswer): string {
  return base64(utf8(JSON.stringify(answer)))
}
