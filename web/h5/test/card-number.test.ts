import { flushPromises, mount } from '@vue/test-utils'
import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createMemoryHistory, createRouter } from 'vue-router'
import CardNumber from '@/components/CardNumber.vue'
import { i18n } from '@/i18n'
import { coverCount } from '@/lib/guard'

const call = vi.hoisted(() => vi.fn())
vi.mock('@/lib/bank', () => ({ call, sealSecret: vi.fn(), zsc: vi.fn() }))

const WHOLE = '6217000000005566'
const MASKED = '6217 **** **** 5566'

async function shown() {
  const router = createRouter({
    history: createMemoryHistory(),
    routes: [{ path: '/:rest(.*)*', component: { template: '<p />' } }],
  })
  await router.push('/account/a1?reveal=ORDER')
  call.mockResolvedValue({ what: 'card_number', value: WHOLE, show_s: 30 })
  const wrapper = mount(CardNumber, { props: { accountId: 'a1', masked: MASKED }, global: { plugins: [i18n, router] } })
  await flushPromises()
  return { wrapper, router, number: () => wrapper.find('[data-test="card-number"]').text() }
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date', 'setInterval', 'clearInterval'] })
  setActivePinia(createPinia())
  call.mockReset()
})
afterEach(() => vi.useRealTimers())

describe('a whole card number', () => {
  it('is asked for once and hidden after thirty seconds', async () => {
    const { wrapper, router, number } = await shown()
    expect(call).toHaveBeenCalledExactlyOnceWith('reveal.get', { order_id: 'ORDER' })
    expect(number()).toBe('6217 0000 0000 5566')
    expect(router.currentRoute.value.query).toEqual({})
    vi.advanceTimersByTime(29_000)
    await flushPromises()
    expect(wrapper.find('[data-test="reveal-left"]').text()).toContain('1')
    vi.advanceTimersByTime(1_500)
    await flushPromises()
    expect(number()).toBe(MASKED)
    expect(wrapper.html()).not.toContain('0000 0000')
  })

  it('is hidden at once when the page is covered', async () => {
    const { number } = await shown()
    coverCount.value++
    await flushPromises()
    expect(number()).toBe(MASKED)
  })

  it('is kept in no storage', async () => {
    await shown()
    expect(JSON.stringify([{ ...localStorage }, { ...sessionStorage }])).not.toContain('0005566')
  })
})
