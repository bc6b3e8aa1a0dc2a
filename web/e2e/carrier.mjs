/** Stories of the own-number check, with zhangyin-carrier for the phone's carrier. */
import assert from 'node:assert/strict'
import { at, enter, typeAmount, typeSecret } from './phone.mjs'

async function toTheCode(page, bank, who) {
  await page.goto(bank.demo.doors.desk + '/index.html')
  await enter(page, who, who.password)
  await at(page, 'login-carrier').waitFor()
}

async function prepareSmallPayment(page, to) {
  await at(page, 'tab-transfer').click()
  await at(page, 'to-number').fill(to.accounts[0].number)
  await at(page, 'to-name').fill(to.name)
  await typeAmount(page, '8.88')
  await at(page, 'transfer-next').click()
  await page.locator('[data-test="option-pay_password+carrier"]').check()
  await at(page, 'check-next').click()
}

export const carrierStories = {
  async one_tap_on_the_own_number_logs_in_and_pays_a_small_amount({ bank, visitor, faults }) {
    const [who, to] = bank.demo.customers
    const page = await visitor()
    bank.putSim(to.phone)
    await toTheCode(page, bank, who)
    await page.picture('carrier-login')
    await at(page, 'login-carrier').click()
    await at(page, 'sms-error').waitFor() /* another customer's SIM card */
    await page.picture('carrier-other-number')
    bank.putSim('')
    const refused = page.waitForResponse((r) => r.url().endsWith('/tokens'))
    await at(page, 'login-carrier').click()
    assert.equal((await refused).ok(), false) /* no SIM card */
    await page.waitForTimeout(300)
    faults.splice(0, faults.length, ...faults.filter((f) => !/status of 4/.test(f))) /* the gateway said so */
    bank.putSim(who.phone)
    await at(page, 'login-carrier').click()
    await at(page, 'total').waitFor()
    await prepareSmallPayment(page, to)
    await at(page, 'prove-password').waitFor()
    await typeSecret(page, who.pay_password, true)
    await at(page, 'prove-use-carrier').waitFor()
    await page.picture('carrier-prove')
    await at(page, 'prove-use-carrier').click()
    await at(page, 'order-state').waitFor()
    assert.match(await at(page, 'order-state').innerText(), /成功/)
  },
}
