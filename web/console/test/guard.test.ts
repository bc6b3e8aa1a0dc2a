import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { IDLE_MS, NOTICE_MS, startIdle } from '@/lib/idle'
import { startProtection } from '@/lib/protect'

describe('an idle console', () => {
  const hooks = { active: () => true, limitMs: () => IDLE_MS, lastAnswer: () => answered, touch: vi.fn(), notice: vi.fn(), end: vi.fn() }
  let answered = 0
  let idle: ReturnType<typeof startIdle>

  beforeEach(() => {
    vi.useFakeTimers()
    vi.clearAllMocks()
    answered = Date.now()
    idle = startIdle(hooks)
  })
  afterEach(() => {
    idle.stop()
    vi.useRealTimers()
  })
  const sign = () => window.dispatchEvent(new Event('keydown'))

  it('asks a minute before and ends at the limit', () => {
    vi.advanceTimersByTime(IDLE_MS - NOTICE_MS - 1000)
    expect(hooks.notice).not.toHaveBeenCalled()
    vi.advanceTimersByTime(2000)
    expect(hooks.notice).toHaveBeenLastCalledWith(59)
    expect(hooks.end).not.toHaveBeenCalled()
    vi.advanceTimersByTime(NOTICE_MS)
    expect(hooks.end).toHaveBeenCalled()
  })

  it('ends at once when the machine slept past the limit', () => {
    vi.setSystemTime(Date.now() + IDLE_MS + 5000)
    vi.advanceTimersByTime(1000)
    expect(hooks.end).toHaveBeenCalledTimes(1)
  })

  it('tells the server of somebody who works without calling it', () => {
    vi.advanceTimersByTime(60_000)
    sign()
    expect(hooks.touch).not.toHaveBeenCalled()
    vi.advanceTimersByTime(4 * 60_000)
    sign()
    expect(hooks.touch).toHaveBeenCalledTimes(1)
    vi.advanceTimersByTime(IDLE_MS - NOTICE_MS - 1000)
    expect(hooks.notice).not.toHaveBeenCalled()
  })

  it('goes on only by the answer once it has asked', () => {
    vi.advanceTimersByTime(IDLE_MS - 30_000)
    sign()
    vi.advanceTimersByTime(1000)
    expect(hooks.notice).toHaveBeenLastCalledWith(29)
    idle.stay()
    expect(hooks.notice).toHaveBeenLastCalledWith(null)
    expect(hooks.touch).toHaveBeenCalled()
    vi.advanceTimersByTime(IDLE_MS - NOTICE_MS - 1000)
    expect(hooks.end).not.toHaveBeenCalled()
  })
})

describe('a protected page', () => {
  let on = true
  const refused = vi.fn()
  let stop: () => void

  beforeEach(() => {
    on = true
    refused.mockClear()
    document.body.innerHTML = '<p>6217 0000</p><input />'
    stop = startProtection(() => on, refused)
  })
  afterEach(() => stop())

  const fire = (name: string, selector = 'p', init: KeyboardEventInit = {}): boolean => {
    const event =
      name === 'keydown'
        ? new KeyboardEvent(name, { ...init, bubbles: true, cancelable: true })
        : new Event(name, { bubbles: true, cancelable: true })
    return document.querySelector(selector)!.dispatchEvent(event)
  }

  it('refuses copying and dragging out and the context menu', () => {
    for (const name of ['copy', 'cut', 'dragstart', 'contextmenu']) expect(fire(name), name).toBe(false)
    expect(refused).toHaveBeenCalledTimes(3)
  })

  it('refuses the keys for saving and printing', () => {
    expect(fire('keydown', 'p', { key: 's', ctrlKey: true })).toBe(false)
    expect(fire('keydown', 'p', { key: 'P', metaKey: true })).toBe(false)
    expect(fire('keydown', 'p', { key: 's' })).toBe(true)
  })

  it('leaves what one types oneself and other pages alone', () => {
    expect(fire('copy', 'input')).toBe(true)
    on = false
    expect(fire('copy')).toBe(true)
  })
})
