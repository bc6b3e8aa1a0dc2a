/** What the staff do at their console. */
import { at } from './phone.mjs'

export async function enterConsole(bank, visitor, role) {
  const member = bank.demo.staff.find((s) => s.role === role)
  const page = await visitor({ viewport: { width: 1280, height: 800 } })
  await page.goto(bank.demo.doors.staff)
  await page.locator('input[data-test=user]').fill(member.user)
  await page.locator('input[data-test=password]').fill(member.password)
  await page.locator('input[data-test=code]').fill(await bank.staffCode(member.user))
  await at(page, 'submit').click()
  await at(page, 'nav-overview').waitFor()
  return page
}

/** Agrees to the request that came last. */
export async function decideNewest(page, picture) {
  await at(page, 'nav-approvals').click()
  await at(page, 'open').first().click()
  await at(page, 'approve').first().waitFor()
  await page.picture(picture)
  await at(page, 'approve').first().click()
}
