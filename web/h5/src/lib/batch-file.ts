/** The rows of a file that the customer brings. */
import { call } from './bank'
import { ROWS_MAX, rowsOf, type Row } from './batch'
import { FILE_MAX_BYTES, readCsv, textOf } from './csv'

/** Different banks that one file may name: each is asked for. */
const BANKS_MAX = 60
const BANK_TEXT_MAX = 30

export class FileRefused extends Error {
  constructor(readonly why: 'size' | 'format' | 'rows' | 'empty' | 'banks') {
    super(`file refused: ${why}`)
    this.name = 'FileRefused'
  }
}

type Found = { bank: string; bankName: string }

/** The one bank of that code or name; null: none, or it could be several. */
async function findBank(text: string): Promise<Found | null> {
  const { banks } = await call('bank.search', { text: text.slice(0, BANK_TEXT_MAX) })
  const exact = banks.find((b) => b.bank_code === text || b.bank_name === text)
  const one = exact ?? (banks.length === 1 ? banks[0] : undefined)
  if (one === undefined) return null
  return one.own ? { bank: '', bankName: '' } : { bank: one.bank_code, bankName: one.bank_name }
}

async function nameBanks(rows: readonly Row[]): Promise<Row[]> {
  const texts = [...new Set(rows.map((row) => row.bankName))].filter((text) => text !== '')
  if (texts.length > BANKS_MAX) throw new FileRefused('banks')
  const found = new Map<string, Found | null>()
  for (const text of texts) found.set(text, await findBank(text))
  return rows.map((row) => ({ ...row, ...(found.get(row.bankName) ?? { bank: '' }) }))
}

export async function readBatchFile(file: Blob): Promise<Row[]> {
  if (file.size > FILE_MAX_BYTES) throw new FileRefused('size')
  const lines = readCsv(textOf(new Uint8Array(await file.arrayBuffer())), ROWS_MAX + 2)
  if (lines === null) throw new FileRefused('format')
  const rows = rowsOf(lines)
  if (rows.length === 0) throw new FileRefused('empty')
  if (rows.length > ROWS_MAX) throw new FileRefused('rows')
  return nameBanks(rows)
}
