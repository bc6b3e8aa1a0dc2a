import { execFileSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { hex } from '../src/bytes'
import { certificateRequest } from '../src/csr'
import { newKeyPair } from '../src/sm'

function openssl(args: string[], input: Uint8Array): string {
  return execFileSync('openssl', args, { input, encoding: 'utf8', stdio: ['pipe', 'pipe', 'pipe'] })
}

describe('certificate request', () => {
  it('is read by OpenSSL, and its signature is right, whatever the numbers begin with', () => {
    for (let i = 0; i < 12; i++) {
      const der = certificateRequest(newKeyPair(), 'phone')
      const text = openssl(
        ['req', '-inform', 'DER', '-noout', '-verify', '-vfyopt', 'distid:1234567812345678', '-subject'],
        der,
      )
      expect(text).toContain('CN = phone')
    }
  })

  it('holds the key that it was made for', () => {
    const key = newKeyPair()
    expect(hex(certificateRequest(key, 'phone'))).toContain(hex(key.publicKey))
  })

  it('is refused by OpenSSL when a byte is another', () => {
    const der = certificateRequest(newKeyPair(), 'phone')
    der[40]! ^= 1
    const check = () =>
      openssl(['req', '-inform', 'DER', '-noout', '-verify', '-vfyopt', 'distid:1234567812345678'], der)
    expect(check).toThrow()
  })
})
