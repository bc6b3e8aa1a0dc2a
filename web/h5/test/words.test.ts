import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import en from '@zhangyin/shared/i18n/en.json'
import zh from '@zhangyin/shared/i18n/zh-CN.json'

type Words = { [key: string]: string | Words }

function flat(words: Words, prefix = ''): Map<string, string> {
  const out = new Map<string, string>()
  for (const [key, value] of Object.entries(words)) {
    if (typeof value === 'string') out.set(prefix + key, value)
    else for (const [k, v] of flat(value, `${prefix}${key}.`)) out.set(k, v)
  }
  return out
}

function sources(dir: string, wanted = /\.(vue|ts)$/): string[] {
  return readdirSync(dir, { withFileTypes: true }).flatMap((entry) => {
    const path = join(dir, entry.name)
    if (entry.isDirectory()) return sources(path, wanted)
    return wanted.test(entry.name) ? [readFileSync(path, 'utf8')] : []
  })
}

const chinese = flat(zh)
const english = flat(en)
const code = sources(join(__dirname, '../src'))

describe('words', () => {
  it('are complete in both languages', () => {
    expect([...english.keys()].sort()).toEqual([...chinese.keys()].sort())
    for (const [key, text] of [...chinese, ...english]) expect(text.trim(), key).not.toBe('')
  })

  it('take the same values in both languages', () => {
    const names = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((m) => m[1]).sort()
    for (const [key, text] of chinese) expect(names(english.get(key)!), key).toEqual(names(text))
  })

  it('are Chinese in the Chinese file and have no Chinese in the English one', () => {
    for (const [key, text] of english) expect(text, key).not.toMatch(/\p{Script=Han}/u)
    const plain = [...chinese].filter(([key]) => key !== 'home.comma')
    for (const [key, text] of plain) expect(text, key).toMatch(/\p{Script=Han}/u)
  })

  it('exist for every key that a page names', () => {
    const used = code.flatMap((text) => [...text.matchAll(/\bt\('([\w.]+)'/g)].map((m) => m[1]!))
    expect(used.length).toBeGreaterThan(100)
    expect(used.filter((key) => !chinese.has(key))).toEqual([])
  })

  it('exist for every status that can reach a customer', () => {
    const list = readFileSync(join(__dirname, '../../../src/base/status.h'), 'utf8')
    const statuses = [...list.matchAll(/X\((\w+), (\d+),/g)].filter((m) => m[1] !== 'OK')
    const staffOnly = ['CSRF_BAD', 'MAKER_IS_CHECKER', 'PHONE_TOO_NEW']
    // 3xxxx are ours, not the customer's: without words of their own they read as INTERNAL.
    const needed = statuses.filter((m) => Number(m[2]) < 30000 && !staffOnly.includes(m[1]!)).map((m) => m[1]!)
    expect(needed.length).toBeGreaterThan(30)
    expect([...needed, 'INTERNAL'].filter((code) => !chinese.has(`error.${code}`))).toEqual([])
  })

  it('exist for every line and every kind of an order', () => {
    const server = sources(join(__dirname, '../../../src'), /(?<!_test)\.c$/).join('\n')
    const lines = [...server.matchAll(/\b(?:zy_order_)?line(?:_\w+)?\(lines, "(\w+)"/g)].map((m) => m[1]!)
    const kinds = [...server.matchAll(/\.name = "([\w.]+)", \.title_zh = "[^"]+",\s*\.scene/g)].map((m) => m[1]!.replace(/\./g, '_'))
    expect(lines.length).toBeGreaterThan(30)
    expect(kinds.length).toBeGreaterThan(15)
    expect(lines.filter((name) => !chinese.has(`order.field.${name}`))).toEqual([])
    expect(kinds.filter((name) => !chinese.has(`order.kind.${name}`))).toEqual([])
  })

  it('stand in the glossary, not in the pages', () => {
    const allowed = ['简体中文', '中文']
    for (const text of code) {
      const found = (text.match(/\p{Script=Han}+/gu) ?? []).filter((word) => !allowed.includes(word))
      expect(found).toEqual([])
    }
  })
})

describe('pages', () => {
  it('offer no autofill in any input', () => {
    const inputs = code.flatMap((text) => [...text.matchAll(/<input\b[^>]*>/g)].map((m) => m[0]))
    expect(inputs.length).toBeGreaterThan(8)
    expect(inputs.filter((input) => !input.includes('autocomplete="off"'))).toEqual([])
  })

  it('have no inline style or script that the content policy would refuse', () => {
    for (const text of code) {
      expect(text).not.toMatch(/<[a-z][^>]*\sstyle="/i)
      expect(text).not.toMatch(/v-html|innerHTML|\seval\(|new Function/)
    }
    const html = readFileSync(join(__dirname, '../index.html'), 'utf8')
    expect(html).not.toMatch(/<style|style="|<script>|\son\w+="/)
  })
})
