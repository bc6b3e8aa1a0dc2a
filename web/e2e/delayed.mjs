/** Stories of transfers that leave later, and of the paper for those that have arrived. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { at, login, prove, transfer, typeAmount } from './phone.mjs'

const inState = (page, state) => page.locator(`[data-test="order-state"][data-state="${state}"]`)

export const delayedStories = {
  async money_that_leaves_later_is_taken_back({ bank, visitor }) {
    const [who, to] = bank.demo.customers
    const page = await visitor()
    await page.goto(bank.demo.doors.desk + '/index.html')
    await login(page, bank, who)
    const total = await at(page, 'total').innerText()
    await at(page, 'tab-transfer').click()
    await at(page, 'to-number').fill(to.accounts[0].number)
    await at(page, 'to-name').fill(to.name)
    await typeAmount(page, '10005.60')
    await at(page, 'arrival-two_hours').check()
    assert.equal(await at(page, 'capitals').innerText(), '壹万零伍元陆角')
    await page.picture('delayed-form')
    await at(page, 'transfer-next').click()
    await at(page, 'order-text').getByText('2 小时后').waitFor()
    await page.picture('delayed-check')
    await prove(page, bank, who)
    await inState(page, 'held').waitFor()
    await at(page, 'arrives').waitFor()
    assert.equal(await at(page, 'paper').count(), 0)
    await page.picture('delayed-held')
    await at(page, 'take-back').click()
    await page.picture('delayed-sure')
    await page.getByRole('button', { name: '确认撤销' }).click()
    await inState(page, 'cancelled').waitFor()
    await page.picture('delayed-taken-back')
    await at(page, 'result-done').click()
    await page.waitForFunction((want) => document.querySelector('[data-test="total"]')?.textContent?.trim() === want, total.trim())
  },

  async a_customer_keeps_the_paper_of_a_payment({ bank, visitor }) {
    const [who, to] = bank.demo.customers
    const page = await visitor()
    await page.goto(bank.demo.doors.desk + '/index.html')
    await login(page, bank, who)
    await transfer(page, bank, who, to, '12.34')
    await inState(page, 'posted').waitFor()
    const [file] = await Promise.all([page.waitForEvent('download'), at(page, 'paper').click()])
    assert.match(readFileSync(await file.path()).subarray(0, 5).toString(), /%PDF-/)
    await at(page, 'paper-code').waitFor()
    await page.picture('paper')
  },
}
