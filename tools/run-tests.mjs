#!/usr/bin/env node
// Runs the test programs of a build and all that belongs to them, two at a time, and gathers the results.
//   tools/run-tests [--build DIR] [--also DIR] [--filter TEXT] [--out DIR] [--list]
// Everything that is run prints TAP. Results go to OUT/results.tsv (suite.test, passed|failed|skipped,
// ms, backend), the output of each program to OUT/test-logs/; OUT is build/ when it is not given. The last line is "N passed, N failed".
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const TOP = resolve(dirname(fileURLToPath(import.meta.url)), '..')
const TIMEOUT_MS = Number(process.env.ZY_TEST_TIMEOUT_MS) || 300_000
const LONG_TIMEOUT_MS = 1_200_000 // whole-server stories with --full, and the browser
const PARALLEL = 2
const SHOWN_LINES = 60

function parseArgs(argv) {
  const args = { build: 'build/test', also: null, filter: '', out: 'build', list: false }
  for (let i = 0; i < argv.length; i++) {
    const name = argv[i].replace(/^--/, '')
    if (name === 'list') args.list = true
    else if (name in args && i + 1 < argv.length) args[name] = argv[++i]
    else throw new Error(`unknown argument ${argv[i]}`)
  }
  return args
}

const args = parseArgs(process.argv.slice(2))
const OUT = resolve(TOP, args.out)

const inFolder = (folder, test) => (existsSync(folder) ? readdirSync(folder).filter(test).sort() : [])

// What a second compiler's build has nothing to add to, however often it is repeated: there it runs as in the plain test.
const PLAIN_FOR_SECOND_COMPILER = /^(attack_|flow_kill$|simulator$)/

// A program that is linked with tests/support/zy_test_db.c holds this name of an environment variable.
const usesDatabase = (file) => readFileSync(file).includes('ZY_TEST_DB\0')

function programs(build, compiler) {
  const jobs = []
  for (const file of inFolder(build, (f) => /^test_\w+$/.test(f))) {
    const path = join(build, file)
    const suite = file.slice('test_'.length)
    const plain = compiler && PLAIN_FOR_SECOND_COMPILER.test(suite) ? { ZY_TEST_FULL: undefined } : {} // undefined: not passed on
    for (const db of usesDatabase(path) ? ['sqlite', 'pg'] : ['']) {
      const env = db ? { ...plain, ZY_TEST_DB: db } : plain
      jobs.push({ suite, backend: [db, compiler].filter(Boolean).join('/') || '-', command: [path], env })
    }
  }
  return jobs
}

function replays(build) {
  return inFolder(build, (f) => /^replay_\w+$/.test(f)).map((file) => {
    const target = file.slice('replay_'.length)
    return { suite: 'fuzz', backend: '-', whole: target, command: [join(build, file), `fuzz/corpus/${target}`] }
  })
}

function scripts() {
  return inFolder(join(TOP, 'tests/scripts'), (f) => f.endsWith('_test.sh')).map((file) => ({
    suite: basename(file, '_test.sh'), backend: '-', command: ['sh', `tests/scripts/${file}`],
  }))
}

function web() {
  const jobs = []
  if (existsSync(join(TOP, 'web/node_modules'))) {
    jobs.push({ suite: 'web', backend: '-', command: ['npm', 'test', '--silent'], cwd: 'web' })
  }
  if (existsSync(join(TOP, 'web/e2e/run.mjs'))) {
    jobs.push({ suite: 'e2e', backend: '-', alone: true, command: ['node', 'web/e2e/run.mjs'] })
  }
  return jobs
}

// One line of TAP: a result, a plan, or nothing of interest.
function parseTap(line) {
  const plan = /^1\.\.(\d+)/.exec(line)
  if (plan) return { plan: Number(plan[1]) }
  const suite = /^# suite: (\w+)$/.exec(line)
  if (suite) return { suite: suite[1] }
  const test = /^(ok|not ok)\s*\d*\s*(?:-\s*)?(.*?)\s*(#\s*(skip|todo|time)\b.*)?$/i.exec(line)
  if (!test) return {}
  const skipped = /^(skip|todo)$/i.test(test[4] ?? '')
  return { name: test[2].split(' > ').pop().replace(/[\s,]+/g, '_'), status: skipped ? 'skipped' : test[1] === 'ok' ? 'passed' : 'failed' }
}

const children = new Set()
function killGroup(child) {
  try {
    process.kill(-child.pid, 'SIGKILL')
  } catch {
    // It ended by itself.
  }
}

function run(job) {
  return new Promise((done) => {
    const started = Date.now()
    const result = { ...job, tests: [], output: [], plan: null, code: null, timedOut: false }
    const child = spawn(job.command[0], job.command.slice(1), {
      cwd: job.cwd ? join(TOP, job.cwd) : TOP,
      detached: true, // a group of its own, so that what it started goes with it
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...process.env,
        UBSAN_OPTIONS: 'halt_on_error=1:print_stacktrace=1',
        ZY_TEST_FILTER: job.pattern ?? '',
        ...job.env,
      },
    })
    children.add(child)
    let last = started
    let rest = ''
    const take = (line) => {
      result.output.push(line)
      const tap = parseTap(line)
      if (tap.plan !== undefined) result.plan = tap.plan
      if (tap.suite) result.suite = tap.suite
      if (tap.name !== undefined) {
        result.tests.push({ name: tap.name, status: tap.status, ms: Date.now() - last })
        last = Date.now()
      }
    }
    child.stdout.on('data', (data) => {
      const lines = (rest + data).split('\n')
      rest = lines.pop()
      lines.forEach(take)
    })
    child.stderr.on('data', (data) => result.output.push(...String(data).replace(/\n$/, '').split('\n')))
    const timer = setTimeout(() => {
      result.timedOut = true
      killGroup(child)
    }, job.alone || process.env.ZY_TEST_FULL ? LONG_TIMEOUT_MS : TIMEOUT_MS)
    child.on('error', (error) => result.output.push(String(error)))
    child.on('exit', () => killGroup(child)) // what it left behind holds the pipes open
    child.on('close', (code) => {
      clearTimeout(timer)
      children.delete(child)
      if (rest) take(rest)
      result.code = code
      result.ms = Date.now() - started
      done(judge(result))
    })
  })
}

// A program that says nothing wrong but ends badly, or says less than it planned, has crashed.
function judge(result) {
  if (result.whole) {
    result.tests = [{ name: result.whole, status: result.code === 0 ? 'passed' : 'failed', ms: result.ms }]
    return result
  }
  const failed = result.tests.some((t) => t.status === 'failed')
  const short = result.plan !== null && result.tests.length < result.plan
  if (result.timedOut || short || result.plan === null || (result.code !== 0 && !failed)) {
    result.tests.push({ name: 'crash', status: 'failed', ms: result.ms })
    if (result.timedOut) result.output.push('timed out')
  }
  return result
}

function report(result) {
  const name = result.whole ? `${result.suite}.${result.whole}` : result.suite
  const kind = result.backend === '-' ? '' : `.${result.backend.replace('/', '_')}`
  const log = join(OUT, 'test-logs', `${name}${kind}.log`)
  writeFileSync(log, result.output.join('\n') + '\n')
  const failed = result.tests.filter((t) => t.status === 'failed')
  const where = result.backend === '-' ? '' : ` (${result.backend})`
  const seconds = (result.ms / 1000).toFixed(1)
  console.log(`${failed.length ? 'FAIL' : 'ok  '} ${name}${where}: ${result.tests.length} in ${seconds} s`)
  if (!failed.length) return
  for (const t of failed) console.log(`     failed: ${result.suite}.${t.name}`)
  const shown = result.output.filter((line) => !/^ok /.test(line)).slice(-SHOWN_LINES)
  for (const line of shown) console.log(`     | ${line}`)
}

async function runAll(jobs) {
  const results = []
  const work = async (queue) => {
    for (let job = queue.shift(); job; job = queue.shift()) {
      const result = await run(job)
      report(result)
      results.push(result)
    }
  }
  const together = jobs.filter((j) => !j.alone)
  await Promise.all(Array.from({ length: PARALLEL }, () => work(together)))
  await work(jobs.filter((j) => j.alone))
  return results
}

function selected(jobs, filter) {
  if (!filter) return jobs
  const [suite, pattern] = filter.split('.')
  return jobs
    .filter((j) => j.suite.includes(suite) || (j.whole ?? '').includes(suite))
    .map((j) => ({ ...j, pattern: pattern ? `*${pattern}*` : '' }))
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    children.forEach(killGroup)
    process.exit(1)
  })
}

const build = resolve(TOP, args.build)
const also = args.also ? programs(resolve(TOP, args.also), 'clang') : []
const jobs = selected([...scripts(), ...replays(build), ...programs(build, ''), ...also, ...web()], args.filter)
if (args.list) {
  for (const j of jobs) console.log([j.suite, j.backend].join('\t'))
  process.exit(0)
}
rmSync(join(OUT, 'test-logs'), { recursive: true, force: true })
mkdirSync(join(OUT, 'test-logs'), { recursive: true })

const results = await runAll(jobs)
const rows = results.flatMap((r) => r.tests.map((t) => ({ ...t, id: `${r.suite}.${t.name}`, backend: r.backend })))
writeFileSync(
  join(OUT, 'results.tsv'),
  rows.map((r) => [r.id, r.status, r.ms, r.backend].join('\t') + '\n').sort().join(''),
)
const count = (status) => rows.filter((r) => r.status === status).length
console.log('')
for (const r of rows.filter((x) => x.status === 'failed')) console.log(`failed: ${r.id} ${r.backend === '-' ? '' : r.backend}`)
if (count('skipped')) console.log(`${count('skipped')} skipped`)
console.log(`${count('passed')} passed, ${count('failed')} failed`)
process.exit(count('failed') || !count('passed') ? 1 : 0)
