import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import sharedEn from '@zhangyin/shared/i18n/en.json'
import sharedZh from '@zhangyin/shared/i18n/zh-CN.json'
import { describe, expect, it } from 'vitest'
import { MENU } from '@/lib/menu'
import { FIGURES } from '@/lib/figures'
import en from '@/words/en.json'
import zh from '@/words/zh-CN.json'

type Words = { [key: string]: string | Words }

function flat(words: Words, prefix = ''): Map<string, string> {
  const out = new Map<string, string>()
  for (const [key, value] of Object.entries(words)) {
    if (typeof value === 'string') out.set(prefix + key, value)
    else for (const [k, v] of flat(value, `${prefix}${key}.`)) out.set(k, v)
  }
  return out
}

function sources(dir: string): string[] {
  return readdirSync(dir, { withFileTypes: true }).flatMap((entry) => {
    const path = join(dir, entry.name)
    if (entry.isDirectory()) return sources(path)
    return /\.(vue|ts)$/.test(entry.name) ? [readFileSync(path, 'utf8')] : []
  })
}

const chinese = flat(zh)
const english = flat(en)
const code = sources(join(__dirname, '../src'))

describe('console words', () => {
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
    for (const [key, text] of chinese) expect(text, key).toMatch(/\p{Script=Han}/u)
  })

  it('exist for every key that a page names', () => {
    const used = code.flatMap((text) => [...text.matchAll(/\bt\((?:[^()'`]*\?\s*)?'([\w.]+)'(?:\s*:\s*'([\w.]+)')?/g)].flatMap((m) => [m[1]!, m[2]]))
    const named = used.filter((key): key is string => key !== undefined)
    expect(named.length).toBeGreaterThan(120)
    expect(named.filter((key) => !chinese.has(key))).toEqual([])
  })

  it('exist for the menu, its pages and the figures', () => {
    const entries = MENU.flatMap((group) => [group.word, ...group.entries.map((e) => e.word)])
    const pages = MENU.flatMap((group) => group.entries.map((e) => `${e.icon}.text`))
    const figures = FIGURES.map(({ key }) => `figure.${key}`)
    expect([...entries, ...pages, ...figures].filter((key) => !chinese.has(key))).toEqual([])
  })

  it('exist for every status that the staff door can answer', () => {
    const list = readFileSync(join(__dirname, '../../../src/base/status.h'), 'utf8')
    const statuses = [...list.matchAll(/X\((\w+), (\d+),/g)].filter((m) => m[1] !== 'OK' && Number(m[2]) < 30000)
    const errors: [Words, Words][] = [
      [sharedZh.error, zh.error],
      [sharedEn.error, en.error],
    ]
    expect(statuses.length).toBeGreaterThan(30)
    for (const [shared, own] of errors) expect(statuses.map((m) => m[1]!).filter((s) => !(s in shared) && !(s in own))).toEqual([])
  })

  it('stand in the glossary and not in the pages', () => {
    for (const text of code) {
      const found = (text.match(/\p{Script=Han}+/gu) ?? []).filter((word) => word !== '中文')
      expect(found).toEqual([])
    }
  })
})

describe('console pages', () => {
  it('have no inline style or script that the content policy would refuse', () => {
    for (const text of code) {
      expect(text).not.toMatch(/<[a-zA-Z][^>]*\s:?style="/)
      expect(text).not.toMatch(/v-html|innerHTML|\seval\(|new Function|cssText|setAttribute\('style'/)
    }
    const html = readFileSync(join(__dirname, '../index.html'), 'utf8')
    expect(html).not.toMatch(/<style|style="|<script>|\son\w+="/)
  })

  it('offer no autofill where something is typed', () => {
    const inputs = code.flatMap((text) => [...text.matchAll(/<ElInput\b[^>]*>/g)].map((m) => m[0]))
    expect(inputs.length).toBeGreaterThan(5)
    const single = inputs.filter((input) => !input.includes('type="textarea"'))
    expect(single.filter((input) => !input.includes('autocomplete="off"'))).toEqual([])
  })
})
