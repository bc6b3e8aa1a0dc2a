/** Calls to the bank. The cryptography stands in a chunk of its own, loaded after the first paint. */
import type { ApiIn, ApiName, ApiOut } from '@zhangyin/shared/api'
import type { CallOptions, ZscClient } from '@zhangyin/shared/client'
import type { PasswordPurpose, SealedPassword } from '@zhangyin/shared/secret'
import type { SecretSource } from '@zhangyin/shared/secret-source'

export async function zsc(): Promise<ZscClient> {
  return (await import('./channel')).zscClient()
}

export async function call<N extends ApiName>(
  api: N,
  body: ApiIn<N>,
  options?: CallOptions,
): Promise<ApiOut<N>> {
  return (await zsc()).call(api, body, options)
}

/** Fetches a challenge and encrypts what the keyboard holds to it. */
export async function sealSecret(
  purpose: PasswordPurpose,
  source: SecretSource,
): Promise<SealedPassword> {
  const { sealPassword } = await import('@zhangyin/shared/secret')
  return sealPassword(await call('auth.challenge', {}), purpose, source)
}
