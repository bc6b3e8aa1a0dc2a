/** Stories of who cannot get in: a forgotten password, and a name that is locked. */
import { CAPTCHA, demoIdNo } from './bank.mjs'
import { at, bothWidths, fillSecret, login, typeInto, typeSecret } from './phone.mjs'

const WRONG_UNTIL_LOCKED = 5
const refusalsAreFine = (faults) => faults.splice(0, faults.length, ...faults.filter((fault) => !/ 40[0-9] | 429 /.test(fault)))

async function claim(page, who, id_no) {
  await at(page, 'forgot-user').fill(who.user)
  await at(page, 'forgot-id').fill(id_no)
  await typeInto(page, 'forgot-pay', who.pay_password, true)
  await at(page, 'forgot-captcha').fill(CAPTCHA)
  await at(page, 'forgot-next').click()
}

export const forgottenStories = {
  async a_forgotten_password_is_set_anew_by_what_else_one_knows_and_a_code({ bank, visitor, faults }) {
    const who = bank.demo.customers[2]
    const page = await visitor()
    await page.goto(bank.demo.doors.desk + '/index.html')
    await at(page, 'login-forgot').click()
    await claim(page, who, demoIdNo(0))
    await at(page, 'forgot-error').waitFor() /* somebody else's identity number */
    await bothWidths(page, 'forgot-refused')
    const before = bank.texts(who.phone)
    await claim(page, who, demoIdNo(2))
    await at(page, 'sms-code').fill(await bank.code(who.phone, before))
    const fresh = 'Cedar58bridge'
    await fillSecret(page, 'new', fresh)
    await fillSecret(page, 'again', fresh)
    await bothWidths(page, 'forgot-new')
    await at(page, 'forgot-finish').click()
    await at(page, 'login-user').waitFor()
    who.password = fresh
    await login(page, bank, who)
    refusalsAreFine(faults)
  },

  async a_locked_name_is_shown_the_ways_on({ bank, visitor, faults }) {
    const page = await visitor()
    await page.goto(bank.demo.doors.desk + '/index.html')
    await at(page, 'login-user').fill('nobody_of_this_bank')
    for (let i = 0; i <= WRONG_UNTIL_LOCKED; i++) {
      await at(page, 'login-password').click()
      await typeSecret(page, 'wrongpass1')
      await at(page, 'kb-done').click()
      if (await at(page, 'captcha-text').count()) await at(page, 'captcha-text').fill(CAPTCHA)
      const answered = page.waitForResponse((r) => r.url().includes('/zsc'))
      await at(page, 'login-next').click()
      await answered
      await at(page, 'login-error').waitFor()
    }
    await page.locator('[data-test="login-error"]', { hasText: '暂停' }).waitFor()
    await at(page, 'login-ways').waitFor()
    await bothWidths(page, 'login-locked')
    await at(page, 'login-ways').locator('a').first().click()
    await at(page, 'forgot-user').waitFor()
    refusalsAreFine(faults)
  },
}
