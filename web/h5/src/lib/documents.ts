/** Statements and receipts: fetched piece by piece and handed to the browser as a file. */
import type { ApiOut } from '@zhangyin/shared/api'
import { call } from '@/lib/bank'

type Made = ApiOut<'statement.make'>

const TYPES: Readonly<Record<string, string>> = { pdf: 'application/pdf', csv: 'text/csv' }
const KEEP_MS = 60_000

function bytesOf(base64: string): Uint8Array {
  return Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))
}

export async function fetchDocument(made: Made): Promise<Blob> {
  const parts: Uint8Array[] = []
  for (let chunk = 0; chunk < made.chunks; chunk++) {
    parts.push(bytesOf((await call('document.get', { document_id: made.document_id, chunk })).content))
  }
  return new Blob(parts as BlobPart[], { type: TYPES[made.format] ?? 'application/octet-stream' })
}

/** Offers it as a file; the address of the content lives for a minute. */
export function saveFile(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob)
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(url), KEEP_MS)
}
