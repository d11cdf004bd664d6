// The formats of an export, for the command and the download alike: pages of records in, text or bytes out.
import type { RecordJson } from '../model/record.ts'
import { csvHeader, csvLine } from './csv.ts'
import { parquetBytes, type RecordPages } from './parquet.ts'

export const exportFormats = ['ndjson', 'csv', 'parquet'] as const
export type ExportFormat = (typeof exportFormats)[number]

export const mediaTypes: { readonly [F in ExportFormat]: string } = {
  ndjson: 'application/x-ndjson; charset=utf-8',
  csv: 'text/csv; charset=utf-8; header=present',
  parquet: 'application/vnd.apache.parquet',
}

type ExportOptions = {
  /** The records have the bytes of their frames, which CSV leaves out. */
  readonly raw?: boolean | undefined
  /** Rows of a Parquet row group. */
  readonly groupRows: number
}

/** The export, piece by piece; a page is asked for when the pieces before it have been taken. */
export function exportPieces(
  format: ExportFormat,
  pages: RecordPages,
  options: ExportOptions,
): AsyncIterable<string | Uint8Array> {
  switch (format) {
    case 'ndjson':
      return lines('', pages, jsonLine)
    case 'csv':
      return lines(csvHeader, pages, csvLine)
    case 'parquet':
      return parquetBytes(pages, options)
  }
}

async function* lines(head: string, pages: RecordPages, line: (record: RecordJson) => string): AsyncGenerator<string> {
  if (head !== '') yield head
  for await (const records of pages) {
    if (records.length > 0) yield records.map(line).join('')
  }
}

function jsonLine(record: RecordJson): string {
  return `${JSON.stringify(record)}\n`
}
