/** What a dynamic token in somebody's hand shows (GB/T 38556 on SM3); a person cannot wait a minute in a story. */
import { sm3 } from 'sm-crypto-v2'

const STEP_S = 60

/** The code `ahead` steps from now; with a challenge, the code to it. */
export function tokenCode(seedHex, ahead = 0, challenge = '') {
  const id = Buffer.alloc(Math.max(16, 8 + challenge.length))
  id.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 1000 / STEP_S) + ahead))
  id.write(challenge, 8, 'ascii')
  const hash = Buffer.from(sm3(Buffer.concat([Buffer.from(seedHex, 'hex'), id])), 'hex')
  let sum = 0
  for (let i = 0; i < 32; i += 4) sum = (sum + hash.readUInt32BE(i)) >>> 0
  return String(sum % 1_000_000).padStart(6, '0')
}
