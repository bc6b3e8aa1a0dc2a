/** Stories of accounts: e-accounts from opening to closing, loss, own limits, papers. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { at, bothWidths, login, prove, typeInto, typeSecret } from './phone.mjs'

const PIN = '481926'
const NEW_PIN = '705318'

const open = (page, bank, path) => page.goto(`${bank.demo.doors.desk}/index.html#${path}`)
const account = (page, kind) => page.locator('[data-test="account"]', { hasText: kind })

async function typePins(page, pins) {
  for (const [field, pin] of Object.entries(pins)) await typeInto(page, field, pin, true)
}

async function manage(page, bank, kind) {
  await open(page, bank, '/')
  await account(page, kind).click()
  await at(page, 'care').click()
  await at(page, 'care-alias').waitFor()
}

export const accountStories = {
  async an_e_account_is_opened_given_a_new_password_and_closed({ bank, visitor }) {
    const who = bank.demo.customers[2]
    const page = await visitor()
    await open(page, bank, '')
    await login(page, bank, who)
    await at(page, 'open-account').click()
    await at(page, 'open-class2').check()
    await typePins(page, { 'open-password': PIN, 'open-again': PIN })
    await bothWidths(page, 'account-open')
    await at(page, 'open-next').click()
    await at(page, 'order-text').waitFor()
    await page.picture('account-open-check')
    await prove(page, bank, who)
    await account(page, 'Ⅱ类账户').waitFor()
    await at(page, 'assets').click()
    await at(page, 'assets-group').nth(1).waitFor()
    await bothWidths(page, 'assets')

    await manage(page, bank, 'Ⅱ类账户')
    await at(page, 'care-quota').waitFor()
    await bothWidths(page, 'account-care')
    await at(page, 'care-password').click()
    await typePins(page, { 'password-old': PIN, 'password-new': NEW_PIN, 'password-again': NEW_PIN })
    await page.picture('account-password')
    await at(page, 'password-next').click()
    await prove(page, bank, who)
    await at(page, 'care-close').click()
    await typePins(page, { 'close-password': NEW_PIN })
    await page.picture('account-close')
    await at(page, 'close-next').click()
    await at(page, 'order-text').waitFor()
    await page.picture('account-close-check')
    await prove(page, bank, who)
    await at(page, 'total').waitFor()
    await account(page, 'Ⅱ类账户').waitFor({ state: 'detached' })
  },

  async a_lost_card_pays_nothing_until_the_loss_is_lifted({ bank, visitor }) {
    const who = bank.demo.customers[0]
    const page = await visitor()
    await open(page, bank, '')
    await login(page, bank, who)
    const name = '储蓄账户'
    await manage(page, bank, name)
    await at(page, 'care-loss').click()
    await at(page, 'order-text').waitFor()
    await page.picture('account-loss-check')
    await at(page, 'check-next').click()
    await at(page, 'prove-password').waitFor()
    await typeSecret(page, who.pay_password, true)
    await account(page, name).locator('.account-state').waitFor()
    await manage(page, bank, name)
    await at(page, 'care-lift').waitFor()
    await page.picture('account-lost')
    await at(page, 'care-lift').click()
    await prove(page, bank, who)
    await at(page, 'total').waitFor()
    await account(page, name).locator('.account-state').waitFor({ state: 'detached' })
  },

  async own_limits_fall_at_once_and_rise_by_an_order({ bank, visitor }) {
    const who = bank.demo.customers[2]
    const page = await visitor()
    await open(page, bank, '')
    await login(page, bank, who)
    await at(page, 'tab-mine').click()
    await at(page, 'mine-limits').click()
    await at(page, 'limit-once').waitFor()
    const once = await at(page, 'limit-once').inputValue()
    const day = await at(page, 'limit-day').inputValue()
    await at(page, 'limit-once').fill('2000')
    await at(page, 'limit-day').fill('1000')
    await at(page, 'limits-save').click()
    await page.getByText('当日限额不能低于单笔限额').waitFor()
    await bothWidths(page, 'limits')
    await at(page, 'limit-day').fill('5000')
    await at(page, 'limits-save').click()
    await page.waitForFunction(() => document.querySelector('[data-test="limit-once"]').value === '2,000.00')
    await at(page, 'limit-once').fill(once)
    await at(page, 'limit-day').fill(day)
    await at(page, 'limits-save').click()
    await at(page, 'order-text').waitFor()
    await page.picture('limits-check')
    await prove(page, bank, who)
    await page.waitForFunction((want) => document.querySelector('[data-test="limit-once"]')?.value === want, once)
  },

  async a_statement_is_what_its_code_says({ bank, visitor }) {
    const who = bank.demo.customers[0]
    const page = await visitor()
    await open(page, bank, '')
    await login(page, bank, who)
    await manage(page, bank, '储蓄账户')
    const [file] = await Promise.all([page.waitForEvent('download'), at(page, 'statement-csv').click()])
    assert.ok(!readFileSync(await file.path(), 'utf8').includes(who.accounts[1].number))
    const code = /[A-Z2-7]{16}/.exec(await page.locator('main').innerText())[0]
    const stranger = await visitor()
    await open(stranger, bank, '/paper')
    await at(stranger, 'paper-check-code').fill(code.toLowerCase())
    await at(stranger, 'paper-check').click()
    await stranger.locator('[data-test="paper-answer"][data-right="true"]').waitFor()
    await bothWidths(stranger, 'paper-right')
    await at(stranger, 'paper-check-code').fill('A'.repeat(16))
    await at(stranger, 'paper-check').click()
    await stranger.locator('[data-test="paper-answer"][data-right="false"]').waitFor()
    await stranger.picture('paper-wrong')
  },

  async a_card_that_is_not_ones_own_is_not_added({ bank, visitor, faults }) {
    const [stranger, , who] = bank.demo.customers
    const page = await visitor()
    await open(page, bank, '')
    await login(page, bank, who)
    await at(page, 'add-account').click()
    await at(page, 'add-card').fill(stranger.accounts[1].number)
    await at(page, 'add-phone').fill(stranger.phone)
    await typeInto(page, 'add-pin', '739158', true)
    await page.picture('account-add')
    await at(page, 'add-next').click()
    await page.locator('[data-test="add-error"]', { hasText: /./ }).waitFor()
    await page.picture('account-add-refused')
    faults.splice(0, faults.length, ...faults.filter((fault) => !/ 40[0-9] /.test(fault)))
  },
}
