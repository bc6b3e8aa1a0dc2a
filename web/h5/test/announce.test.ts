import { beforeEach, describe, expect, it } from 'vitest'
import { announce } from '@/lib/announce'

describe('a new page', () => {
  beforeEach(() => {
    document.body.innerHTML = '<main><h1> 安全中心 </h1><input></main>'
  })

  it('is announced from its heading', () => {
    announce(document, '云澜银行')
    expect(document.title).toBe('安全中心 · 云澜银行')
    expect(document.activeElement).toBe(document.querySelector('h1'))
  })

  it('leaves the focus to whom it put it into a field', () => {
    document.querySelector('input')!.focus()
    announce(document, '云澜银行')
    expect(document.activeElement).toBe(document.querySelector('input'))
  })

  it('without a heading has the name of the bank', () => {
    document.body.innerHTML = '<p>…</p>'
    announce(document, '云澜银行')
    expect(document.title).toBe('云澜银行')
  })
})
