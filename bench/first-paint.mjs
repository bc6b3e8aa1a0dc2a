/** first-paint.mjs URL: the login page of the phone client in a fresh browser profile each time; prints medians in ms. */
import { createRequire } from 'node:module'

const { chromium } = createRequire(new URL('../web/package.json', import.meta.url))('playwright-core')
const TIMES = 5
const median = (values) => values.sort((a, b) => a - b)[values.length >> 1]

const browser = await chromium.launch({ executablePath: process.env.ZY_CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox'] })
const paints = [], usable = []
for (let i = 0; i < TIMES; i++) {
  const context = await browser.newContext({ ignoreHTTPSErrors: true, viewport: { width: 390, height: 844 } })
  const page = await context.newPage()
  const start = Date.now()
  await page.goto(process.argv[2], { waitUntil: 'commit' })
  await page.locator('[data-test="login-user"]').click()
  usable.push(Date.now() - start)
  paints.push(await page.evaluate(() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? NaN))
  await context.close()
}
await browser.close()
console.log(`first_paint_ms=${Math.round(median(paints))} usable_ms=${median(usable)}`)
