#!/usr/bin/env node
/* Makes the checked-in tables of banks, card numbers and working days:
 *     node src/bank/directory/make-tables.mjs           writes them
 *     node src/bank/directory/make-tables.mjs --check   says what differs (exit 1)
 * from banks.tsv (clearing code, name, letters, the bank's name in bankcardinfo) and the packages bankcardinfo and chinese-days,
 * whose versions web/package.json pins. */
import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import vm from 'node:vm'

const here = dirname(fileURLToPath(import.meta.url))
const require = createRequire(join(here, '../../../web/package.json'))
const KINDS = { DC: 'DEBIT', CC: 'CREDIT', SCC: 'SEMI_CREDIT', PC: 'PREPAID' }
const FIRST_DAY = Date.UTC(2024, 0, 1) / 86400000

function fail(words) {
  throw new Error(`make-tables: ${words}`)
}

function versionOf(name) {
  return require(`${name}/package.json`).version
}

/* The package keeps its list to itself: the literal is read from its text and evaluated alone, without anything around it. */
function cardList() {
  const text = readFileSync(require.resolve('bankcardinfo'), 'utf8')
  const start = text.indexOf('var bankcardList = [')
  const end = text.indexOf('\n  }]\n', start)
  if (start < 0 || end < 0) fail('bankcardinfo has no list any more')
  const literal = text.slice(text.indexOf('[', start), end + '\n  }]'.length)
  return vm.runInNewContext(`(${literal})`, Object.create(null), { timeout: 1000 })
}

function readBanks() {
  const banks = readFileSync(join(here, 'banks.tsv'), 'utf8').trimEnd().split('\n').map((line) => line.split('\t'))
  for (const [code, name, letters] of banks)
    if (!/^\d{12}$/.test(code) || !/^\p{Script=Han}+$/u.test(name) || !/^[A-Z]+$/.test(letters)) fail(`banks.tsv: ${code}`)
  const codes = banks.map((b) => b[0])
  if (codes.some((c, i) => i > 0 && codes[i - 1] >= c)) fail('banks.tsv is not in the order of its codes')
  return banks
}

/* "prefix length" -> [bank's index, kind]; where the package says two things, its first one counts, as when it is asked. */
function readBins(banks) {
  const indexOf = new Map(banks.map((b, i) => [b[3], i]).filter(([name]) => name))
  const bins = new Map()
  const seen = new Set()
  for (const bank of cardList()) {
    const index = indexOf.get(bank.bankName)
    if (index === undefined) continue
    seen.add(bank.bankName)
    for (const { reg, cardType } of bank.patterns) {
      const [, prefixes, rest] = /^\^\(([\d|]+)\)\\d\{(\d+)\}\$$/.exec(reg.source) ?? fail(`a pattern of ${bank.bankName}`)
      for (const prefix of prefixes.split('|')) {
        const key = `${prefix} ${prefix.length + Number(rest)}`
        if (!bins.has(key)) bins.set(key, [index, KINDS[cardType] ?? fail(`a kind ${cardType}`)])
      }
    }
  }
  for (const name of indexOf.keys()) if (!seen.has(name)) fail(`bankcardinfo has no ${name}`)
  return [...bins].map(([key, value]) => [...key.split(' '), ...value]).filter(([, length]) => length >= 13 && length <= 19)
    .sort(([a, m], [b, n]) => (a < b ? -1 : a > b ? 1 : m - n))
}

function directory() {
  const banks = readBanks()
  const bins = readBins(banks)
  return `/* Made by make-tables.mjs from banks.tsv and bankcardinfo ${versionOf('bankcardinfo')}: do not edit. */
#include "bank/directory/directory_internal.h"

const zy_bank DIRECTORY_BANKS[] = {
${banks.map(([code, name, letters]) => `    { "${code}", "${name}", "${letters}" },`).join('\n')}
};
const size_t DIRECTORY_BANK_COUNT = ${banks.length};

const directory_bin DIRECTORY_BINS[] = {
${bins.map(([prefix, length, bank, kind]) => `    { "${prefix}", ${length}, ${bank}, ZY_CARD_${kind} },`).join('\n')}
};
const size_t DIRECTORY_BIN_COUNT = ${bins.length};
`
}

function daysOf(set) {
  return Object.keys(set).sort().map((day) => Math.round(Date.parse(`${day}T00:00:00Z`) / 86400000))
}

/* Only what the rule of weekends does not say by itself. */
function workdays() {
  const { holidays, workdays: made } = require('chinese-days/dist/chinese-days.json')
  const weekend = (day) => [0, 6].includes(new Date(day * 86400000).getUTCDay())
  const recent = (days) => days.filter((day) => day >= FIRST_DAY)
  const off = recent(daysOf(holidays)).filter((day) => !weekend(day)).map((day) => [day, 'false'])
  const on = recent(daysOf(made)).filter(weekend).map((day) => [day, 'true'])
  const last = Math.max(...Object.keys(holidays).map((day) => Number(day.slice(0, 4))))
  const rows = [...off, ...on].sort(([a], [b]) => a - b)
  const text = (day) => new Date(day * 86400000).toISOString().slice(0, 10)
  return `/* Made by src/bank/directory/make-tables.mjs from chinese-days ${versionOf('chinese-days')}: do not edit. */
#include "bank/route/workday_internal.h"

const workday_exception WORKDAY_EXCEPTIONS[] = {
${rows.map(([day, works]) => `    { ${day}, ${works} }, /* ${text(day)} */`).join('\n')}
};
const size_t WORKDAY_EXCEPTION_COUNT = ${rows.length};
const int WORKDAY_LAST_YEAR = ${last};
`
}

const FILES = [[join(here, 'directory_tables.c'), directory], [join(here, '../route/workday_table.c'), workdays]]

let differs = false
for (const [path, make] of FILES) {
  const text = make()
  if (!process.argv.includes('--check')) writeFileSync(path, text)
  else if (readFileSync(path, 'utf8') !== text) {
    console.error(`${path} is not what the packages say: run make-tables.mjs`)
    differs = true
  }
}
process.exit(differs ? 1 : 0)
