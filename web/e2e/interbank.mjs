/** Stories of money between banks, with zhangyin-clearing for the clearing house. */
import assert from 'node:assert/strict'
import { at, bothWidths, login, prove, typeAmount } from './phone.mjs'
import { decideNewest, enterConsole } from './staff.mjs'

const PAYEE = { number: '6222021001112223337', name: '王小丽', bank: '中国工商银行' }
const ANSWER_MS = 30000

async function pay(page, bank, who, name, picture) {
  await at(page, 'tab-transfer').click()
  await at(page, 'to-number').fill(PAYEE.number)
  await at(page, 'bank-line').getByText(PAYEE.bank).waitFor() /* recognised while it was typed */
  await at(page, 'to-name').fill(name)
  await typeAmount(page, '12.00')
  await at(page, 'route').getByText('实时到账').first().waitFor()
  await page.picture(`${picture}-form`)
  await at(page, 'transfer-next').click()
  await at(page, 'order-text').waitFor()
  await page.picture(`${picture}-check`)
  await prove(page, bank, who)
  await at(page, 'order-state').waitFor()
}

const inState = (page, state) => page.locator(`[data-test="order-state"][data-state="${state}"]`)

export const interbankStories = {
  async money_goes_to_another_bank_and_what_is_refused_comes_back({ bank, visitor }) {
    const who = bank.demo.customers[1]
    const page = await visitor()
    await page.goto(bank.demo.doors.desk + '/index.html')
    await login(page, bank, who)
    await pay(page, bank, who, PAYEE.name, 'interbank')
    await inState(page, 'settled').waitFor({ timeout: ANSWER_MS })
    await bothWidths(page, 'interbank-settled')

    await page.goto(bank.demo.doors.desk + '/index.html#/home')
    await pay(page, bank, who, '王大丽', 'interbank-refused')
    await inState(page, 'failed').waitFor({ timeout: ANSWER_MS })
    assert.match(await at(page, 'order-reason').innerText(), /户名/)
    await page.picture('interbank-failed')
  },
  async staff_ask_another_bank_for_money_back_by_two({ bank, visitor, faults }) {
    const who = bank.demo.customers[1]
    const page = await visitor()
    await page.goto(bank.demo.doors.desk + '/index.html')
    await login(page, bank, who)
    await pay(page, bank, who, PAYEE.name, 'recall')
    await inState(page, 'settled').waitFor({ timeout: ANSWER_MS })

    const maker = await enterConsole(bank, visitor, 'teller')
    await at(maker, 'nav-orders').click()
    await at(maker, 'row').first().click()
    await at(maker, 'recall').click()
    await maker.locator('textarea[data-test=reason]').fill('客户重复转账，要求退回')
    await maker.waitForTimeout(400)
    await maker.picture('console-recall')
    await at(maker, 'confirm').click()
    await maker.locator('.el-message').first().waitFor()
    const checker = await enterConsole(bank, visitor, 'admin')
    await decideNewest(checker, 'console-recall-check')

    await bank.until('the money', async () => {
      await page.reload()
      await at(page, 'order-state').waitFor()
      return (await inState(page, 'reversed').count()) > 0
    })
    await page.picture('recalled')
    await maker.reload()
    await at(maker, 'row').first().click()
    await maker.getByText('对方已同意').waitFor()
    await maker.waitForTimeout(400)
    await maker.picture('console-recalled')
    faults.splice(0, faults.length, ...faults.filter((fault) => !/ 401 /.test(fault))) /* nobody is signed in at first */
  },
}
