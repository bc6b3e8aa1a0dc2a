/** How a typed password leaves the client: 82 bytes under the server's password key. */
import { base64, fromBase64, wipe } from './bytes'
import { PASSWORD_MAX, type SecretSource } from './secret-source'
import * as sm from './sm'

export const PASSWORD_PURPOSE = { login: 1, transaction: 2, newPassword: 3, cardPin: 4, gesture: 5, numbers: 6 } as const
export type PasswordPurpose = keyof typeof PASSWORD_PURPOSE

export const PLAINTEXT_LENGTH = 82
const CHALLENGE_LENGTH = 16

export interface Challenge {
  challenge_id: string
  challenge: string
  key_id: number
  public_key: string
}

export interface SealedPassword {
  challenge_id: string
  cipher: string
}

/** `challenge | purpose | length | password, zero padded`; the caller wipes it. */
export function passwordPlaintext(
  challenge: Uint8Array,
  purpose: PasswordPurpose,
  source: SecretSource,
): Uint8Array {
  if (challenge.length !== CHALLENGE_LENGTH) throw new Error('challenge length')
  const plain = new Uint8Array(PLAINTEXT_LENGTH)
  plain.set(challenge)
  plain[CHALLENGE_LENGTH] = PASSWORD_PURPOSE[purpose]
  const length = source.writeInto(plain.subarray(CHALLENGE_LENGTH + 2))
  if (length < 1 || length > PASSWORD_MAX) {
    wipe(plain)
    throw new Error('password length')
  }
  plain[CHALLENGE_LENGTH + 1] = length
  return plain
}

export function sealPassword(
  challenge: Challenge,
  purpose: PasswordPurpose,
  source: SecretSource,
): SealedPassword {
  const plain = passwordPlaintext(fromBase64(challenge.challenge), purpose, source)
  try {
    const cipher = sm.encrypt(fromBase64(challenge.public_key), plain)
    return { challenge_id: challenge.challenge_id, cipher: base64(cipher) }
  } finally {
    wipe(plain)
  }
}
