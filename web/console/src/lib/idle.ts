/**
 * The server ends a session that made no call for 15 minutes. Here: whoever works (types, reads, scrolls) keeps it; whoever
 * does not is asked a minute before, and logged out. Timers sleep with the machine, so only the clock counts.
 */
export const IDLE_MS = 15 * 60_000
export const NOTICE_MS = 60_000
const KEEP_MS = 4 * 60_000
const TICK_MS = 1_000

export interface IdleHooks {
  active: () => boolean
  /** How long the server waits. */
  limitMs: () => number
  lastAnswer: () => number
  touch: () => void
  /** Seconds that are left, or null when there is no need to ask. */
  notice: (seconds: number | null) => void
  end: () => void
}

const SIGNS = ['pointerdown', 'keydown', 'wheel', 'touchstart'] as const

export function startIdle(hooks: IdleHooks, now: () => number = Date.now): { stop: () => void; stay: () => void } {
  let seen = now()
  let asked = false

  const notice = (seconds: number | null): void => {
    asked = seconds !== null
    hooks.notice(seconds)
  }
  const stay = (): void => {
    seen = now()
    notice(null)
    hooks.touch()
  }
  /** Once asked, only the answer to the question counts. */
  const sign = (): void => {
    if (!hooks.active() || asked || now() - seen > hooks.limitMs() - NOTICE_MS) return
    seen = now()
    if (seen - hooks.lastAnswer() > KEEP_MS) hooks.touch()
  }
  const tick = (): void => {
    if (!hooks.active()) {
      seen = now()
      if (asked) notice(null)
      return
    }
    const left = seen + hooks.limitMs() - now()
    if (left <= 0) {
      notice(null)
      hooks.end()
    } else if (left <= NOTICE_MS) notice(Math.ceil(left / 1000))
  }

  const timer = setInterval(tick, TICK_MS)
  for (const name of SIGNS) window.addEventListener(name, sign, { passive: true, capture: true })
  document.addEventListener('visibilitychange', tick)
  return {
    stay,
    stop: () => {
      clearInterval(timer)
      for (const name of SIGNS) window.removeEventListener(name, sign, { capture: true })
      document.removeEventListener('visibilitychange', tick)
    },
  }
}
