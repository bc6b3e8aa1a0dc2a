/** Batches of transfers: rows as they are typed or read, what is wrong with them, and how they go to the bank. */
import type { ApiIn, ApiOut } from '@zhangyin/shared/api'
import { parseYuan } from '@zhangyin/shared/money'

export const ROWS_MAX = 1000
export const FIELDS = ['name', 'number', 'bank', 'amount', 'memo'] as const
export type Field = (typeof FIELDS)[number]

export interface Problem {
  /** null: the row as a whole */
  field: Field | null
  /** of the words that say it */
  key: string
}

export interface Row {
  name: string
  number: string
  /** clearing code; empty: this bank */
  bank: string
  /** as it is shown, or stood in the file */
  bankName: string
  amount: string
  memo: string
  problem: Problem | null
}

export type Batch = ApiOut<'batch.get'>['batch']
export type BatchRow = ApiOut<'batch.get'>['rows'][number]
export type RowInput = ApiIn<'batch.rows'>['rows'][number]

const AMOUNT_MAX_FEN = 1_000_000_00
const NAME_MAX = 60
export const MEMO_MAX = 30

export function emptyRow(): Row {
  return { name: '', number: '', bank: '', bankName: '', amount: '', memo: '', problem: null }
}

const clean = (text: string | undefined): string => (text ?? '').trim().normalize('NFC')

/** Digits as people group them, full-width ones too. */
function digitsOf(text: string | undefined): string {
  return (text ?? '').normalize('NFKC').replace(/[\s-]/g, '')
}

function amountOf(text: string | undefined): string {
  return (text ?? '').normalize('NFKC').replace(/[\s,¥]/g, '')
}

function rowOf(cells: readonly string[]): Row {
  const bankName = clean(cells[2])
  return {
    name: clean(cells[0]),
    number: digitsOf(cells[1]),
    bank: /^\d{12}$/.test(bankName) ? bankName : '',
    bankName,
    amount: amountOf(cells[3]),
    memo: clean(cells[4]),
    problem: null,
  }
}

/** Columns stand as in the template. A first line without digits where numbers belong is a headline. */
export function rowsOf(lines: readonly string[][]): Row[] {
  const [first] = lines
  const headed = first !== undefined && !/\d/.test((first[1] ?? '').normalize('NFKC'))
  return lines.slice(headed ? 1 : 0).map(rowOf)
}

const amountFen = (row: Row): number => parseYuan(row.amount) ?? 0

const CHECKS: readonly [Field, (row: Row) => boolean][] = [
  ['name', (row) => [...row.name].length >= 2 && [...row.name].length <= NAME_MAX],
  ['number', (row) => /^\d{16,19}$/.test(row.number)],
  ['bank', (row) => row.bank !== '' || row.bankName === ''],
  ['amount', (row) => amountFen(row) > 0 && amountFen(row) <= AMOUNT_MAX_FEN],
  ['memo', (row) => [...row.memo].length <= MEMO_MAX],
]

/** What a look at the row alone tells; the bank looks again. */
export function checkRow(row: Row): Problem | null {
  const failed = CHECKS.find(([, fits]) => !fits(row))
  return failed === undefined ? null : { field: failed[0], key: `batch.bad.${failed[0]}` }
}

const FIELD_OF: Record<string, Field> = { to_name: 'name', to_account_no: 'number', to_bank: 'bank', amount_fen: 'amount', memo: 'memo' }
const CODE_FIELD: Record<string, Field> = { PAYEE_MISMATCH: 'name', NOT_FOUND: 'number', SAME_ACCOUNT: 'number', TRANSFER_LIMIT: 'amount' }

/** What the bank said against a row. */
export function problemOf(code: string, field: string): Problem {
  const key = code === 'NOT_FOUND' ? 'batch.bad.unknown' : code === 'BAD_FIELD' && FIELD_OF[field] ? `batch.bad.${FIELD_OF[field]}` : `error.${code}`
  return { field: FIELD_OF[field] ?? CODE_FIELD[code] ?? null, key }
}

/** `rows.3.to_name`, as the bank names what it cannot read: the third behind the first one sent, and why. */
export function unreadable(fields: readonly string[]): { index: number; problem: Problem } | null {
  const m = /^rows\.(\d+)\.(\w*)$/.exec(fields[0] ?? '')
  return m === null ? null : { index: Number(m[1]), problem: problemOf('BAD_FIELD', m[2]!) }
}

export function inputOf(row: Row): RowInput {
  return {
    to_name: clean(row.name),
    to_account_no: row.number,
    ...(row.bank === '' ? {} : { to_bank: row.bank }),
    amount_fen: amountFen(row),
    ...(clean(row.memo) === '' ? {} : { memo: clean(row.memo) }),
  }
}

/** In fen, of the amounts that can be read. */
export function totalOf(rows: readonly Row[]): number {
  return rows.reduce((sum, row) => sum + amountFen(row), 0)
}

/**
 * From which row on the bank has to hear them again: it drops what stood behind those that it gets. -1: it has all of them.
 */
export function firstToSend(sent: readonly string[], wanted: readonly string[]): number {
  const at = wanted.findIndex((text, i) => text !== sent[i])
  if (at >= 0) return at
  return sent.length > wanted.length ? wanted.length - 1 : -1
}

/** Rows that pay the same amount to the same account as one before them: often a slip. */
export function repeated(rows: readonly Row[]): number {
  return rows.length - new Set(rows.map((row, i) => (checkRow(row) === null ? `${row.number} ${amountFen(row)}` : `row ${i}`))).size
}

/** What the bank holds of a row beside what it was sent. */
export type Kept = Pick<BatchRow, 'to_bank' | 'fee_fen'>

/** The rows as the order's digest covers them. A bank that was named counts as it was named. */
export function canonicalRows(rows: readonly RowInput[], kept: readonly Kept[]): string {
  return rows
    .map((r, i) => `${[i + 1, r.to_account_no, r.to_name, r.to_bank ?? kept[i]?.to_bank, r.amount_fen, kept[i]?.fee_fen, r.memo ?? ''].join('\t')}\n`)
    .join('')
}

type T = (key: string, values?: Record<string, unknown>) => string

/** Why a row was not paid. */
export function reasonText(row: BatchRow, t: T, te: (key: string) => boolean): string {
  if (row.code === '') return ''
  if (te(`order.reason.${row.code}`)) return t(`order.reason.${row.code}`)
  const { key } = problemOf(row.code, row.field)
  return te(key) ? t(key) : t('batch.failedOther')
}

/** What every row came to, as lines of a file. */
export function resultLines(rows: readonly BatchRow[], t: T, te: (key: string) => boolean): (string | number)[][] {
  const head = ['row', 'name', 'number', 'bank', 'amount', 'result', 'reason', 'order'].map((column) => t(`batch.column.${column}`))
  const yuan = (fen: number): string => (fen / 100).toFixed(2)
  return [
    head,
    ...rows.map((r) => [r.row, r.to_name, r.to_account_no, r.to_bank, yuan(r.amount_fen), t(`batch.rowState.${r.state}`), reasonText(r, t, te), r.order_id]),
  ]
}
