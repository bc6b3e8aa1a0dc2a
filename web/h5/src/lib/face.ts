/** A face challenge: action by action, with what is said and when a picture is taken. */
import type { FaceAction, FaceChallenge } from '@zhangyin/shared/api'
import { call } from '@/lib/bank'
import type { Camera } from '@/lib/camera'

/** Time to hear what is asked and to begin it; then between two pictures of one action. */
export const READY_MS = 1600
export const BETWEEN_MS = 600

export interface FaceSteps {
  /** the action that is asked for now; its place from 1 */
  say: (action: FaceAction, place: number) => void
  wait: (ms: number) => Promise<void>
  /** no longer wanted: the page went away */
  stopped: () => boolean
}

export class FaceStopped extends Error {
  override name = 'FaceStopped'
}

/** Asks for each action in its order and sends its pictures. */
export async function playChallenge(challenge: FaceChallenge, camera: Camera, steps: FaceSteps): Promise<void> {
  for (const [place, action] of challenge.actions.entries()) {
    steps.say(action, place + 1)
    for (let frame = 0; frame < challenge.frames; frame++) {
      await steps.wait(frame === 0 ? READY_MS : BETWEEN_MS)
      if (steps.stopped()) throw new FaceStopped('stopped')
      const image = await camera.picture(challenge.frame_max)
      await call('face.frame', { capture_id: challenge.capture_id, action: place, frame, image })
    }
  }
}

/** A begun factor or enrolment that has a challenge. */
export function challengeOf(news: Partial<FaceChallenge>): FaceChallenge | null {
  const { capture_id, actions, frames, frame_max, expires_at } = news
  if (!capture_id || !actions?.length || !frames || !frame_max || !expires_at) return null
  return { capture_id, actions, frames, frame_max, expires_at }
}
