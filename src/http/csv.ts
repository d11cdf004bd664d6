// Records as CSV (RFC 4180) that a spreadsheet can open without running anything (ASVS 1.2.10).
import type { RecordJson } from '../model/record.ts'

const columns = [
  'id',
  'received_at',
  'timestamp',
  'peer',
  'transport',
  'facility',
  'severity',
  'hostname',
  'app_name',
  'procid',
  'msgid',
  'message',
  'format',
  'structured_data',
  'fields',
  'problems',
] as const satisfies readonly (keyof RecordJson)[]

/** The first line, with CRLF. */
export const csvHeader = `${columns.join(',')}\r\n`

/** One line, with CRLF. Structured data, fields and problems are JSON; absent values are empty. */
export function csvLine(record: RecordJson): string {
  return `${columns.map(column => csvCell(record[column])).join(',')}\r\n`
}

/** A cell. Text that begins like a formula gets a leading `'`; also the full-width signs that spreadsheets take for them. */
export function csvCell(value: unknown): string {
  if (value === null || value === undefined) return ''
  if (typeof value === 'number') return String(value)
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  const guarded = /^[=+\-@\t\r\n\0＝＋－＠]/.test(text) ? `'${text}` : text
  return /[",\r\n\0']/.test(guarded) || guarded !== guarded.trim() ? `"${guarded.replaceAll('"', '""')}"` : guarded
}
