/**
 * The lock of the page. Out of sight: covered and typed secrets wiped at once. Back within five
 * minutes: one tap uncovers. Longer, or five minutes without a touch: the session is ended.
 */
import { ref } from 'vue'
import { wipeAllSecrets } from '@/keyboard/secret'
import type { EndReason } from '@/stores/session'

export const IDLE_MS = 5 * 60_000
const CHECK_MS = 5_000

export const covered = ref(false)
/** Counts covers, so that pages drop what they hold of typed secrets. */
export const coverCount = ref(0)

interface Hooks {
  loggedIn: () => boolean
  end: (reason: EndReason) => void
  /** The page went out of sight: the server counts the time, too. */
  hidden?: () => void
  now?: () => number
}

export function uncover(): void {
  covered.value = false
}

/** Returns a function that takes the listeners off again. */
export function startGuard({ loggedIn, end, hidden, now = Date.now }: Hooks): () => void {
  let lastTouch = now()
  let hiddenAt: number | null = null

  function touched(): void {
    if (!check()) lastTouch = now()
  }

  /** Timers sleep in the background, so this also runs on the way back. */
  function check(): boolean {
    if (!loggedIn()) return false
    const since = hiddenAt ?? lastTouch
    if (now() - since < IDLE_MS) return false
    const reason = hiddenAt === null ? 'idle' : 'background'
    hiddenAt = null
    covered.value = false
    end(reason)
    return true
  }

  function visibility(): void {
    if (document.visibilityState === 'hidden') {
      wipeAllSecrets()
      coverCount.value++
      if (!loggedIn()) return
      hiddenAt = now()
      covered.value = true
      hidden?.()
    } else if (!check()) {
      hiddenAt = null
      lastTouch = now()
    }
  }

  const events = ['pointerdown', 'keydown'] as const
  for (const name of events) document.addEventListener(name, touched, { capture: true, passive: true })
  document.addEventListener('visibilitychange', visibility)
  const timer = setInterval(check, CHECK_MS)
  return () => {
    for (const name of events) document.removeEventListener(name, touched, { capture: true })
    document.removeEventListener('visibilitychange', visibility)
    clearInterval(timer)
  }
}
