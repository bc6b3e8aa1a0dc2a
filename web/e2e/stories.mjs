/** What people do, from the first page to the last. */
import assert from 'node:assert/strict'
import { at, login, transfer, typeSecret } from './phone.mjs'

const fen = (text) => Math.round(Number(text.replace(/[^\d.-]/g, '')) * 100)

export const stories = {
  async the_desk_shows_phone_inbox_and_logins({ bank, visitor }) {
    const page = await visitor({ viewport: { width: 1440, height: 900 } })
    await page.goto(bank.demo.doors.desk)
    await page.frameLocator('#phone').locator('[data-test="login-user"]').waitFor()
    assert.ok((await page.locator('#customers .card').count()) >= 3)
    assert.match(await page.locator('#staff td.code').first().innerText(), /^\d{6}$/)
    await page.picture('desk')
  },

  async a_transfer_leaves_one_account_and_arrives_on_the_other({ bank, visitor }) {
    const [from, to] = bank.demo.customers
    const page = await visitor()
    await page.goto(bank.demo.doors.desk + '/index.html')
    await page.picture('login')
    await login(page, bank, from)
    await page.picture('home')
    const before = fen(await at(page, 'total').innerText())
    await transfer(page, bank, from, to, '88.08')
    assert.equal(await at(page, 'order-state').getAttribute('data-state'), 'posted')
    assert.equal(fen(await at(page, 'result-amount').innerText()), 8808)
    await page.picture('receipt')
    await at(page, 'result-done').click()
    await page.waitForFunction((want) => {
      const text = document.querySelector('[data-test="total"]')?.textContent ?? ''
      return Math.round(Number(text.replace(/[^\d.-]/g, '')) * 100) === want
    }, before - 8808)

    const other = await visitor()
    await other.goto(bank.demo.doors.desk + '/index.html')
    await login(other, bank, to)
    await at(other, 'account').first().click()
    const entry = at(other, 'entry').first()
    await entry.waitFor()
    assert.match(await entry.innerText(), /88\.08/)
    await other.picture('account')
  },

  async back_after_a_payment_never_pays_again({ bank, visitor }) {
    const [from, to] = bank.demo.customers
    const page = await visitor()
    await page.goto(bank.demo.doors.desk + '/index.html')
    await login(page, bank, from)
    await transfer(page, bank, from, to, '1.00')
    const after = JSON.stringify(bank.run('audit', 'ledger').stdout)
    for (let i = 0; i < 4; i++) await page.goBack().catch(() => {})
    await page.waitForTimeout(500)
    assert.equal(await at(page, 'prove-password').count(), 0)
    assert.equal(JSON.stringify(bank.run('audit', 'ledger').stdout), after)
  },

  async a_password_is_never_in_the_page({ bank, visitor }) {
    const [who] = bank.demo.customers
    const page = await visitor()
    await page.goto(bank.demo.doors.desk + '/index.html')
    await at(page, 'login-user').fill(who.user)
    await at(page, 'login-password').click()
    await typeSecret(page, who.password)
    const html = await page.content()
    assert.ok(!html.includes(who.password))
    assert.equal(await page.locator('input[type=password]').count(), 0)
    await page.picture('keyboard')
  },

  async the_wrong_password_says_neither_which_part_was_wrong({ bank, visitor }) {
    const texts = []
    for (const user of [bank.demo.customers[2].user, 'nobody_at_all']) {
      const page = await visitor()
      await page.goto(bank.demo.doors.desk + '/index.html')
      await at(page, 'login-user').fill(user)
      await at(page, 'login-password').click()
      await typeSecret(page, 'wrongpass1')
      await at(page, 'kb-done').click()
      await at(page, 'login-next').click()
      texts.push(await at(page, 'login-error').innerText())
      await page.picture('login-error')
    }
    assert.equal(texts[0], texts[1])
  },

  async staff_switch_an_api_off_by_maker_and_checker({ bank, visitor, faults }) {
    const staff = (role) => bank.demo.staff.find((s) => s.role === role)
    const enter = async (member, name) => {
      const page = await visitor({ viewport: { width: 1440, height: 900 } })
      await page.goto(bank.demo.doors.staff)
      await page.locator('input[data-test=user]').fill(member.user)
      await page.locator('input[data-test=password]').fill(member.password)
      await page.locator('input[data-test=code]').fill(await bank.staffCode(member.user))
      await page.picture(`console-login-${name}`)
      await at(page, 'submit').click()
      await at(page, 'nav-overview').waitFor()
      return page
    }
    const maker = await enter(staff('risk'), 'maker')
    await maker.picture('console')
    await at(maker, 'nav-apis').click()
    await maker.locator('[data-test=row]', { hasText: 'payee.list' }).locator('[data-test=switch]').click()
    await maker.locator('textarea[data-test=reason], input[data-test=reason]').fill('维护收款人功能')
    await at(maker, 'confirm').click()
    await maker.waitForTimeout(800)
    await maker.picture('console-apis')
    const checker = await enter(staff('admin'), 'checker')
    await at(checker, 'nav-approvals').click()
    await at(checker, 'open').first().click()
    await at(checker, 'approve').first().waitFor()
    await checker.picture('console-approvals')
    await at(checker, 'approve').first().click()
    await checker.waitForTimeout(800)
    const closed = bank.run('call', 'payee.list', '{}')
    assert.match(closed.stdout + closed.stderr, /API_CLOSED/)
    /* The page asks who is logged in before anybody is: that 401 is an answer, not a fault. */
    faults.splice(0, faults.length, ...faults.filter((fault) => !/ 401 /.test(fault)))
  },

  async the_books_balance_and_the_audit_verifies_after_all_this({ bank }) {
    for (const check of ['verify', 'ledger']) {
      const result = bank.run('audit', check)
      assert.equal(result.status, 0, result.stdout + result.stderr)
    }
  },
}
