/** Stories of passkeys, with Chromium's virtual authenticator for the fingerprint reader. */
import assert from 'node:assert/strict'
import { at, login, typeAmount, typeSecret } from './phone.mjs'

/** A fingerprint reader in this page's device, which knows the finger or does not. */
async function fingerprintReader(page) {
  const cdp = await page.context().newCDPSession(page)
  await cdp.send('WebAuthn.enable')
  const options = { protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: true }
  const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', { options })
  return { knowsTheFinger: (isUserVerified) => cdp.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified }) }
}

async function proveByText(page, bank, who) {
  await at(page, 'order-text').waitFor()
  await at(page, 'check-next').click()
  const before = bank.texts(who.phone)
  await typeSecret(page, who.pay_password, true)
  await at(page, 'sms-code').fill(await bank.code(who.phone, before))
}

async function bind(page, bank, who) {
  await page.goto(bank.demo.doors.desk + '/index.html#/device')
  await at(page, 'device-bind').click()
  await proveByText(page, bank, who)
  await page.locator('[data-test="device-here"][data-state="bound"]').waitFor()
}

async function create(page, bank, who) {
  await page.goto(bank.demo.doors.desk + '/index.html#/security')
  await page.locator('a[href="#/passkey"]').click()
  await at(page, 'passkey-create').waitFor()
  await page.picture('passkey-none')
  await at(page, 'passkey-create').click()
  await at(page, 'passkey-name').fill('我的手机')
  await page.waitForTimeout(400) /* the sheet comes up */
  await page.picture('passkey-name')
  await at(page, 'passkey-named').click()
  await at(page, 'order-text').waitFor()
  await page.picture('passkey-order')
  await proveByText(page, bank, who)
  await page.locator('[data-test="passkey"][data-state="on"]').waitFor()
  await page.picture('passkey-list')
}

async function logout(page, bank) {
  await page.goto(bank.demo.doors.desk + '/index.html#/mine')
  await at(page, 'logout').click()
  await page.locator('.van-dialog__confirm').click()
  await at(page, 'login-passkey').waitFor()
  await page.locator('.van-dialog').waitFor({ state: 'hidden' })
}

async function payWithPasskey(page, to) {
  await at(page, 'tab-transfer').click()
  await at(page, 'to-number').fill(to.accounts[0].number)
  await at(page, 'to-name').fill(to.name)
  await typeAmount(page, '12.34')
  await at(page, 'transfer-next').click()
  await page.locator('[data-test="option-pay_password+passkey"]').check()
  await page.picture('passkey-option')
  await at(page, 'check-next').click()
  await at(page, 'prove-password').waitFor()
}

export const passkeyStories = {
  async a_passkey_is_created_logs_in_and_proves_a_transfer({ bank, visitor }) {
    const [to, who] = bank.demo.customers
    const page = await visitor()
    const reader = await fingerprintReader(page)
    await page.goto(bank.demo.doors.desk + '/index.html')
    await login(page, bank, who)
    await bind(page, bank, who)
    await create(page, bank, who)

    await logout(page, bank)
    await page.picture('login-passkey')
    await at(page, 'login-use-passkey').click()
    await at(page, 'total').waitFor()

    await payWithPasskey(page, to)
    await typeSecret(page, who.pay_password, true)
    await at(page, 'prove-passkey').waitFor()
    await page.picture('prove-passkey')
    await reader.knowsTheFinger(false)
    await at(page, 'prove-use-passkey').click()
    await at(page, 'prove-error').filter({ hasText: /./ }).waitFor() /* another finger signs nothing */
    await reader.knowsTheFinger(true)
    await at(page, 'prove-use-passkey').click()
    await at(page, 'order-state').waitFor()
    assert.equal(await at(page, 'order-state').getAttribute('data-state'), 'posted')
    const proof = bank.run('audit', 'order', /orders\/(\w+)/.exec(page.url())[1])
    assert.equal(proof.status, 0, proof.stdout + proof.stderr)
    assert.match(proof.stdout, /"step": "passkey"[^}]*"proof": "right"/s)
  },

  async a_finger_that_the_device_does_not_know_logs_nobody_in({ bank, visitor }) {
    const who = bank.demo.customers[1]
    const page = await visitor()
    const reader = await fingerprintReader(page)
    await page.goto(bank.demo.doors.desk + '/index.html')
    await login(page, bank, who)
    await bind(page, bank, who)
    await create(page, bank, who)
    await logout(page, bank)
    await reader.knowsTheFinger(false)
    await at(page, 'login-use-passkey').click()
    await at(page, 'login-error').filter({ hasText: /./ }).waitFor()
    await page.picture('login-passkey-refused')
    await page.evaluate(() => {
      const get = navigator.credentials.get.bind(navigator.credentials)
      navigator.credentials.get = ({ publicKey }) => get({ publicKey: { ...publicKey, userVerification: 'discouraged' } })
    })
    await at(page, 'login-use-passkey').click() /* a page that does not ask for the finger is refused by the bank */
    await at(page, 'login-error').filter({ hasText: '验证未通过' }).waitFor()
    await page.evaluate(() => delete navigator.credentials.get)
    await reader.knowsTheFinger(true)
    await at(page, 'login-use-passkey').click()
    await at(page, 'total').waitFor()

    await page.goto(bank.demo.doors.desk + '/index.html#/passkey')
    await page.locator('[data-test="passkey"]').first().waitFor()
    const count = await at(page, 'passkey').count()
    await at(page, 'passkey-remove').first().click()
    await page.locator('.van-dialog__confirm').click()
    await page.waitForFunction((n) => document.querySelectorAll('[data-test="passkey"]').length === n - 1, count)
    await page.goto(bank.demo.doors.desk + '/index.html#/mine')
    await at(page, 'logout').click()
    await page.locator('.van-dialog__confirm').click()
    await at(page, 'login-user').waitFor() /* nothing is left to log in with */
  },

  async a_page_at_a_number_is_told_why_there_are_no_passkeys({ bank, visitor }) {
    const who = bank.demo.customers[1]
    const page = await visitor()
    const here = `http://127.0.0.1:${new URL(bank.demo.doors.desk).port}/index.html`
    await page.goto(here)
    await login(page, bank, who)
    await page.goto(here + '#/passkey')
    await page.getByText('不支持通行密钥').waitFor()
    assert.equal(await at(page, 'passkey-create').count(), 0)
    await page.picture('passkey-not-here')
  },
}
