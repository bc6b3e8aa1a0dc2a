import type { ApiIn, PreparedOrder } from '@zhangyin/shared/api'
import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'
import { call } from '@/lib/bank'
import { canonicalRows, checkRow, firstToSend, inputOf, problemOf, totalOf, unreadable, type Kept, type Problem, type Row, type RowInput } from '@/lib/batch'
import { errorCode, errorFields } from '@/lib/errors'
import { useOrder } from './order'

const ROWS_PAGE = 200
/** The bank has dropped the batch, or it was confirmed: the next attempt begins another. */
const GONE = ['NOT_FOUND', 'STATE_CONFLICT']

interface Begun {
  id: string
  from: string
  part: number
}

/** A batch while it is made. The rows stay in memory: the bank gives names and numbers back with stars alone. */
export const useBatch = defineStore('batch', () => {
  const fromAccountId = ref('')
  const rows = ref<Row[]>([])
  /** So many rows of those to send are with the bank. */
  const progress = ref(0)
  const begun = shallowRef<Begun | null>(null)
  let sent: string[] = []
  const attempt = shallowRef<{ input: string; id: string } | null>(null)
  const total = computed(() => totalOf(rows.value))
  const bad = computed(() => rows.value.filter((row) => row.problem !== null).length)

  function replace(all: readonly Row[]): void {
    rows.value = all.map((row) => ({ ...row, problem: checkRow(row) }))
  }

  /** `at` behind the last row: another one. */
  function put(at: number, row: Row): void {
    rows.value.splice(at, 1, { ...row, problem: checkRow(row) })
  }

  function remove(at: number): void {
    rows.value.splice(at, 1)
  }

  async function begin(): Promise<Begun> {
    if (begun.value?.from === fromAccountId.value) return begun.value
    await drop()
    const { batch_id, part_max } = await call('batch.start', { from_account_id: fromAccountId.value })
    begun.value = { id: batch_id, from: fromAccountId.value, part: part_max }
    return begun.value
  }

  function mark(first: number, count: number, problems: ReadonlyMap<number, Problem>): void {
    for (let i = first; i < first + count; i++) rows.value[i]!.problem = problems.get(i) ?? null
  }

  async function sendPart(batch: Begun, at: number, part: readonly RowInput[]): Promise<void> {
    const body: ApiIn<'batch.rows'> = { batch_id: batch.id, first: at + 1, rows: [...part] }
    const { errors } = await call('batch.rows', body)
    mark(at, part.length, new Map(errors.map((e) => [e.row - 1, problemOf(e.code, e.field)])))
    sent = [...sent.slice(0, at), ...part.map((row) => JSON.stringify(row))]
  }

  async function sendRows(batch: Begun, inputs: readonly RowInput[]): Promise<void> {
    const wanted = inputs.map((row) => JSON.stringify(row))
    const first = firstToSend(sent, wanted)
    for (let at = first; at >= 0 && at < inputs.length; at += batch.part) {
      progress.value = at
      await sendPart(batch, at, inputs.slice(at, at + batch.part)).catch((e: unknown) => {
        const unread = unreadable(errorFields(e))
        if (unread !== null) rows.value[at + unread.index]!.problem = unread.problem
        throw e
      })
    }
    progress.value = inputs.length
  }

  /** Takes the rows to the bank, those that changed and all behind them. False: some have problems. */
  async function send(): Promise<boolean> {
    if (rows.value.some((row) => checkRow(row) !== null)) return false
    try {
      await sendRows(await begin(), rows.value.map(inputOf))
    } catch (e) {
      if (GONE.includes(errorCode(e))) forgetBegun()
      throw e
    }
    return bad.value === 0
  }

  /** What the bank added to the rows: fees, and banks that the numbers told. */
  async function kept(id: string): Promise<Kept[]> {
    const all: Kept[] = []
    while (all.length < rows.value.length) {
      const page = await call('batch.get', { batch_id: id, after: all.length, limit: ROWS_PAGE })
      if (page.rows.length === 0) break
      all.push(...page.rows)
    }
    return all
  }

  /** What the order must say of the rows that this page holds: how many, their sums, and the digest of every one. */
  async function expected(id: string): Promise<Record<string, string>> {
    const { hex, utf8 } = await import('@zhangyin/shared/bytes')
    const { sm3 } = await import('@zhangyin/shared/sm')
    const inputs = rows.value.map(inputOf)
    const each = await kept(id)
    return {
      kind: 'transfer.batch',
      rows: String(inputs.length),
      amount_fen: String(total.value),
      fee_fen: String(each.reduce((sum, row) => sum + row.fee_fen, 0)),
      rows_sm3: hex(sm3(utf8(canonicalRows(inputs, each)))),
    }
  }

  async function idFor(input: string): Promise<string> {
    if (attempt.value?.input !== input) {
      const { newIdempotencyKey } = await import('@zhangyin/shared/client')
      attempt.value = { input, id: newIdempotencyKey() }
    }
    return attempt.value.id
  }

  /** Prepares the order for the rows that were sent, and refuses one that is not about exactly them. */
  async function prepare(): Promise<void> {
    const { id } = begun.value!
    const wanted = await expected(id)
    const prepared = (await call('batch.prepare', { batch_id: id }, { id: await idFor(`${id} ${sent.join()}`) })) as PreparedOrder
    const all = { order_id: prepared.order_id, ...wanted }
    await useOrder().take(prepared, { expected: all, required: Object.keys(all) }, { from: '/batches/new', to: `/batches/${id}`, finished: clear })
    attempt.value = null
  }

  function forgetBegun(): void {
    begun.value = null
    sent = []
    attempt.value = null
  }

  /** Gives up what the bank has of it; it would drop it after a day by itself. */
  async function drop(): Promise<void> {
    const old = begun.value
    forgetBegun()
    if (old !== null) await call('batch.drop', { batch_id: old.id }).catch(() => undefined)
  }

  function clear(): void {
    forgetBegun()
    rows.value = []
    progress.value = 0
    fromAccountId.value = ''
  }

  return { fromAccountId, rows, progress, begun, total, bad, replace, put, remove, send, prepare, drop, clear }
})
