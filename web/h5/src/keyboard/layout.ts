/** Keys of the soft keyboard, in an order that nobody can foresee. */
export type KeyboardPage = 'lower' | 'upper' | 'digit' | 'symbol'

const CHARACTERS: Record<KeyboardPage, string> = {
  lower: 'abcdefghijklmnopqrstuvwxyz',
  upper: 'ABCDEFGHIJKLMNOPQRSTUVWXYZ',
  digit: '0123456789',
  symbol: '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~',
}

/** Uniform in 0 … bound-1, without modulo bias. */
function randomBelow(bound: number): number {
  const limit = 256 - (256 % bound)
  const byte = new Uint8Array(1)
  do crypto.getRandomValues(byte)
  while (byte[0]! >= limit)
  return byte[0]! % bound
}

export function shuffled<T>(items: readonly T[]): T[] {
  const out = [...items]
  for (let i = out.length - 1; i > 0; i--) {
    const j = randomBelow(i + 1)
    ;[out[i], out[j]] = [out[j]!, out[i]!]
  }
  return out
}

export function keysOf(page: KeyboardPage): string[] {
  return shuffled([...CHARACTERS[page]])
}
