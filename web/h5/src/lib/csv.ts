/** CSV files as spreadsheets write and read them. */
import Papa from 'papaparse'

export const FILE_MAX_BYTES = 1024 * 1024

/** UTF-8, or what Chinese spreadsheets write otherwise. */
export function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return new TextDecoder('gb18030').decode(bytes)
  }
}

/** The cells of every line that has any; at most `max` lines. Null: it is no CSV. */
export function readCsv(text: string, max: number): string[][] | null {
  const { data, errors } = Papa.parse<string[]>(text, { skipEmptyLines: 'greedy', preview: max })
  return errors.some((e) => e.type === 'Quotes') ? null : data
}

/** With the mark by which spreadsheets know UTF-8; no cell is taken for a formula. */
export function writeCsv(lines: readonly (readonly (string | number)[])[]): string {
  return `\ufeff${Papa.unparse(lines as (string | number)[][], { escapeFormulae: true, newline: '\r\n' })}\r\n`
}
