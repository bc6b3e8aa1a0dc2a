/** What the key of this device signs. */
import { base64, concat, fromHex, utf8 } from '@zhangyin/shared/bytes'
import { sign } from '@zhangyin/shared/sm'
import { device } from './device'

/** base64 of the device key's signature over "ZSC1 order" || digest: the bound device vouches for what was shown. */
export async function signWithDevice(digestHex: string): Promise<string> {
  const { key } = await device()
  return base64(sign(key, concat(utf8('ZSC1 order'), fromHex(digestHex))))
}
