// @vitest-environment node
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { concat, fromBase64, fromHex, hex, utf8 } from '@zhangyin/shared/bytes'
import type { SecretSource } from '@zhangyin/shared/secret-source'
import { verify } from '@zhangyin/shared/sm'

const store = vi.hoisted(() => new Map<string, Uint8Array>())
vi.mock('@/lib/vault', () => ({
  keep: (label: string, bytes: Uint8Array) => Promise.resolve(void store.set(label, bytes.slice())),
  kept: (label: string) => Promise.resolve(store.get(label)?.slice() ?? null),
  dropKept: (label: string) => Promise.resolve(void store.delete(label)),
}))

import { changePin, hasSoftKey, isWeakPin, makeSoftKey, promoteSoftKey, samePin, signOrder } from '@/lib/soft-key'

const DIGEST = 'ab'.repeat(32)
const typed = (text: string): SecretSource => ({
  writeInto(target) {
    target.set(utf8(text))
    return text.length
  },
})

/** The point stands in the request behind the bit string's head. */
function publicKeyOf(request: string): Uint8Array {
  const text = hex(fromBase64(request))
  return fromHex(text.slice(text.indexOf('034200') + 6).slice(0, 130))
}

beforeEach(() => store.clear())

describe('soft key', () => {
  it('signs for the key of its request, under its PIN', async () => {
    const request = await makeSoftKey(typed('258036'))
    expect(await hasSoftKey()).toBe(false) // not before it is certified
    await promoteSoftKey()
    const signature = fromBase64(await signOrder(typed('258036'), DIGEST))
    expect(verify(publicKeyOf(request), concat(utf8('ZSC1 order'), fromHex(DIGEST)), signature)).toBe(true)
  })

  it('is gone after five wrong PINs, and a right one starts the count anew', async () => {
    await makeSoftKey(typed('258036'))
    await promoteSoftKey()
    for (const left of [4, 3, 2, 1]) await expect(signOrder(typed('111222'), DIGEST)).rejects.toMatchObject({ left })
    await signOrder(typed('258036'), DIGEST)
    for (const left of [4, 3, 2, 1, 0]) await expect(signOrder(typed('111222'), DIGEST)).rejects.toMatchObject({ left })
    expect(await hasSoftKey()).toBe(false)
    await expect(signOrder(typed('258036'), DIGEST)).rejects.toMatchObject({ left: 0 })
  }, 60_000)

  it('changes its PIN for the old one alone', async () => {
    await makeSoftKey(typed('258036'))
    await promoteSoftKey()
    await expect(changePin(typed('000000'), typed('147025'))).rejects.toMatchObject({ name: 'PinWrong' })
    await changePin(typed('258036'), typed('147025'))
    await signOrder(typed('147025'), DIGEST)
    await expect(signOrder(typed('258036'), DIGEST)).rejects.toMatchObject({ name: 'PinWrong' })
  }, 60_000)

  it('rests nowhere in clear', async () => {
    await makeSoftKey(typed('258036'))
    await promoteSoftKey()
    const [bytes] = [...store.values()]
    expect(bytes).toHaveLength(1 + 16 + 12 + 32 + 16)
  })

  it('takes no PIN that is equal digits or a run', () => {
    for (const weak of ['111111', '123456', '654321', '12345', '']) expect(isWeakPin(typed(weak))).toBe(true)
    for (const good of ['258036', '112233', '121212']) expect(isWeakPin(typed(good))).toBe(false)
    expect(samePin(typed('258036'), typed('258036'))).toBe(true)
    expect(samePin(typed('258036'), typed('258037'))).toBe(false)
  })
})
