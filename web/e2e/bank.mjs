/** A bank like the demo (kind test: as many texts as the stories need) of its own for a run: made, served with its desk, stopped by pid. */
import { spawn, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const top = resolve(dirname(fileURLToPath(import.meta.url)), '../..')

function program(name) {
  const built = [process.env.ZY_BIN_DIR, join(top, 'build/test'), join(top, 'build/release')]
    .filter(Boolean)
    .map((dir) => join(dir, name))
    .find(existsSync)
  if (!built) throw new Error(`${name} is not built; run ./dev build`)
  return built
}

const free = (port) =>
  new Promise((done) => {
    const server = createServer()
    server.once('error', () => done(false))
    server.listen(port, '127.0.0.1', () => server.close(() => done(true)))
  })

async function portBase() {
  for (;;) {
    const base = 20000 + Math.floor(Math.random() * 20000)
    if ((await Promise.all([0, 1, 2, 3, 4, 5, 6, 7, 8].map((i) => free(base + i)))).every(Boolean)) return base
  }
}

async function until(what, check, seconds = 30) {
  for (const end = Date.now() + seconds * 1000; Date.now() < end; ) {
    const value = await check()
    if (value) return value
    await new Promise((done) => setTimeout(done, 100))
  }
  throw new Error(`${what} did not happen within ${seconds} s`)
}

export const CAPTCHA = 'ACEFH'

/** The made-up identity number of demo.customers[i] (i below 44), with the check digit of GB 11643. */
export function demoIdNo(i) {
  const digits = `990000${1961 + i}0101000`
  const sum = [...digits].reduce((all, d, i) => all + Number(d) * (2 ** (17 - i) % 11), 0)
  return digits + '10X98765432'[sum % 11]
}

export async function openBank() {
  const home = join(mkdtempSync(join(tmpdir(), 'zy_e2e_')), 'home')
  const base = await portBase()
  /* A test build draws every captcha with this text; another one has no such thing. */
  const env = { ...process.env, ZY_PORT_BASE: String(base), ZY_TEST_CAPTCHA: CAPTCHA }
  const made = spawnSync(program('zhangyin'), ['init', '--kind', 'test', '--home', home], { env, encoding: 'utf8' })
  if (made.status !== 0) throw new Error(`init failed: ${made.stderr}`)
  const logs = []
  const start = (name, args) => {
    const child = spawn(program(name), args, { env, stdio: ['ignore', 'ignore', 'pipe'] })
    child.stderr.on('data', (data) => logs.push(String(data)))
    return child
  }
  const web = (client) => join(top, 'web', client, 'dist')
  appendFileSync(join(home, 'zhangyin.conf'), clientFolders(home, web) + screening(home, base) + face(home, base) + carrier(home, base))
  const children = [
    await clearing(home, base, env, start),
    start('zhangyin-screening', ['--port', String(base + 5), '--key', join(home, 'screening-key'), '--people', join(home, 'screening-list.txt')]),
    start('zhangyin-face', ['--port', String(base + 6), '--key', join(home, 'face-key'), '--camera', 'genuine']),
    start('zhangyin-carrier', ['--port', String(base + 8), '--key', join(home, 'carrier-key'), '--sim', join(home, 'carrier-sim')]),
    start('zhangyin', ['serve', '--home', home]),
  ]
  const up = async (url) => (await fetch(url).catch(() => null))?.ok
  await until("the server", () => up(`http://127.0.0.1:${base + 3}/ready`)).catch((e) => {
    throw new Error(`${e.message}\n${logs.join('')}`)
  })
  children.push(start('zhangyin-desk', ['--home', home, '--page', join(top, 'sim/desk/page')]))
  await until('the desk', () => up(`http://127.0.0.1:${base + 4}/desk/people.json`))
  const demo = JSON.parse(readFileSync(join(home, 'demo.json'), 'utf8'))

  const usedCodes = new Map()
  const mailbox = () =>
    existsSync(join(home, 'mailbox.jsonl'))
      ? readFileSync(join(home, 'mailbox.jsonl'), 'utf8').trim().split('\n').filter(Boolean).map((line) => JSON.parse(line))
      : []
  return {
    demo,
    base,
    home,
    logs,
    /** The newest code to a phone that came after `after` texts. */
    code: (phone, after) =>
      until('the text message', () => {
        const texts = mailbox().filter((sms) => sms.phone === phone)
        return texts.length > after && /\d{6}/.exec(texts[texts.length - 1].text)?.[0]
      }),
    /** The newest text to a phone that came after `after` texts. */
    text: (phone, after) =>
      until('the text message', () => {
        const texts = mailbox().filter((sms) => sms.phone === phone)
        return texts.length > after && texts[texts.length - 1].text
      }),
    /** The code that a staff member's authenticator shows; a fresh one, since each works once. */
    staffCode: (user) =>
      until('a fresh code', async () => {
        const answer = await fetch(`http://127.0.0.1:${base + 4}/desk/people.json`)
        const { code } = (await answer.json()).staff.find((s) => s.user === user)
        return usedCodes.get(user) !== code && usedCodes.set(user, code) && code
      }, 35),
    /** The SIM card in everybody's phone. */
    putSim: (phone) => writeFileSync(join(home, 'carrier-sim'), phone),
    until,
    newest: (phone) => mailbox().filter((sms) => sms.phone === phone).at(-1)?.text ?? '',
    /** All codes that were sent to a phone. */
    codes: (phone) => mailbox().filter((sms) => sms.phone === phone).flatMap((sms) => /(?<!\d)\d{6}(?!\d)/.exec(sms.text) ?? []),
    /** What all browsers of the run sent and heard: ids of sessions, addresses, and answers that refused. */
    seen: { sessions: new Set(), addresses: new Set(), refusals: new Set() },
    texts: (phone) => mailbox().filter((sms) => sms.phone === phone).length,
    run: (...args) => spawnSync(program('zhangyin'), [...args, '--home', home], { env, encoding: 'utf8' }),
    close: async () => {
      for (const child of children.reverse()) {
        child.kill('SIGTERM')
        await new Promise((done) => (child.exitCode !== null ? done() : child.once('exit', done)))
      }
      rmSync(dirname(home), { recursive: true, force: true })
    },
  }
}

/** The bank asks a screening system of its own, played by zhangyin-screening. */
function screening(home, base) {
  writeFileSync(join(home, 'screening-key'), randomBytes(16).toString('hex'), { mode: 0o600 })
  return `screening.connector = http\nscreening.url = http://127.0.0.1:${base + 5}/screen\n`
}

/** And a provider of faces, played by zhangyin-face: its camera always shows whom it is asked for. */
function face(home, base) {
  writeFileSync(join(home, 'face-key'), randomBytes(16).toString('hex'), { mode: 0o600 })
  return `face.connector = http\nface.url = http://127.0.0.1:${base + 6}\n`
}

/** A clearing house of its own, played by zhangyin-clearing: it tells the bank its keys in a file of configuration. */
async function clearing(home, base, env, start) {
  const key = (purpose) =>
    spawnSync(program('zhangyin'), ['keys', 'public', purpose, '--home', home], { env, encoding: 'utf8' }).stdout.trim()
  const member = `313999000016:${key('clearing')}:${key('clearing-box')}`
  const child = start('zhangyin-clearing', ['--port', String(base + 7), '--folder', join(home, 'clearing'), '--member', member])
  const conf = join(home, 'clearing', 'bank.conf')
  await until('the clearing house', () => existsSync(conf) && readFileSync(conf, 'utf8').includes('house_box_key'))
  appendFileSync(join(home, 'zhangyin.conf'), readFileSync(conf, 'utf8'))
  return child
}

/** And the carriers' gateway, played by zhangyin-carrier; which SIM card is in the phone stands in a file. */
function carrier(home, base) {
  writeFileSync(join(home, 'carrier-key'), randomBytes(16).toString('hex'), { mode: 0o600 })
  writeFileSync(join(home, 'carrier-sim'), '')
  return `carrier.connector = http\ncarrier.url = http://127.0.0.1:${base + 8}\ncarrier.page_url = http://127.0.0.1:${base + 8}/tokens\n`
}

/** A build folder that does not stand beside web/ is told where the clients are. */
function clientFolders(home, web) {
  const config = readFileSync(join(home, 'zhangyin.conf'), 'utf8')
  return [
    ['net.h5_dir', web('h5')],
    ['net.console_dir', web('console')],
  ]
    .filter(([name, dir]) => !config.includes(`${name} =`) && existsSync(dir))
    .map(([name, dir]) => `${name} = ${dir}\n`)
    .join('')
}
