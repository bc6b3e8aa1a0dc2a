/** What people do, from the first page to the last. */
import assert from 'node:assert/strict'
import { CAPTCHA, demoIdNo } from './bank.mjs'
import { at, drawGesture, enter, fillSecret, login, register, totalShown, transfer, typeAmount, typeInto, typeSecret } from './phone.mjs'
import { accountStories } from './accounts.mjs'
import { batchStories } from './batch.mjs'
import { carrierStories } from './carrier.mjs'
import { passkeyStories } from './passkey.mjs'
import { delayedStories } from './delayed.mjs'
import { inLog, residue } from './residue.mjs'
import { forgottenStories } from './forgotten.mjs'
import { interbankStories } from './interbank.mjs'
import { phonePayStories } from './phone-pay.mjs'
import { scheduleStories } from './schedule.mjs'
import { decideNewest, enterConsole } from './staff.mjs'
import { tokenCode } from './token.mjs'
import { totp } from './totp.mjs'

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
    const before = fen(await totalShown(page))
    await transfer(page, bank, from, to, '1.00')
    for (let i = 0; i < 4; i++) await page.goBack().catch(() => {})
    await page.waitForTimeout(500)
    assert.equal(await at(page, 'prove-password').count(), 0)
    await page.goto(bank.demo.doors.desk + '/index.html#/')
    await page.reload()
    assert.equal(fen(await totalShown(page)), before - 100)
  },

  async a_changed_password_opens_the_next_login({ bank, visitor }) {
    const who = bank.demo.customers[2]
    const fresh = 'Harvest71moon'
    const page = await visitor()
    await page.goto(bank.demo.doors.desk + '/index.html')
    await login(page, bank, who)
    await at(page, 'tab-mine').click()
    await at(page, 'mine-password-login').click()
    for (const [field, text] of [['old', who.password], ['new', 'Password1'], ['again', 'Password1']]) await fillSecret(page, field, text)
    await at(page, 'password-next').click()
    await at(page, 'password-error').waitFor() /* a common one */
    await page.picture('password')
    for (const [field, text] of [['new', fresh], ['again', fresh]]) await fillSecret(page, field, text)
    const before = bank.texts(who.phone)
    await at(page, 'password-next').click()
    await at(page, 'sms-code').fill(await bank.code(who.phone, before))
    await at(page, 'login-notice').waitFor()
    await login(page, bank, { ...who, password: fresh })
    who.password = fresh
    await at(page, 'tab-mine').click()
    await at(page, 'logout').click()
    await page.getByRole('button', { name: /退出/ }).last().click()
    await at(page, 'login-forgot').click()
    await at(page, 'forgot-captcha').waitFor()
    await page.picture('forgot')
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

  async somebody_new_sets_up_and_a_leaver_is_out_at_once({ bank, visitor, faults }) {
    const LIN = { user: 'lin.xiao', password: 'Bamboo#raft7', phone: '13800000021' }
    const desk = { viewport: { width: 1280, height: 800 } }
    const admins = bank.demo.staff.filter((s) => s.role === 'security')
    const enter = async ({ user, password, code }, options = desk) => {
      const page = await visitor(options)
      await page.goto(bank.demo.doors.staff)
      await page.locator('input[data-test=user]').fill(user)
      await page.locator('input[data-test=password]').fill(password)
      if (code) await page.locator('input[data-test=code]').fill(code)
      await at(page, 'submit').click()
      return page
    }
    const enterAdmin = async (admin) => {
      const page = await enter({ ...admin, code: await bank.staffCode(admin.user) })
      await at(page, 'nav-staff').waitFor()
      return page
    }
    const send = async (page, reason) => {
      await page.locator('textarea[data-test=reason]').fill(reason)
      await at(page, 'confirm').click()
      await page.locator('.el-message').first().waitFor()
    }
    const approve = async (page) => {
      await at(page, 'nav-overview').click()
      await at(page, 'nav-approvals').click()
      await at(page, 'open').first().click()
      await at(page, 'compare').waitFor()
      await page.waitForTimeout(400) /* the drawer slides in */
      await page.picture('console-staff-check')
      await at(page, 'approve').first().click()
      await page.waitForTimeout(600)
    }

    const maker = await enterAdmin(admins[0])
    await at(maker, 'nav-roles').click()
    await at(maker, 'permission').first().waitFor()
    await maker.picture('console-roles')
    await at(maker, 'nav-staff').click()
    await at(maker, 'row').first().waitFor()
    await maker.picture('console-staff')
    await at(maker, 'create').click()
    const typed = { name: '林晓', 'new-user': LIN.user, staff_no: '880021', id_no: '990000199001010017', phone: LIN.phone, branch: '0101' }
    for (const [name, value] of Object.entries(typed)) await maker.locator(`input[data-test=${name}]`).fill(value)
    await at(maker, 'role').click()
    await maker.locator('.el-select-dropdown__item:visible', { hasText: '柜员' }).click()
    await maker.picture('console-staff-create')
    await send(maker, '新员工入职')
    const checker = await enterAdmin(admins[1])
    await approve(checker)

    const first = /初始密码为(\w+)/.exec(await bank.text(LIN.phone, 0))[1]
    const phone = await enter({ user: LIN.user, password: first }, { viewport: { width: 390, height: 844 } })
    await at(phone, 'qr').waitFor()
    await phone.picture('console-setup-phone')
    await phone.context().close()
    const lin = await enter({ user: LIN.user, password: first })
    await at(lin, 'qr').waitFor()
    const secret = (await at(lin, 'secret').innerText()).replace(/\s/g, '')
    await lin.picture('console-setup')
    await lin.locator('input[data-test=first-code]').fill(totp(secret))
    await at(lin, 'enrol').click()
    await lin.locator('input[data-test=old]').fill(first)
    for (const field of ['new', 'again']) await lin.locator(`input[data-test=${field}]`).fill(LIN.password)
    await lin.picture('console-first-password')
    await at(lin, 'change').click()
    await at(lin, 'ended').waitFor()
    await lin.locator('input[data-test=user]').fill(LIN.user)
    await lin.locator('input[data-test=password]').fill(LIN.password)
    await lin.locator('input[data-test=code]').fill(totp(secret, 30)) /* the next code: the last one is used */
    await at(lin, 'submit').click()
    await at(lin, 'nav-customers').waitFor()
    await at(lin, 'account').click()
    await at(lin, 'change').waitFor()
    await lin.picture('console-account')

    await maker.reload()
    await at(maker, 'row').first().click()
    await at(maker, 'ask-close').waitFor()
    await maker.waitForTimeout(400)
    await maker.picture('console-staff-detail')
    await at(maker, 'ask-close').click()
    await send(maker, '离职，交接完毕')
    await approve(checker)
    await at(lin, 'nav-customers').click()
    await at(lin, 'relogin').waitFor()
    faults.splice(0, faults.length, ...faults.filter((fault) => !/ 401 /.test(fault)))
  },

  async a_token_is_activated_and_answers_for_a_transfer({ bank, visitor }) {
    const [, who, to] = bank.demo.customers
    const token = bank.demo.tokens.find((t) => t.user === who.user)
    const page = await visitor()
    await page.goto(bank.demo.doors.desk + '/index.html')
    await login(page, bank, who)
    await at(page, 'tab-mine').click()
    await at(page, 'mine-certificate').click()
    await at(page, 'cert-apply').waitFor()
    await page.picture('certificate')
    await at(page, 'back').click()
    await at(page, 'mine-token').click()
    await at(page, 'token-serial').waitFor()
    await page.picture('token-activate')
    await at(page, 'token-serial').fill(token.serial)
    await at(page, 'token-first').fill(tokenCode(token.seed, -1))
    await at(page, 'token-second').fill(tokenCode(token.seed, 0))
    await at(page, 'token-send').click()
    await at(page, 'token-sync').waitFor()
    await page.picture('token')

    await at(page, 'back').click()
    await at(page, 'tab-transfer').click()
    await at(page, 'to-number').fill(to.accounts[0].number)
    await at(page, 'to-name').fill(to.name)
    await typeAmount(page, '12.00')
    await at(page, 'transfer-next').click()
    await at(page, 'option-pay_password+token').check()
    await page.picture('check-options')
    await at(page, 'check-next').click()
    await typeSecret(page, who.pay_password, true)
    await at(page, 'token-challenge').waitFor()
    const challenge = (await at(page, 'token-challenge').innerText()).replace(/\D/g, '')
    await page.picture('prove-token')
    await at(page, 'sms-code').fill(tokenCode(token.seed, 1, challenge))
    await at(page, 'order-state').waitFor()
    assert.equal(await at(page, 'order-state').getAttribute('data-state'), 'posted')
    const order = page.url().match(/orders\/(\w+)/)[1]
    const proof = bank.run('audit', 'order', order)
    assert.equal(proof.status, 0, proof.stdout + proof.stderr)
    assert.match(proof.stdout, /"step": "token"[^}]*"proof": "right"/s)

    const desk = await visitor({ viewport: { width: 1280, height: 1400 } })
    await desk.goto(bank.demo.doors.desk)
    await desk.locator('.token .lcd').first().waitFor()
    await desk.picture('desk-tokens')
  },

  async tokens_come_into_stock_by_two_people({ bank, visitor, faults }) {
    const staff = (role) => bank.demo.staff.find((s) => s.role === role)
    const enter = async (member) => {
      const page = await visitor({ viewport: { width: 1280, height: 800 } })
      await page.goto(bank.demo.doors.staff)
      await page.locator('input[data-test=user]').fill(member.user)
      await page.locator('input[data-test=password]').fill(member.password)
      await page.locator('input[data-test=code]').fill(totp(member.totp_secret, 30)) /* the next: the last may be used */
      await at(page, 'submit').click()
      await at(page, 'nav-overview').waitFor()
      return page
    }
    const teller = await enter(staff('teller'))
    await at(teller, 'nav-certificates').click()
    await at(teller, 'register').click()
    await teller.waitForTimeout(400)
    await teller.picture('console-certificate-register')
    await at(teller, 'cancel').click()
    await at(teller, 'nav-tokens').click()
    await at(teller, 'row').first().waitFor()
    await teller.picture('console-tokens')
    await at(teller, 'import').click()
    await teller.locator('input[data-test=file]').setInputFiles({
      name: 'tokens.csv', mimeType: 'text/plain', buffer: Buffer.from('STORY0000001,00112233445566778899aabbccddeeff\n'),
    })
    await teller.locator('textarea[data-test=reason]').fill('新到一批令牌')
    await teller.waitForTimeout(400)
    await teller.picture('console-token-import')
    await at(teller, 'confirm').click()
    await teller.locator('.el-message').first().waitFor()

    const checker = await enter(staff('admin'))
    await at(checker, 'nav-approvals').click()
    await at(checker, 'open').first().click()
    await at(checker, 'approve').first().waitFor()
    await checker.waitForTimeout(400)
    await checker.picture('console-token-approval')
    await at(checker, 'approve').first().click()
    await checker.locator('.el-message').first().waitFor()

    await teller.locator('input[data-test=serial]').fill('STORY0000001')
    await at(teller, 'search').click()
    await teller.locator('[data-test=row]', { hasText: 'STORY0000001' }).click()
    await at(teller, 'ask-assign').waitFor()
    await teller.waitForTimeout(400)
    await teller.picture('console-token-detail')
    faults.splice(0, faults.length, ...faults.filter((fault) => !/ 401 /.test(fault)))
  },

  async a_bound_device_logs_in_by_gesture_and_shows_a_card_number_for_a_moment({ bank, visitor }) {
    const [who] = bank.demo.customers
    const page = await visitor()
    await page.goto(bank.demo.doors.desk + '/index.html')
    await login(page, bank, who)
    await at(page, 'tab-mine').click()
    await at(page, 'mine-security').click()
    await at(page, 'security-score').waitFor()
    const low = Number(await at(page, 'security-score').getAttribute('data-score'))
    await page.picture('security')
    await at(page, 'security-device').click()
    await at(page, 'device-bind').click()
    await at(page, 'order-text').waitFor()
    await page.picture('device-order')
    await at(page, 'check-next').click()
    const before = bank.texts(who.phone)
    await typeSecret(page, who.pay_password, true)
    await at(page, 'sms-code').fill(await bank.code(who.phone, before))
    await page.locator('[data-test="device-here"][data-state="bound"]').waitFor()
    await page.picture('devices')

    await at(page, 'device-gesture').click()
    for (const times of [1, 2]) {
      await page.getByRole('heading', { name: times === 1 ? '请画出手势' : '请再画一次' }).waitFor()
      await at(page, 'gesture-board').waitFor()
      if (times === 1) await page.picture('gesture')
      await drawGesture(page, '147538')
    }
    await at(page, 'check-next').click()
    await typeSecret(page, who.pay_password, true)
    await page.locator('[data-test="security-gesture"][data-good="true"]').waitFor()
    assert.ok(Number(await at(page, 'security-score').getAttribute('data-score')) > low)
    await page.picture('security-better')

    await page.goto(bank.demo.doors.desk + '/index.html#/mine')
    await at(page, 'logout').click()
    await page.locator('.van-dialog__confirm').click()
    await at(page, 'login-gesture').waitFor()
    await page.locator('.van-dialog').waitFor({ state: 'hidden' })
    await drawGesture(page, '14589')
    await at(page, 'login-error').filter({ hasText: /./ }).waitFor()
    await page.picture('login-gesture')
    await drawGesture(page, '147538')
    await at(page, 'total').waitFor()

    await at(page, 'account').first().click()
    const masked = await at(page, 'card-number').innerText()
    assert.match(masked, /\*/)
    await at(page, 'reveal').click()
    await at(page, 'order-text').waitFor()
    await page.picture('reveal-order')
    await at(page, 'check-next').click()
    await typeSecret(page, who.pay_password, true)
    await at(page, 'reveal-left').waitFor()
    const whole = (await at(page, 'card-number').innerText()).replace(/\s/g, '')
    assert.equal(whole, who.accounts[0].number)
    await page.picture('reveal')
    const kept = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }]))
    assert.ok(!kept.includes(whole))
    await page.waitForTimeout(31000)
    assert.deepEqual(await residue(page, { ...secretsOf(bank, who), gesture: '147538' }), []) /* the card's number, too */
    assert.equal(await at(page, 'card-number').innerText(), masked)
    assert.ok(!(await page.content()).includes(whole))

    await page.goto(bank.demo.doors.desk + '/index.html#/sessions')
    await at(page, 'session').first().waitFor()
    await page.picture('sessions')
  },

  async a_customer_agrees_shows_his_face_and_binds_a_device_with_it({ bank, visitor }) {
    const who = bank.demo.customers[2]
    const page = await visitor()
    await page.goto(bank.demo.doors.desk + '/index.html')
    await login(page, bank, who)
    await page.goto(bank.demo.doors.desk + '/index.html#/face')
    await at(page, 'face-consent').waitFor()
    await page.picture('face-consent')
    await at(page, 'face-read').check()
    await at(page, 'face-agree').click()
    await at(page, 'order-text').waitFor()
    await page.picture('face-order')
    await at(page, 'check-next').click()
    let before = bank.texts(who.phone)
    await typeSecret(page, who.pay_password, true)
    await at(page, 'sms-code').fill(await bank.code(who.phone, before))
    await at(page, 'face-start').waitFor()
    await page.picture('face-start')
    await at(page, 'face-start').click()
    await at(page, 'face-say').filter({ hasText: /请/ }).waitFor()
    await page.waitForTimeout(700)
    await page.picture('face-act')
    await page.locator('[data-test="face-state"][data-state="enrolled"]').waitFor({ timeout: 40000 })
    await page.picture('face-enrolled')

    await page.goto(bank.demo.doors.desk + '/index.html#/device')
    await at(page, 'device-bind').click()
    await at(page, 'option-face+sms').check()
    await page.picture('face-options')
    await at(page, 'check-next').click()
    await at(page, 'prove-face').waitFor()
    await page.picture('prove-face')
    before = bank.texts(who.phone)
    await at(page, 'face-start').click()
    await at(page, 'sms-code').waitFor({ timeout: 40000 })
    await at(page, 'sms-code').fill(await bank.code(who.phone, before))
    await page.locator('[data-test="device-here"][data-state="bound"]').waitFor()

    const lost = await visitor()
    await lost.goto(bank.demo.doors.desk + '/index.html#/forgot')
    await at(lost, 'forgot-way').click()
    await at(lost, 'forgot-user').fill(who.user)
    await at(lost, 'forgot-id').fill(demoIdNo(2))
    await at(lost, 'forgot-captcha').fill(CAPTCHA)
    await lost.picture('forgot-way')
    await at(lost, 'forgot-next').click()
    before = bank.texts(who.phone)
    await at(lost, 'face-start').click()
    await at(lost, 'sms-code').waitFor({ timeout: 40000 })
    await at(lost, 'sms-code').fill(await bank.code(who.phone, before))
    who.password = 'Juniper58trail'
    for (const field of ['new', 'again']) await fillSecret(lost, field, who.password)
    await lost.picture('forgot-face-code')
    await at(lost, 'forgot-finish').click()
    await at(lost, 'login-user').waitFor()

    await login(lost, bank, who)
    await lost.goto(bank.demo.doors.desk + '/index.html#/face')
    await at(lost, 'face-withdraw').click()
    await lost.locator('.van-dialog__confirm').click()
    await lost.locator('[data-test="face-state"][data-state="none"]').waitFor()
  },

  ...carrierStories,
  ...passkeyStories,
  ...interbankStories,
  ...delayedStories,
  ...scheduleStories,
  ...accountStories,
  ...forgottenStories,
  ...batchStories,
  ...phonePayStories,

  async the_books_balance_and_the_audit_verifies_after_all_this({ bank }) {
    for (const check of ['verify', 'ledger']) {
      const result = bank.run('audit', check)
      assert.equal(result.status, 0, result.stdout + result.stderr)
    }
  },

  async whoever_registers_pays_others_only_after_the_counter_signed({ bank, visitor, faults }) {
    const who = bank.demo.unregistered[0]
    const [other] = bank.demo.customers
    const passwords = { login: 'Harvest71moon', pay: '824917' }
    const page = await visitor()
    await page.goto(bank.demo.doors.desk + '/index.html')
    await register(page, bank, who, CAPTCHA, passwords)
    assert.equal(await at(page, 'register-result').getAttribute('data-state'), 'done')
    await page.picture('register-done')
    await at(page, 'register-login').click()
    const me = { ...who, user: who.phone, password: passwords.login, pay_password: passwords.pay }
    await login(page, bank, me)
    await at(page, 'tab-transfer').click()
    await at(page, 'to-number').fill(other.accounts[0].number)
    await at(page, 'to-name').fill(other.name)
    await typeAmount(page, '12.00')
    await at(page, 'transfer-next').click()
    await page.getByText('尚未在网点签约').first().waitFor()
    await page.picture('register-scope')

    const maker = await enterConsole(bank, visitor, 'teller')
    await at(maker, 'nav-customers').click()
    await maker.locator('input[data-test=q]').fill(who.phone)
    await at(maker, 'search').click()
    await maker.locator('[data-test=row]', { hasText: '自助注册' }).locator('[data-test=open]').click()
    await at(maker, 'customer-sign').waitFor()
    await maker.picture('console-customer')
    await at(maker, 'customer-change').click()
    await maker.locator('input[data-test=change-phone]').waitFor()
    await maker.picture('console-customer-change')
    await at(maker, 'cancel').last().click()
    await at(maker, 'customer-sign').click()
    await maker.locator('textarea[data-test=reason]').last().fill('本人持证到柜面签约')
    await at(maker, 'confirm').last().click()
    const checker = await enterConsole(bank, visitor, 'admin')
    await decideNewest(checker, 'console-customer-sign')
    await bank.until('the text about the signing', () => bank.texts(who.phone) > 0 && bank.newest(who.phone).includes('可以向他人转账'))
    await transfer(page, bank, me, other, '12.00')
    assert.equal(await at(page, 'order-state').getAttribute('data-state'), 'posted')
    faults.splice(0, faults.length, ...faults.filter((fault) => !/ 40[13] /.test(fault)))
  },

  async a_high_grade_waits_for_the_head_office_and_a_blacklisted_one_goes_to_the_counter({ bank, visitor, faults }) {
    const by = (grade) => bank.demo.unregistered.find((person) => person.grade === grade)
    const passwords = { login: 'Harvest71moon', pay: '824917' }
    const blacklisted = await visitor()
    await blacklisted.goto(bank.demo.doors.desk + '/index.html')
    await register(blacklisted, bank, by('blacklist'), CAPTCHA, passwords)
    assert.equal(await at(blacklisted, 'register-result').getAttribute('data-state'), 'counter')
    await blacklisted.picture('register-counter')

    const who = by('high')
    const page = await visitor()
    await page.goto(bank.demo.doors.desk + '/index.html')
    await register(page, bank, who, CAPTCHA, passwords)
    assert.equal(await at(page, 'register-result').getAttribute('data-state'), 'waiting')
    await page.picture('register-waiting')
    const checker = await enterConsole(bank, visitor, 'risk')
    await decideNewest(checker, 'console-registration')
    await bank.until('the text about the acceptance', () => bank.newest(who.phone).includes('已成功注册'))
    await at(page, 'register-login').click()
    await login(page, bank, { ...who, user: who.phone, password: passwords.login })
    await at(page, 'tab-mine').click()
    await at(page, 'mine-alias').click()
    await at(page, 'alias').fill('blue.heron')
    await page.picture('alias')
    await at(page, 'alias-save').click()
    await at(page, 'mine-alias').waitFor()
    faults.splice(0, faults.length, ...faults.filter((fault) => !/ 40[13] /.test(fault)))
  },

  async the_counter_helps_with_forgotten_passwords_and_a_lock_is_lifted_by_two_factors({ bank, visitor, faults }) {
    const who = { ...bank.demo.customers[2] }
    const other = bank.demo.customers[1]
    const page = await visitor()
    await page.goto(bank.demo.doors.desk + '/index.html')
    await enter(page, who, 'Wrong2026tree')
    await at(page, 'login-ways').waitFor()
    await page.picture('login-ways')

    const maker = await enterConsole(bank, visitor, 'teller')
    const checker = await enterConsole(bank, visitor, 'admin')
    await askAtTheCounter(maker, who, 'customer-login_password_reset', 'console-login-reset')
    await decideNewest(checker, 'console-login-reset-check')
    await bank.until('the temporary password', () => bank.newest(who.phone).includes('临时密码'))
    const temporary = /临时密码(\w{12})/.exec(bank.newest(who.phone))[1]
    await enterAndFinish(page, bank, who, temporary, 'password-must')
    await page.picture('password-temporary')
    who.password = 'Lantern83river'
    await fillSecret(page, 'old', temporary)
    await fillSecret(page, 'new', who.password)
    await fillSecret(page, 'again', who.password)
    const before = bank.texts(who.phone)
    await at(page, 'password-next').click()
    await at(page, 'sms-code').fill(await bank.code(who.phone, before))
    await at(page, 'login-user').waitFor()
    await enterAndFinish(page, bank, who, who.password, 'total')

    await askAtTheCounter(maker, who, 'customer-pay_password_reset', 'console-pay-reset')
    await checker.reload()
    await decideNewest(checker, 'console-pay-reset-check')
    await bank.until('the text about the reset', () => bank.newest(who.phone).includes('交易密码重置'))
    await page.reload()
    await at(page, 'login-user').waitFor()
    await enterAndFinish(page, bank, who, who.password, 'total')
    await page.goto(bank.demo.doors.desk + '/index.html#/pay-password')
    who.pay_password = '824917'
    await fillSecret(page, 'new', who.pay_password, true)
    await fillSecret(page, 'again', who.pay_password, true)
    await page.picture('pay-password-set')
    await at(page, 'pay-set-next').click()
    await proveByLoginPassword(page, bank, who, 'pay-password-prove')
    await at(page, 'pay-open').waitFor()
    await page.picture('pay-password-open')

    await page.goto(bank.demo.doors.desk + '/index.html#/')
    await at(page, 'tab-transfer').click()
    await at(page, 'to-number').fill(other.accounts[0].number)
    await at(page, 'to-name').fill(other.name)
    await typeAmount(page, '3.00')
    await at(page, 'transfer-next').click()
    await at(page, 'check-next').click()
    for (let i = 0; i < 6; i++) {
      await at(page, 'prove-password').waitFor()
      const answered = page.waitForResponse((r) => r.url().includes('/zsc'))
      await typeSecret(page, '719350', true)
      await answered
      if (i < 5) await page.locator('[data-test=prove-error]', { hasText: /./ }).waitFor()
    }
    await at(page, 'order-state').waitFor()
    await page.goto(bank.demo.doors.desk + '/index.html#/pay-password')
    await at(page, 'pay-locked').waitFor()
    await page.picture('pay-password-locked')
    await at(page, 'pay-unlock').click()
    await proveByLoginPassword(page, bank, who, 'pay-password-unlock')
    await at(page, 'pay-open').waitFor()
    faults.splice(0, faults.length, ...faults.filter((fault) => !/ 40[13] /.test(fault)))
  },

  async staff_change_the_policy_by_two_and_a_customer_asks_for_more_than_it({ bank, visitor, faults }) {
    const who = bank.demo.customers[1]
    const maker = await enterConsole(bank, visitor, 'risk')
    await at(maker, 'nav-policy').click()
    await at(maker, 'policy-preference.lower').waitFor()
    await maker.picture('console-policy')
    await at(maker, 'policy-preference.lower').click()
    await at(maker, 'policy-factor-face').click()
    await at(maker, 'policy-add').click()
    await at(maker, 'policy-problem').waitFor()
    await at(maker, 'policy-factor-face').click()
    await at(maker, 'policy-factor-login_password').click()
    await at(maker, 'policy-factor-sms').click()
    await at(maker, 'policy-add').click()
    await maker.locator('textarea[data-test=reason]').last().fill('多一种验证组合可选')
    await maker.picture('console-policy-change')
    await at(maker, 'confirm').last().click()
    const checker = await enterConsole(bank, visitor, 'admin')
    await decideNewest(checker, 'console-policy-check')

    const page = await visitor()
    await page.goto(bank.demo.doors.desk + '/index.html')
    await login(page, bank, who)
    await page.goto(bank.demo.doors.desk + '/index.html#/security')
    await at(page, 'security-score').waitFor()
    await page.picture('security-links')
    await page.goto(bank.demo.doors.desk + '/index.html#/preference')
    const scene = at(page, 'preference-preference.lower')
    await at(scene, 'allow-pay_password+sms').click()
    await page.picture('preference')
    await at(scene, 'preference-save').click()
    await page.locator('[data-test="preference-preference.lower"][data-chosen=true]').waitFor()
    await at(scene, 'allow-pay_password+sms').click()
    await at(scene, 'preference-save').click()
    await proveByLoginPassword(page, bank, who, 'preference-lower')
    await at(page, 'preference-preference.lower').waitFor()
    assert.equal(await at(at(page, 'preference-preference.lower'), 'allow-pay_password+sms').isChecked(), true)
    faults.splice(0, faults.length, ...faults.filter((fault) => !/ 40[13] /.test(fault)))
  },

  async after_a_login_nothing_secret_is_left_in_the_browser({ bank, visitor }) {
    const [who, to] = bank.demo.customers
    const page = await visitor()
    await page.goto(bank.demo.doors.desk + '/index.html')
    const empty = { 'login-user': await at(page, 'login-user').inputValue() }
    assert.deepEqual(empty, { 'login-user': '' })
    assert.equal(await at(page, 'login-user').getAttribute('autocomplete'), 'off')
    await login(page, bank, who)
    await transfer(page, bank, who, to, '0.66')
    const secrets = secretsOf(bank, who)
    await page.goto(bank.demo.doors.desk + '/index.html#/mine')
    await at(page, 'mine-security').waitFor()
    assert.deepEqual(await residue(page, secrets), [])
    await page.evaluate((text) => sessionStorage.setItem('probe', btoa(text)), who.password)
    assert.deepEqual(await residue(page, secrets), ['password in sessionStorage']) /* the search finds what is there */
    await page.evaluate(() => sessionStorage.removeItem('probe'))
    await at(page, 'logout').click()
    await page.locator('.van-dialog__confirm').click()
    await at(page, 'login-user').waitFor()
    assert.deepEqual(await residue(page, { ...secrets, user: who.user }), [])
    await page.reload()
    await at(page, 'login-user').waitFor()
    assert.equal(await at(page, 'login-user').inputValue(), '')
    assert.match(await at(page, 'login-password').innerText(), /^[^•●]*$/) /* no dot: nothing is typed */
    assert.deepEqual(await residue(page, { ...secrets, user: who.user }), [])
  },

  /** The last one: what all stories before it did stands in these logs. */
  async no_log_and_no_address_names_a_session_or_a_person({ bank, visitor, faults }) {
    const page = await visitor()
    await page.goto(bank.demo.doors.desk + '/index.html')
    await enter(page, bank.demo.customers[1], 'wrongpass1')
    const console_ = await enterConsole(bank, visitor, 'auditor')
    await at(console_, 'nav-overview').click()
    await page.waitForTimeout(1000)
    faults.splice(0, faults.length, ...faults.filter((fault) => !/ 40[13] /.test(fault)))
    const log = bank.logs.join('')
    assert.ok(log.split('\n').length > 20 && bank.seen.sessions.size > 1 && bank.seen.addresses.size > 5, 'the search saw nothing')
    const secrets = Object.fromEntries([
      ...bank.demo.customers.flatMap((who) => Object.entries(secretsOf(bank, who)).map(([name, text]) => [`${name} of ${who.user}`, text])),
      ...bank.demo.staff.flatMap((who) => [[`password of ${who.user}`, who.password], [`seed of ${who.user}`, who.totp_secret]]),
      ...[...bank.seen.sessions].map((id, i) => [`session ${i}`, id]),
    ])
    assert.deepEqual(inLog(log, secrets), [])
    const sessions = Object.fromEntries(Object.entries(secrets).filter(([name]) => name.startsWith('session ')))
    assert.deepEqual(inLog([...bank.seen.addresses, ...bank.seen.refusals].join('\n'), sessions), [])
  },
}

/** What identifies a customer of the demo, and every code that was sent to him. */
function secretsOf(bank, who) {
  const n = bank.demo.customers.indexOf(who)
  return {
    password: who.password,
    'transaction password': who.pay_password,
    phone: who.phone,
    'identity number': demoIdNo(n),
    ...Object.fromEntries(who.accounts.map((account, i) => [`number ${i}`, account.number])),
    ...Object.fromEntries(bank.codes(who.phone).map((code, i) => [`code ${i}`, code])),
  }
}

async function enterAndFinish(page, bank, who, password, next) {
  const before = bank.texts(who.phone)
  await enter(page, who, password)
  await at(page, 'sms-code').fill(await bank.code(who.phone, before))
  await at(page, next).waitFor()
}

/** An order at its check page, proven with the login password and a code. */
async function proveByLoginPassword(page, bank, who, picture) {
  await at(page, 'order-text').waitFor()
  await page.picture(`${picture}-check`)
  const option = at(page, 'option-login_password+sms')
  if (await option.count()) await option.check()
  await at(page, 'check-next').click()
  await at(page, 'prove-login_password').waitFor()
  await page.picture(picture)
  await typeInto(page, 'prove-login-password', who.password)
  const before = bank.texts(who.phone)
  await at(page, 'prove-next').click()
  await at(page, 'sms-code').fill(await bank.code(who.phone, before))
}

/** The teller finds a customer and asks for a deed. */
async function askAtTheCounter(page, who, deed, picture) {
  await at(page, 'nav-customers').click()
  await page.locator('input[data-test=q]').fill(who.phone)
  await at(page, 'search').click()
  await page.locator('[data-test=row]').first().locator('[data-test=open]').click()
  await at(page, deed).click()
  await page.locator('textarea[data-test=reason]').last().fill('本人持身份证到柜面办理')
  await page.picture(picture)
  await at(page, 'confirm').last().click()
}
