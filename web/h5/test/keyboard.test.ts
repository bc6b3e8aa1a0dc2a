import { mount } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { nextTick, reactive } from 'vue'
import { fromUtf8 } from '@zhangyin/shared/bytes'
import { keysOf, shuffled, type KeyboardPage } from '@/keyboard/layout'
import { SecretBuffer, wipeAllSecrets } from '@/keyboard/secret'
import SoftKeyboard from '@/keyboard/SoftKeyboard.vue'
import SecretField from '@/keyboard/SecretField.vue'
import CodeInput from '@/components/CodeInput.vue'
import { i18n } from '@/i18n'

const PASSWORD = 'Ab1!z'

function valueOf(secret: SecretBuffer): string {
  const bytes = new Uint8Array(64)
  return fromUtf8(bytes.subarray(0, secret.writeInto(bytes)))
}

function typeInto(secret: SecretBuffer, text: string): void {
  for (const char of text) secret.push(char)
}

describe('secret buffer', () => {
  it('gives back what was typed into the buffer of its caller only', () => {
    const secret = new SecretBuffer(32)
    typeInto(secret, 'päss1')
    secret.pop()
    expect([valueOf(secret), secret.length]).toEqual(['päss', 4])
  })

  it('takes back a character of many bytes as one', () => {
    const secret = new SecretBuffer(32)
    typeInto(secret, 'a密')
    secret.pop()
    expect(valueOf(secret)).toBe('a')
    secret.pop()
    secret.pop()
    expect([valueOf(secret), secret.length]).toEqual(['', 0])
  })

  it('takes no more than its maximum', () => {
    const secret = new SecretBuffer(6)
    typeInto(secret, '12345678')
    expect(valueOf(secret)).toBe('123456')
    const long = new SecretBuffer(100)
    typeInto(long, '密'.repeat(30))
    expect(long.length).toBe(21)
  })

  it('shows nothing of itself to reactivity or JSON or enumeration', () => {
    const secret = new SecretBuffer(32)
    const state = reactive({ secret })
    typeInto(secret, PASSWORD)
    expect(state.secret).toBe(secret)
    expect(JSON.stringify(secret)).not.toContain(PASSWORD)
    expect(Object.keys(secret)).toEqual(['max'])
  })

  it('holds no plain character in memory', () => {
    const arrays: Uint8Array[] = []
    const set = vi.spyOn(Uint8Array.prototype, 'set').mockImplementation(function (this: Uint8Array, from) {
      arrays.push(this)
      for (let i = 0; i < from.length; i++) this[i] = from[i]!
    })
    const secret = new SecretBuffer(32)
    typeInto(secret, 'aaaaaaaaaaaaaaaaaaaaaaaa')
    set.mockRestore()
    for (const array of arrays) expect(array.filter((b) => b === 0x61).length).toBeLessThan(8)
  })

  it('is wiped with all others when the page is left', () => {
    const secrets = [new SecretBuffer(6), new SecretBuffer(32)]
    for (const s of secrets) typeInto(s, '123')
    wipeAllSecrets()
    expect(secrets.map((s) => s.length)).toEqual([0, 0])
    expect(secrets.map(valueOf)).toEqual(['', ''])
  })
})

describe('layout', () => {
  it.each([
    ['lower', 26],
    ['upper', 26],
    ['digit', 10],
    ['symbol', 32],
  ] as [KeyboardPage, number][])('%s has each of its %i keys once', (page, count) => {
    const keys = keysOf(page)
    expect(keys).toHaveLength(count)
    expect(new Set(keys).size).toBe(count)
  })

  it('covers every printable ASCII character but the space', () => {
    const all = (['lower', 'upper', 'digit', 'symbol'] as const).flatMap(keysOf)
    const wanted = Array.from({ length: 94 }, (_, i) => String.fromCharCode(33 + i))
    expect([...all].sort()).toEqual([...wanted].sort())
  })

  it('puts every digit at every place about equally often', () => {
    const rounds = 4000
    const seen = Array.from({ length: 10 }, () => new Array<number>(10).fill(0))
    for (let n = 0; n < rounds; n++) shuffled([...'0123456789']).forEach((d, at) => seen[Number(d)]![at]!++)
    for (const count of seen.flat()) {
      expect(count).toBeGreaterThan(rounds / 10 - 120)
      expect(count).toBeLessThan(rounds / 10 + 120)
    }
  })

  it('draws from the cryptographic generator only', () => {
    const weak = vi.spyOn(Math, 'random')
    const strong = vi.spyOn(crypto, 'getRandomValues')
    keysOf('digit')
    expect(weak).not.toHaveBeenCalled()
    expect(strong).toHaveBeenCalled()
    vi.restoreAllMocks()
  })
})

describe('soft keyboard on the page', () => {
  const global = { plugins: [i18n] }
  let host: HTMLElement

  beforeEach(() => {
    host = document.createElement('div')
    document.body.append(host)
  })
  afterEach(() => host.remove())

  async function press(text: string): Promise<void> {
    for (const char of text) {
      const keys = [...document.querySelectorAll<HTMLElement>('[data-test=kb-key]')]
      keys.find((k) => k.textContent!.trim() === char)!.click()
      await nextTick()
    }
  }

  it('never echoes what is typed and has no input element', async () => {
    const secret = new SecretBuffer(32)
    const field = mount(SecretField, {
      global,
      attachTo: host,
      props: {
        secret,
        label: 'password',
        placeholder: 'type',
        'onUpdate:length': (n: number | undefined) => field.setProps({ length: n ?? 0 }),
      },
    })
    await field.find('[data-test=secret-field]').trigger('click')
    await press('cab')
    expect(valueOf(secret)).toBe('cab')
    expect(document.querySelectorAll('input, textarea, [contenteditable]')).toHaveLength(0)
    expect(field.findAll('.dots i')).toHaveLength(3)
    const shown = document.querySelector('[data-test=secret-field]')!
    expect(shown.outerHTML).not.toContain('cab')
    expect(shown.textContent!.trim()).toBe('type') /* the field's name and nothing else */
    expect(shown.getAttribute('aria-label')).not.toContain('cab')
    field.unmount()
  })

  it('keeps every character a button and does not mark the pressed one', async () => {
    const secret = new SecretBuffer(6)
    const keyboard = mount(SoftKeyboard, { global, attachTo: host, props: { secret, digitsOnly: true, inline: true } })
    const before = keyboard.html()
    await press('777')
    expect(secret.length).toBe(3)
    expect(keyboard.html()).toBe(before)
    expect(keyboard.findAll('button[type=button][data-test=kb-key]')).toHaveLength(10)
    expect(keyboard.emitted('change')).toEqual([[1], [2], [3]])
    keyboard.unmount()
  })

  it('shows dots for the digits of a text message', async () => {
    const input = mount(CodeInput, { global, attachTo: host, props: { code: '' } })
    await input.setProps({ code: '4711' })
    expect(input.findAll('.box i')).toHaveLength(4)
    expect(input.findAll('.box').map((box) => box.text()).join('')).toBe('')
    expect(input.html()).not.toContain('4711')
    input.unmount()
  })

  it('lays the keys out anew each time it opens', async () => {
    const secret = new SecretBuffer(6)
    const orders = new Set<string>()
    for (let i = 0; i < 6; i++) {
      const keyboard = mount(SoftKeyboard, { global, props: { secret, inline: true } })
      orders.add(keyboard.findAll('[data-test=kb-key]').map((k) => k.text()).join(''))
      keyboard.unmount()
    }
    expect(orders.size).toBe(6)
  })
})
