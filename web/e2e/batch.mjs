/** Stories of batches of transfers, out of a file and by hand. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { at, bothWidths, login, prove } from './phone.mjs'

const ELSEWHERE = { number: '6222021001112223337', name: '王小丽', bank: '中国工商银行' }
const RUN_MS = 60000 /* the bank looks for work each half minute */

async function download(page, button) {
  const [file] = await Promise.all([page.waitForEvent('download'), at(page, button).click()])
  return readFileSync(await file.path(), 'utf8')
}

async function typeRow(page, row) {
  await at(page, 'batch-add').click()
  await at(page, 'row-form').waitFor()
  await at(page, 'row-name').fill(row.name)
  await at(page, 'row-number').fill(row.number)
  await at(page, 'row-number').blur()
  await at(page, 'row-amount').fill(row.amount)
  await page.waitForTimeout(400) /* the sheet slides in */
  await page.picture('batch-row')
  await at(page, 'row-save').click()
  await at(page, 'row-form').waitFor({ state: 'hidden' })
}

async function confirm(page, bank, who) {
  await at(page, 'batch-next').click()
  await at(page, 'order-text').waitFor()
  await bothWidths(page, 'batch-check')
  await prove(page, bank, who)
  await at(page, 'batch-state').waitFor()
}

export const batchStories = {
  async wages_come_from_a_file_are_put_right_and_paid_at_once({ bank, visitor }) {
    const [to, who, other] = bank.demo.customers
    const page = await visitor()
    await page.goto(bank.demo.doors.desk + '/index.html')
    await login(page, bank, who)
    await at(page, 'tab-transfer').click()
    await at(page, 'batches').click()
    await at(page, 'batch-new').click()
    const head = await download(page, 'batch-template')
    const lines = [
      `${to.name},${to.accounts[0].number},,"1,200.50",工资`,
      `王大丽,${other.accounts[0].number},,300,工资`,
      `${ELSEWHERE.name},${ELSEWHERE.number},${ELSEWHERE.bank},88.88,`,
      `王大丽,${ELSEWHERE.number},${ELSEWHERE.bank},6.66,`, /* only the other bank knows that it is not hers */
    ]
    await at(page, 'batch-file').setInputFiles({ name: 'wages.csv', mimeType: 'text/csv', buffer: Buffer.from(head + lines.join('\r\n')) })
    await at(page, 'batch-row').nth(3).waitFor()
    await typeRow(page, { name: to.name, number: to.accounts[0].number, amount: '10' })
    assert.match(await at(page, 'batch-total').innerText(), /1,606\.04/)
    await at(page, 'batch-next').click()
    await at(page, 'batch-row-problem').waitFor() /* nobody of that name has that account */
    await bothWidths(page, 'batch-bad')
    assert.equal(await at(page, 'batch-row-problem').count(), 1)
    await at(page, 'batch-row').nth(1).click()
    await at(page, 'row-name').fill(other.name)
    await at(page, 'row-save').click()
    await at(page, 'row-form').waitFor({ state: 'hidden' })
    await confirm(page, bank, who)
    await page.picture('batch-running')
    await page.locator('[data-test="batch-state"][data-state="done"]').waitFor({ timeout: RUN_MS })
    const failed = page.locator('[data-test="result-row"][data-state="failed"]')
    await failed.waitFor({ timeout: RUN_MS })
    assert.match(await failed.innerText(), /户名/)
    await bothWidths(page, 'batch-done')
    assert.equal(await page.locator('[data-test="result-row"][data-state="paid"]').count(), 4)
    assert.match(await at(page, 'batch-paid').innerText(), /1,599\.38/)
    const results = (await download(page, 'batch-save')).trim().split('\r\n')
    assert.equal(results.length, 6)
    assert.equal(results.filter((line) => line.includes('不符')).length, 1)
    assert.ok(!results.join().includes(ELSEWHERE.number))
    await page.goto(bank.demo.doors.desk + '/index.html#/batches')
    await at(page, 'batch').first().waitFor()
    await page.picture('batches')
  },
}
