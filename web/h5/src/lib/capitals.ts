/** Amounts in Chinese capital numerals, as they stand on cheques: a nought too many is heard when it is read. */
import nzh from 'nzh/cn'

/** Only for whole fen from 1 on; otherwise empty. */
export function capitals(fen: number | null): string {
  if (fen === null || !Number.isSafeInteger(fen) || fen <= 0) return ''
  const yuan = Math.trunc(fen / 100)
  const rest = String(fen % 100).padStart(2, '0')
  return nzh.toMoney(rest === '00' ? String(yuan) : `${yuan}.${rest}`, { outSymbol: false })
}
