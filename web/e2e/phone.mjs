/** What a customer does with fingers. */
import { CAPTCHA } from './bank.mjs'

export const at = (page, name) => page.locator(`[data-test="${name}"]`)

/** A picture on the phone, and one on a wide screen. */
export async function bothWidths(page, name) {
  await page.picture(name)
  await page.setViewportSize({ width: 1280, height: 800 })
  await page.picture(`${name}-wide`)
  await page.setViewportSize({ width: 390, height: 844 })
}

const PAGE_OF = (c) => (/[a-z]/.test(c) ? 'lower' : /[A-Z]/.test(c) ? 'upper' : /\d/.test(c) ? 'digit' : 'symbol')

/** Types on the soft keyboard, whose keys stand somewhere else each time. */
export async function typeSecret(page, text, digitsOnly = false) {
  let shown = digitsOnly ? 'digit' : 'lower'
  await at(page, 'soft-keyboard').waitFor()
  for (const c of text) {
    const want = PAGE_OF(c)
    if (want !== shown) {
      if (want === 'upper') {
        if (shown !== 'lower') await at(page, 'kb-page-lower').click()
        await at(page, 'kb-shift').click()
      } else await at(page, `kb-page-${want}`).click()
      shown = want
    }
    await at(page, 'kb-key').filter({ hasText: new RegExp(`^\\s*${c.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}\\s*$`) }).click()
  }
}

/** A password field of a form: what was typed before goes. */
export async function fillSecret(page, field, text, digitsOnly = false) {
  const place = at(page, `password-${field}`)
  await at(place, 'secret-field').click()
  await typeSecret(place, text, digitsOnly)
  await at(place, 'kb-done').click()
}

/** Any other field for something secret. */
export async function typeInto(page, field, text, digitsOnly = false) {
  const place = at(page, field)
  await at(place, 'secret-field').click()
  await typeSecret(place, text, digitsOnly)
  await at(place, 'kb-done').click()
}

/** Who has a card and no mobile banking, up to the code by SMS. */
export async function register(page, bank, who, captcha, passwords) {
  await at(page, 'login-register').click()
  await at(page, 'register-privacy').waitFor()
  await page.picture('register-consent')
  await at(page, 'register-agree').check()
  await at(page, 'register-consent').click()
  await at(page, 'register-name').fill(who.name)
  await at(page, 'register-id').fill(who.id_no)
  await at(page, 'register-phone').fill(who.phone)
  await page.picture('register-person')
  await at(page, 'register-next').click()
  await at(page, 'register-card').fill(who.card_no)
  await at(page, 'register-card-kind').waitFor()
  await typeInto(page, 'register-pin', who.card_pin, true)
  await at(page, 'register-captcha').fill(captcha)
  await page.picture('register-card')
  await at(page, 'register-next').click()
  if (await Promise.race([at(page, 'register-result').waitFor().then(() => true), at(page, 'register-login-new').waitFor().then(() => false)])) return
  for (const [kind, text] of Object.entries(passwords)) {
    await typeInto(page, `register-${kind}-new`, text, kind === 'pay')
    await typeInto(page, `register-${kind}-again`, text, kind === 'pay')
  }
  await page.picture('register-password')
  const before = bank.texts(who.phone)
  await at(page, 'register-next').click()
  const code = await bank.code(who.phone, before)
  await page.picture('register-code')
  await at(page, 'sms-code').fill(code)
  await at(page, 'register-result').waitFor()
}

/** Name and password, and the captcha when it is asked for; what comes next is the story's. */
export async function enter(page, who, password) {
  const captcha = at(page, 'captcha-text')
  await at(page, 'login-user').fill(who.user)
  await at(page, 'login-password').click()
  await typeSecret(page, password)
  await at(page, 'kb-done').click()
  const asked = (await captcha.count()) > 0
  if (asked) await captcha.fill(CAPTCHA)
  await at(page, 'login-next').click()
  await Promise.race(['sms-code', 'login-ways', 'captcha-text'].slice(0, asked ? 2 : 3).map((name) => at(page, name).waitFor()))
  if (asked || (await at(page, 'login-ways').count()) || !(await captcha.count())) return
  await captcha.fill(CAPTCHA)
  await at(page, 'login-next').click()
}

/** The home page with its figures: before they have come there is a place for them. */
export async function totalShown(page) {
  await at(page, 'total').filter({ hasText: /\d/ }).waitFor()
  return at(page, 'total').innerText()
}

export async function login(page, bank, who) {
  const before = bank.texts(who.phone)
  await enter(page, who, who.password)
  await at(page, 'sms-code').fill(await bank.code(who.phone, before))
  await totalShown(page)
}

export async function typeAmount(page, text) {
  await at(page, 'amount').click()
  await at(page, 'amount-pad').waitFor()
  for (const c of text) await at(page, `amount-key-${c}`).click()
  await at(page, 'amount-done').click()
}

/** Confirms the order that is shown, with the transaction password and a code; the sixth digit sends it. */
export async function prove(page, bank, who) {
  await at(page, 'order-text').waitFor()
  await at(page, 'check-next').click()
  await at(page, 'prove-password').waitFor()
  const before = bank.texts(who.phone)
  await typeSecret(page, who.pay_password, true)
  await at(page, 'sms-code').fill(await bank.code(who.phone, before))
}

export async function transfer(page, bank, who, to, yuan) {
  await at(page, 'tab-transfer').click()
  await at(page, 'to-number').fill(to.accounts[0].number)
  await at(page, 'to-name').fill(to.name)
  await typeAmount(page, yuan)
  await at(page, 'transfer-next').click()
  await prove(page, bank, who)
  await at(page, 'order-state').waitFor()
}

/** Draws over the points of a gesture with one finger. */
export async function drawGesture(page, points) {
  const centres = []
  for (const p of points) {
    const box = await at(page, `gesture-point-${p}`).boundingBox()
    centres.push([box.x + box.width / 2, box.y + box.height / 2])
  }
  await page.mouse.move(...centres[0])
  await page.mouse.down()
  for (const centre of centres.slice(1)) await page.mouse.move(...centre, { steps: 6 })
  await page.mouse.up()
}
