import { mount } from '@vue/test-utils'
import { describe, expect, it } from 'vitest'
import { createI18n } from 'vue-i18n'
import zh from '@zhangyin/shared/i18n/zh-CN.json'
import MonthCalendar, { type Mark } from '@/components/MonthCalendar.vue'

const i18n = createI18n({ legacy: false, locale: 'zh-CN', messages: { 'zh-CN': zh } })

function calendar() {
  const marks = new Map<string, Mark>([['2026-11-26', { tone: 'coming', count: 2 }]])
  return mount(MonthCalendar, {
    global: { plugins: [i18n] },
    props: { marks, today: '2026-11-23', month: '2026-11-01', day: '2026-11-23' },
  })
}

describe('the calendar', () => {
  it('says of a day how much is on it, and which one is chosen', async () => {
    const page = calendar()
    const marked = page.get('[data-test="day-2026-11-26"]')
    expect(marked.attributes('aria-label')).toContain('2')
    expect(marked.attributes('aria-pressed')).toBe('false')
    expect(page.get('[data-test="day-2026-11-23"]').attributes('aria-pressed')).toBe('true')
    await marked.trigger('click')
    expect(page.emitted('update:day')).toEqual([['2026-11-26']])
  })

  it('turns over the end of the year', async () => {
    const page = calendar()
    await page.setProps({ month: '2026-12-01' })
    await page.get('[data-test="month-after"]').trigger('click')
    expect(page.emitted('update:month')).toEqual([['2027-01-01']])
    await page.setProps({ month: '2027-01-01' })
    await page.get('[data-test="month-before"]').trigger('click')
    expect(page.emitted('update:month')?.at(-1)).toEqual(['2026-12-01'])
  })
})
