/** A gesture: at least five of nine points, each once, in a square numbered row by row. */
import { base64, concat, fromHex, utf8 } from '@zhangyin/shared/bytes'
import { PASSWORD_MAX, type SecretSource } from '@zhangyin/shared/secret-source'
import { sign } from '@zhangyin/shared/sm'
import { device } from './device'

/** Whether two drawings are the same; both stay as they are. */
export function sameGesture(a: SecretSource, b: SecretSource): boolean {
  const [x, y] = [new Uint8Array(PASSWORD_MAX), new Uint8Array(PASSWORD_MAX)]
  const same = a.writeInto(x) === b.writeInto(y) && x.every((byte, i) => byte === y[i])
  x.fill(0)
  y.fill(0)
  return same
}

/** base64 of the device key's signature over "ZSC1 order" || digest: the bound device vouches for what was shown. */
export async function signWithDevice(digestHex: string): Promise<string> {
  const { key } = await device()
  return base64(sign(key, concat(utf8('ZSC1 order'), fromHex(digestHex))))
}
