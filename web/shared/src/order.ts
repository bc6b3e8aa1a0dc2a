/** What you see is what you sign: the canonical text of an order, checked and read by the client. */
import { hex, utf8 } from './bytes'
import * as sm from './sm'

const FIRST_LINE = 'zhangyin-order/1'

export class OrderTextRefused extends Error {
  constructor(reason: string) {
    super(`order text refused: ${reason}`)
    this.name = 'OrderTextRefused'
  }
}

/** Values of the canonical text by name, in its order. */
export type OrderElements = ReadonlyMap<string, string>

/**
 * Recomputes SM3(text), refuses a difference or a text that is not canonical, and returns its
 * elements. Pages show these values, not any that came beside the text.
 */
export function readOrderText(text: string, digest: string): OrderElements {
  if (hex(sm.sm3(utf8(text))) !== digest) throw new OrderTextRefused('digest')
  if (text.normalize('NFC') !== text) throw new OrderTextRefused('not NFC')
  const [first, ...lines] = text.split('\n')
  if (first !== FIRST_LINE) throw new OrderTextRefused('first line')
  const elements = new Map<string, string>()
  for (const line of lines) {
    const at = line.indexOf('=')
    const name = line.slice(0, at)
    if (at < 1 || !/^[a-z][a-z0-9_]*$/.test(name)) throw new OrderTextRefused('line')
    if (/[\u0000-\u001f\u007f-\u009f]/.test(line)) throw new OrderTextRefused('control character')
    if (elements.has(name)) throw new OrderTextRefused('repeated name')
    elements.set(name, line.slice(at + 1))
  }
  const names = [...elements.keys()]
  if (names[0] !== 'order_id' || names[1] !== 'kind') throw new OrderTextRefused('order of names')
  return elements
}

/**
 * As readOrderText, and the text must speak of what the customer asked for: each expected value that
 * the text has must be equal, and the `required` ones must be there.
 */
export function checkOrderText(
  text: string,
  digest: string,
  expected: Readonly<Record<string, string>>,
  required: readonly string[] = Object.keys(expected),
): OrderElements {
  const elements = readOrderText(text, digest)
  for (const [name, value] of Object.entries(expected)) {
    const said = elements.get(name)
    if (said === undefined && !required.includes(name)) continue
    if (said !== value) throw new OrderTextRefused(`differs in ${name}`)
  }
  return elements
}
