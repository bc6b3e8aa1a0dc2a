/** Stories of phone-number payment, with zhangyin-clearing for the clearing house. */
import assert from 'node:assert/strict'
import { at, login, prove } from './phone.mjs'

const HOUSE_MS = 20000

const inState = (page, state) => page.locator(`[data-test="phone-pay-binding"][data-state="${state}"]`)

export const phonePayStories = {
  async a_phone_number_is_bound_at_the_clearing_house_and_unbound({ bank, visitor }) {
    const who = bank.demo.customers[0]
    const page = await visitor()
    await page.goto(bank.demo.doors.desk + '/index.html')
    await login(page, bank, who)
    await at(page, 'tab-mine').click()
    await at(page, 'mine-phone-pay').click()
    await at(page, 'phone-pay-bind').waitFor()
    await page.picture('phone-pay')
    await at(page, 'phone-pay-bind').click()
    await at(page, 'order-text').waitFor()
    await page.picture('phone-pay-order')
    await prove(page, bank, who)
    await at(page, 'phone-pay-binding').waitFor()
    await page.picture('phone-pay-binding')
    await inState(page, 'bound').waitFor({ timeout: HOUSE_MS })
    await page.picture('phone-pay-bound')
    assert.ok(!(await page.content()).includes(who.phone))
    await bank.until('the text about it', () => bank.newest(who.phone).includes('收款号码'))
    await page.setViewportSize({ width: 1280, height: 800 })
    await page.picture('phone-pay-wide')
    await page.setViewportSize({ width: 390, height: 844 })
    await page.waitForTimeout(1000)
    await at(page, 'phone-pay-unbind').click()
    await prove(page, bank, who)
    await at(page, 'phone-pay-bind').waitFor({ timeout: HOUSE_MS })
  },
}
