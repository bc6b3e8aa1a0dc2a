// @vitest-environment node
import { describe, expect, it } from 'vitest'
import { capitals } from '@/lib/capitals'

describe('capitals', () => {
  it('writes amounts as they stand on cheques', () => {
    const table: readonly [number, string][] = [
      [1, '壹分'],
      [50, '伍角'],
      [100, '壹元整'],
      [1005, '壹拾元零伍分'],
      [10050, '壹佰元伍角'],
      [100506, '壹仟零伍元零陆分'],
      [100000000, '壹佰万元整'],
      [100020000, '壹佰万零贰佰元整'],
    ]
    for (const [fen, text] of table) expect(capitals(fen), String(fen)).toBe(text)
  })

  it('says nothing of what is no amount', () => {
    for (const none of [null, 0, -1, 1.5, Number.NaN]) expect(capitals(none)).toBe('')
  })
})
