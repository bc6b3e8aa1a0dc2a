import { mount } from '@vue/test-utils'
import { describe, expect, it } from 'vitest'
import GesturePad from '@/components/GesturePad.vue'
import { i18n } from '@/i18n'
import { SecretBuffer } from '@/keyboard/secret'
import { pointBetween } from '@/lib/gesture-points'

function text(secret: SecretBuffer): string {
  const out = new Uint8Array(64)
  return new TextDecoder().decode(out.subarray(0, secret.writeInto(out)))
}

function pad() {
  const secret = new SecretBuffer(9)
  const wrapper = mount(GesturePad, { props: { secret }, global: { plugins: [i18n] } })
  const press = (points: string) =>
    Promise.all([...points].map((p) => wrapper.find(`[data-test="gesture-point-${p}"]`).trigger('keydown', { key: 'Enter' })))
  return { secret, wrapper, press }
}

describe('gesture', () => {
  it('takes points by keyboard, each once, and those that a line passes over', async () => {
    const { secret, wrapper, press } = pad()
    await press('1')
    await press('3')
    await press('3')
    await press('9')
    await wrapper.find('[data-test="gesture-finish"]').trigger('click')
    expect(text(secret)).toBe('12369')
    expect(wrapper.emitted('done')).toHaveLength(1)
  })

  it('forgets a drawing of fewer than five points', async () => {
    const { secret, wrapper, press } = pad()
    await press('1')
    await press('2')
    await press('5')
    await press('4')
    await wrapper.find('[data-test="gesture-finish"]').trigger('click')
    expect([wrapper.emitted('short')?.length, secret.length]).toEqual([1, 0])
    expect(wrapper.findAll('.on')).toHaveLength(0)
  })

  it('tells a screen reader each point and how many are joined', async () => {
    const { wrapper, press } = pad()
    await press('5')
    const point = wrapper.find('[data-test="gesture-point-5"]')
    expect(point.attributes('aria-label')).toBe('第 2 行第 2 个点')
    expect(point.attributes('aria-pressed')).toBe('true')
    expect(wrapper.find('[role="status"]').text()).toBe('已连接 1 个点')
  })

  it('knows the point between two far ones', () => {
    expect([pointBetween(1, 3), pointBetween(1, 9), pointBetween(2, 8), pointBetween(1, 2), pointBetween(1, 6)]).toEqual([2, 5, 5, 0, 0])
  })

  it('leaves an ended drawing to the page when the board goes, and takes one that was not ended along', async () => {
    const ended = pad()
    await ended.press('12569')
    await ended.wrapper.find('[data-test="gesture-finish"]').trigger('click')
    ended.wrapper.unmount()
    expect(text(ended.secret)).toBe('12569')
    const begun = pad()
    await begun.press('12')
    begun.wrapper.unmount()
    expect(begun.secret.length).toBe(0)
  })
})
