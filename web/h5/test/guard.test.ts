import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { coverCount, covered, IDLE_MS, startGuard, uncover } from '@/lib/guard'
import { SecretBuffer } from '@/keyboard/secret'

let now = 0
let loggedIn = true
const end = vi.fn()
const hidden = vi.fn()
let stop: () => void

function visible(state: 'hidden' | 'visible'): void {
  Object.defineProperty(document, 'visibilityState', { value: state, configurable: true })
  document.dispatchEvent(new Event('visibilitychange'))
}

beforeEach(() => {
  vi.useFakeTimers()
  now = 1_000_000
  loggedIn = true
  covered.value = false
  end.mockReset()
  end.mockImplementation(() => (loggedIn = false))
  hidden.mockReset()
  stop = startGuard({ loggedIn: () => loggedIn, end, hidden, now: () => now })
})

afterEach(() => {
  stop()
  visible('visible')
  vi.useRealTimers()
})

describe('background lock', () => {
  it('covers the page and wipes typed secrets at once', () => {
    const secret = new SecretBuffer(6)
    secret.push('1')
    const before = coverCount.value
    visible('hidden')
    expect([covered.value, secret.length, coverCount.value]).toEqual([true, 0, before + 1])
    expect(hidden).toHaveBeenCalledOnce()
    expect(end).not.toHaveBeenCalled()
  })

  it('stays covered on the return until the customer uncovers', () => {
    visible('hidden')
    now += IDLE_MS - 1
    visible('visible')
    expect(covered.value).toBe(true)
    uncover()
    expect(covered.value).toBe(false)
    expect(end).not.toHaveBeenCalled()
  })

  it('ends the session after five minutes away even when timers slept', () => {
    visible('hidden')
    now += IDLE_MS
    visible('visible')
    expect(end).toHaveBeenCalledExactlyOnceWith('background')
    expect(covered.value).toBe(false)
  })

  it('ends the session while still away when timers run', () => {
    visible('hidden')
    now += IDLE_MS
    vi.advanceTimersByTime(5_000)
    expect(end).toHaveBeenCalledExactlyOnceWith('background')
  })

  it('wipes but does not cover a page without a login', () => {
    loggedIn = false
    const secret = new SecretBuffer(6)
    secret.push('1')
    visible('hidden')
    expect([covered.value, secret.length]).toEqual([false, 0])
  })
})

describe('idle', () => {
  it('ends the session after five minutes without a touch', () => {
    now += IDLE_MS - 1
    vi.advanceTimersByTime(5_000)
    expect(end).not.toHaveBeenCalled()
    now += 1
    vi.advanceTimersByTime(5_000)
    expect(end).toHaveBeenCalledExactlyOnceWith('idle')
  })

  it('begins anew with each touch, but a touch too late does not save it', () => {
    now += IDLE_MS - 1
    document.dispatchEvent(new Event('pointerdown'))
    now += IDLE_MS - 1
    vi.advanceTimersByTime(5_000)
    expect(end).not.toHaveBeenCalled()
    now += 1
    document.dispatchEvent(new Event('keydown'))
    expect(end).toHaveBeenCalledExactlyOnceWith('idle')
  })
})
