/** Stories of transfers on a date or by a rule. */
import assert from 'node:assert/strict'
import { at, bothWidths, login, prove, typeAmount } from './phone.mjs'

const DAY_MS = 86_400_000
const beijingDay = (ms) => new Intl.DateTimeFormat('sv-SE', { timeZone: 'Asia/Shanghai' }).format(ms)

async function arrange(page, bank, who, to, fill) {
  await at(page, 'tab-transfer').click()
  await at(page, 'to-number').fill(to.accounts[0].number)
  await at(page, 'to-name').fill(to.name)
  await typeAmount(page, '1500')
  await at(page, 'arrival-scheduled').check()
  await fill()
  await page.picture('schedule-form')
  await at(page, 'transfer-next').click()
  await at(page, 'order-text').waitFor()
  await page.picture('schedule-check')
  await prove(page, bank, who)
  await at(page, 'schedule-state').waitFor()
}

async function sure(page, words) {
  await page.getByRole('button', { name: words }).click()
}

export const scheduleStories = {
  async rent_is_arranged_left_out_once_and_ended({ bank, visitor }) {
    const [to, who] = bank.demo.customers
    const first = beijingDay(Date.now() + 2 * DAY_MS)
    const page = await visitor()
    await page.goto(bank.demo.doors.desk + '/index.html')
    await login(page, bank, who)
    await arrange(page, bank, who, to, async () => {
      await at(page, 'every-month').check()
      await at(page, 'transfer-next').click()
      await at(page, 'schedule-error').waitFor() /* a date is missing */
      await at(page, 'schedule-first').fill(first)
      await at(page, 'schedule-end').selectOption('runs')
      await at(page, 'schedule-runs').fill('12')
      await at(page, 'schedule-short').selectOption('retry')
    })
    assert.equal(await at(page, 'schedule-state').getAttribute('data-state'), 'active')
    await page.picture('schedule-made')
    await at(page, 'schedule-skip').click()
    await sure(page, '确认跳过')
    await at(page, 'run').first().getByText('已跳过').waitFor()
    await page.picture('schedule-skipped')

    await page.goto(bank.demo.doors.desk + '/index.html#/schedules')
    if (first.slice(0, 7) !== beijingDay(Date.now()).slice(0, 7)) await at(page, 'month-after').click()
    await at(page, `day-${first}`).click()
    await at(page, 'day-list').getByText('已跳过').waitFor()
    await bothWidths(page, 'schedule-calendar')
    await at(page, 'schedule').first().click()
    await at(page, 'schedule-stop').click()
    await sure(page, '确认终止')
    await page.locator('[data-test="schedule-state"][data-state="stopped"]').waitFor()
    assert.equal(await at(page, 'schedule-stop').count(), 0)
  },
}
