/** The browser stories, as TAP: all, or those that are named. ZY_E2E_PICTURES=DIR keeps a picture of every page. */
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { chromium } from 'playwright-core'
import { openBank } from './bank.mjs'
import { stories } from './stories.mjs'

const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync)
if (!CHROMIUM) throw new Error('Chromium is missing (Debian package chromium)')

const pictures = process.env.ZY_E2E_PICTURES
if (pictures) mkdirSync(pictures, { recursive: true })

const browser = await chromium.launch({
  executablePath: CHROMIUM,
  args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update', '--disable-sync',
    '--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'], /* a camera that shows moving test pictures */
})
const bank = await openBank()
const faults = []

/** A fresh browser for one person; what goes wrong on its pages fails the story. */
async function visitor(options = {}) {
  const context = await browser.newContext({ ignoreHTTPSErrors: true, locale: 'zh-CN', viewport: { width: 390, height: 844 }, ...options })
  const page = await context.newPage()
  page.setDefaultTimeout(20000)
  page.on('pageerror', (e) => faults.push(`page error: ${e.message}`))
  page.on('console', (m) => m.type() === 'error' && faults.push(`console: ${m.text()}`))
  watch(context)
  page.picture = async (name) => pictures && page.screenshot({ path: join(pictures, `${name}.png`) })
  return page
}

/** Session ids as they go over the wire, and where they could have strayed to. */
function watch(context) {
  const { sessions, addresses, refusals } = bank.seen
  const keep = (id) => id && id.length >= 16 && sessions.add(id)
  context.on('request', (request) => {
    const headers = request.headers()
    addresses.add(request.url()).add(headers.referer ?? '')
    keep(headers['zsc-session'])
    keep(headers['x-csrf-token'])
  })
  context.on('response', async (response) => {
    for (const { name, value } of await response.headersArray().catch(() => []))
      if (/^set-cookie$/i.test(name)) keep(value.split(';')[0].split('=').slice(1).join('='))
    if (response.status() >= 400) refusals.add(await response.text().catch(() => ''))
  })
}

/** What the pages showed when a story failed. */
async function lastPictures(name) {
  if (!pictures) return
  const pages = browser.contexts().flatMap((context) => context.pages())
  for (const [i, page] of pages.entries()) await page.screenshot({ path: join(pictures, `FAILED-${name}-${i}.png`) }).catch(() => null)
}

const asked = process.argv.slice(2)
const names = Object.keys(stories).filter((name) => asked.length === 0 || asked.includes(name))
console.log(`TAP version 13\n# suite: e2e\n1..${names.length}`)
let failed = 0
for (const [i, name] of names.entries()) {
  faults.length = 0
  let problem = null
  const begun = Date.now()
  try {
    await stories[name]({ bank, visitor, faults })
    if (faults.length) problem = new Error(faults.join('\n'))
  } catch (e) {
    problem = e
  }
  console.log(`${problem ? 'not ok' : 'ok'} ${i + 1} - ${name}\n# ${Math.round((Date.now() - begun) / 1000)} s`)
  if (problem) {
    failed++
    await lastPictures(name)
    console.log(String(problem.stack ?? problem).split('\n').slice(0, 14).map((line) => `# ${line}`).join('\n'))
    console.log(bank.logs.join('').split('\n').filter((line) => /"level":"(warn|error)"/.test(line)).slice(-12).map((line) => `# server: ${line}`).join('\n'))
  }
  for (const context of browser.contexts()) await context.close()
}
await browser.close()
await bank.close()
process.exit(failed ? 1 : 0)
