import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { FaceChallenge } from '@zhangyin/shared/api'

const call = vi.hoisted(() => vi.fn(async () => ({})))
vi.mock('@/lib/bank', () => ({ call }))

import { challengeOf, FaceStopped, playChallenge } from '@/lib/face'

const challenge: FaceChallenge = { capture_id: 'c1', actions: ['nod', 'blink'], frames: 2, frame_max: 32768, expires_at: 9 }

function player(stopAfter = Infinity) {
  const said: string[] = []
  let pictures = 0
  const camera = { picture: vi.fn(async (max: number) => `picture-${++pictures}-${max}`), stop: vi.fn() }
  const steps = { say: (action: string, place: number) => said.push(`${place} ${action}`), wait: async () => undefined, stopped: () => pictures >= stopAfter }
  return { said, camera, steps }
}

describe('a face challenge', () => {
  beforeEach(() => call.mockClear())

  it('is played action by action, each picture in its place', async () => {
    const { said, camera, steps } = player()
    await playChallenge(challenge, camera, steps)
    expect(said).toEqual(['1 nod', '2 blink'])
    expect(call.mock.calls).toEqual(
      [[0, 0], [0, 1], [1, 0], [1, 1]].map(([action, frame], i) => [
        'face.frame', { capture_id: 'c1', action, frame, image: `picture-${i + 1}-32768` },
      ]),
    )
  })

  it('ends when nobody wants it any more', async () => {
    const { camera, steps } = player(1)
    await expect(playChallenge(challenge, camera, steps)).rejects.toThrow(FaceStopped)
    expect(call).toHaveBeenCalledTimes(1)
  })

  it('is whole or none', () => {
    expect(challengeOf(challenge)).toEqual(challenge)
    expect(challengeOf({ ...challenge, actions: [] })).toBeNull()
    expect(challengeOf({ expires_at: 9 })).toBeNull()
  })
})
