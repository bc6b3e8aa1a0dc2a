import { base64url, fromBase64, fromUtf8 } from '@zhangyin/shared/bytes'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { belongsHere, hasPasskeys, makePasskey, passkeyProof, signWithPasskey } from '@/lib/passkey'

const ASK = { challenge: base64url(new Uint8Array([1, 2, 3])), rp_id: 'bank.example', credentials: [base64url(new Uint8Array([7]))], expires_at: 0 }
const bytes = (...values: number[]) => new Uint8Array(values).buffer
const container = { create: vi.fn(), get: vi.fn() }

beforeEach(() => void vi.stubGlobal('navigator', { credentials: container }))
afterEach(() => {
  vi.unstubAllGlobals()
  vi.resetAllMocks()
})

describe('passkeys', () => {
  it('are not offered by a browser without them, or on an unsafe page', () => {
    vi.stubGlobal('isSecureContext', true)
    expect(hasPasskeys()).toBe(false)
    vi.stubGlobal('PublicKeyCredential', class {})
    expect(hasPasskeys()).toBe(false)
    vi.stubGlobal('AuthenticatorAttestationResponse', class { getAuthenticatorData() {} })
    expect(hasPasskeys()).toBe(true)
    vi.stubGlobal('isSecureContext', false)
    expect(hasPasskeys()).toBe(false)
  })

  it.each([
    ['bank.example', 'bank.example', true],
    ['bank.example', 'm.bank.example', true],
    ['bank.example', 'evilbank.example', false],
    ['localhost', '127.0.0.1', false],
    ['', 'bank.example', false],
  ])('of %s at %s: %s', (rpId, host, here) => expect(belongsHere(rpId, host)).toBe(here))

  it('are made with a verified user, ES256 and no attestation', async () => {
    container.create.mockResolvedValue({ response: { clientDataJSON: bytes(1), getAuthenticatorData: () => bytes(2) } })
    const made = await makePasskey({ ...ASK, rp_name: 'Bank', user: base64url(new Uint8Array([9])) }, 'Li')
    expect(made).toEqual({ client_data: 'AQ', authenticator_data: 'Ag' })
    const { publicKey } = container.create.mock.calls[0]![0] as { publicKey: PublicKeyCredentialCreationOptions }
    expect(publicKey.pubKeyCredParams).toEqual([{ type: 'public-key', alg: -7 }])
    expect(publicKey.authenticatorSelection!.userVerification).toBe('required')
    expect(publicKey.attestation).toBe('none')
    expect(publicKey.excludeCredentials).toHaveLength(1)
  })

  it('sign what was asked for, and are sent as base64 of JSON', async () => {
    const response = { clientDataJSON: bytes(1), authenticatorData: bytes(2), signature: bytes(3) }
    container.get.mockResolvedValue({ rawId: bytes(7), response })
    const answer = await signWithPasskey(ASK)
    expect(answer).toEqual({ credential_id: 'Bw', client_data: 'AQ', authenticator_data: 'Ag', signature: 'Aw' })
    expect(JSON.parse(fromUtf8(fromBase64(passkeyProof(answer))))).toEqual(answer)
    const { publicKey } = container.get.mock.calls[0]![0] as { publicKey: PublicKeyCredentialRequestOptions }
    expect(publicKey.userVerification).toBe('required')
    expect([...new Uint8Array(publicKey.challenge as ArrayBuffer)]).toEqual([1, 2, 3])
  })

  it.each([
    ['NotAllowedError', 'PasskeyStopped'],
    ['AbortError', 'PasskeyStopped'],
    ['InvalidStateError', 'PasskeyExists'],
    ['SecurityError', 'SecurityError'],
  ])('tell %s as %s', async (thrown, told) => {
    container.get.mockRejectedValue(Object.assign(new Error(thrown), { name: thrown }))
    await expect(signWithPasskey(ASK)).rejects.toMatchObject({ name: told })
  })
})
