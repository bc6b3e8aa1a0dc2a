/** Money on the screen. Amounts are whole fen in safe integers; text is never parsed as a float. */

/** "1,234.56", without sign. */
export function yuan(fen: number): string {
  if (!Number.isSafeInteger(fen)) throw new Error('not fen')
  const abs = Math.abs(fen)
  const whole = Math.floor(abs / 100)
  const grouped = String(whole).replace(/\B(?=(\d{3})+$)/g, ',')
  return `${grouped}.${String(abs % 100).padStart(2, '0')}`
}

/** "¥1,234.56", "-¥1,234.56". */
export function money(fen: number): string {
  return `${fen < 0 ? '-' : ''}¥${yuan(fen)}`
}

/** Signed for lists: "+1.00" for money in, "-1.00" for money out. */
export function signedYuan(fen: number): string {
  return `${fen < 0 ? '-' : '+'}${yuan(fen)}`
}

/** Fen of a typed amount such as "1234.5"; null when it is none. */
export function parseYuan(text: string): number | null {
  const m = /^(\d{1,12})(?:\.(\d{0,2}))?$/.exec(text)
  if (m === null) return null
  return Number(m[1]) * 100 + Number((m[2] ?? '').padEnd(2, '0'))
}

/** The next text after a key of the amount keyboard: keeps two decimals, no leading zeros, a ceiling. */
export function amountKey(text: string, key: string, maxIntegerDigits = 9): string {
  if (key === 'delete') return text.slice(0, -1)
  if (key === '.') {
    if (text.includes('.')) return text
    return text === '' ? '0.' : `${text}.`
  }
  if (!/^\d$/.test(key)) return text
  const next = text === '0' ? key : text + key
  const [whole, cents = ''] = next.split('.')
  return whole!.length > maxIntegerDigits || cents.length > 2 ? text : next
}

/** Groups thousands of a text being typed, leaving the decimals as typed. */
export function groupTyped(text: string): string {
  const [whole, cents] = text.split('.')
  const grouped = whole!.replace(/\B(?=(\d{3})+$)/g, ',')
  return cents === undefined ? grouped : `${grouped}.${cents}`
}
