// Records as a Parquet file: typed columns that DuckDB, pandas or Spark read as they are. Written row group by row group,
// so that memory holds one of them, however many records there are. docs/operations.md lists the columns.
import { constants, zstdCompressSync } from 'node:zlib'
import type { ByteWriter, ParquetWriter, SchemaElement } from 'hyparquet-writer'
import type { FieldValue, RecordJson } from '../model/record.ts'

export type ParquetOptions = {
  /** A column with the bytes of each frame; the records must have them. */
  readonly raw?: boolean | undefined
  /** Rows of one row group. More make a smaller file, take more memory, and hold the thread longer, about 12 µs a row. */
  readonly groupRows: number
}

export type RecordPages = AsyncIterable<readonly RecordJson[]> | Iterable<readonly RecordJson[]>

/** A row group ends early when its texts are so long, so that long messages do not make it large in memory. */
const maxGroupChars = 16 * 1024 * 1024

type Cell = string | number | bigint | Uint8Array | null

type Column = {
  readonly element: SchemaElement
  /** With the least and the greatest value of each row group, so that readers can pass over it. */
  readonly bounds: boolean
  read(record: RecordJson): Cell
}

/** Extracted fields that are text and have a column of their own. */
const textFields = [
  'event.action',
  'event.outcome',
  'event.reason',
  'event.code',
  'user.name',
  'user.id',
  'user.effective.name',
  'user.target.name',
  'group.name',
  'source.ip',
  'source.domain',
  'destination.ip',
  'network.transport',
  'process.command_line',
  'process.executable',
  'process.name',
  'process.tty',
  'process.working_directory',
  'session.id',
  'service.name',
  'file.path',
  'http.request.method',
  'url.path',
  'user_agent.original',
  'rule.name',
  'tls.client.subject',
] as const
/** Extracted fields that are whole numbers and have a column of their own. */
const integerFields = ['source.port', 'destination.port', 'process.pid', 'http.response.status_code'] as const

const text = { type: 'BYTE_ARRAY', converted_type: 'UTF8' } as const
const time = { type: 'INT64', converted_type: 'TIMESTAMP_MILLIS' } as const
const required = { repetition_type: 'REQUIRED' } as const
const optional = { repetition_type: 'OPTIONAL' } as const
const withBounds = { bounds: true } as const

const recordColumns: readonly Column[] = [
  column('id', { ...text, ...required }, record => record.id, withBounds),
  column('received_at', { ...time, ...required }, record => Date.parse(record.received_at), withBounds),
  column('timestamp', { ...time, ...optional }, record => record.timestamp && Date.parse(record.timestamp), withBounds),
  column('peer', { ...text, ...required }, record => record.peer),
  column('transport', { ...text, ...required }, record => record.transport),
  column('facility', { type: 'INT32', ...required }, record => record.facility, withBounds),
  column('severity', { type: 'INT32', ...required }, record => record.severity, withBounds),
  column('hostname', { ...text, ...optional }, record => record.hostname),
  column('app_name', { ...text, ...optional }, record => record.app_name),
  column('procid', { ...text, ...optional }, record => record.procid),
  column('msgid', { ...text, ...optional }, record => record.msgid),
  column('message', { ...text, ...required }, record => record.message),
  column('format', { ...text, ...required }, record => record.format),
  ...textFields.map(name => column(name, { ...text, ...optional }, ({ fields }) => textOf(fields[name]))),
  ...integerFields.map(name => column(name, { type: 'INT64', ...optional }, ({ fields }) => integerOf(fields[name]))),
  column('fields', { ...text, ...required }, record => JSON.stringify(record.fields)),
  column('structured_data', { ...text, ...optional }, ({ structured_data: data }) => data && JSON.stringify(data)),
  column('problems', { ...text, ...required }, record => JSON.stringify(record.problems)),
]
const rawColumn = column('raw', { type: 'BYTE_ARRAY', ...optional }, ({ raw }) =>
  raw === undefined ? null : Buffer.from(raw, 'base64'),
)

/** The bytes of a Parquet file, a row group at a time. Cut short it is no Parquet file: the list of row groups comes
 *  last. That list alone grows in memory, by 12 KiB a row group. */
export async function* parquetBytes(
  pages: RecordPages,
  { raw, groupRows }: ParquetOptions,
): AsyncGenerator<Uint8Array> {
  // loaded when it is used: 35 ms of the start of every command, otherwise
  const library = await import('hyparquet-writer')
  const columns = raw ? [...recordColumns, rawColumn] : recordColumns
  const bytes = new library.ByteWriter()
  const writer = new library.ParquetWriter({
    writer: bytes,
    schema: [{ name: 'picket', num_children: columns.length }, ...columns.map(({ element }) => element)],
    codec: 'ZSTD',
    compressors: { ZSTD: compress },
    createdBy: 'picket',
  })
  yield taken(bytes) // the mark of the format: a download begins before its first row group is full
  let group = startGroup(columns)
  for await (const records of pages) {
    for (const record of records) {
      group.add(record)
      if (!group.isFull(groupRows)) continue
      await group.write(writer)
      yield taken(bytes)
      group = startGroup(columns)
    }
  }
  await group.write(writer)
  await writer.finish()
  yield taken(bytes)
}

function column(
  name: string,
  element: Omit<SchemaElement, 'name'>,
  read: Column['read'],
  { bounds }: { readonly bounds: boolean } = { bounds: false },
): Column {
  return { element: { name, ...element }, bounds, read }
}

/** What has no text of its own reads as its JSON. */
function textOf(value: FieldValue | undefined): string | null {
  if (value === undefined) return null
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function integerOf(value: FieldValue | undefined): bigint | null {
  return typeof value === 'number' && Number.isSafeInteger(value) ? BigInt(value) : null
}

function startGroup(columns: readonly Column[]) {
  const cells = columns.map((): Cell[] => [])
  let rows = 0
  let chars = 0
  return {
    add(record: RecordJson): void {
      columns.forEach((each, at) => {
        const cell = each.read(record)
        if (typeof cell === 'string' || cell instanceof Uint8Array) chars += cell.length
        cells[at]?.push(cell)
      })
      rows++
    },
    isFull: (groupRows: number): boolean => rows >= groupRows || chars >= maxGroupChars,
    async write(writer: ParquetWriter): Promise<void> {
      if (rows === 0) return
      const columnData = columns.map(({ element: { name }, bounds }, at) => {
        // Lists of pages would double what grows with the records; they serve readers of far larger row groups.
        return { name, data: cells[at] ?? [], statistics: bounds, offsetIndex: false }
      })
      await writer.write({ columnData, rowGroupSize: rows })
    },
  }
}

/** The bytes written since the last call. The writer goes on counting them, and uses its buffer again. */
function taken(writer: ByteWriter): Uint8Array {
  const bytes = writer.getBytes().slice()
  writer.index = 0
  return bytes
}

function compress(bytes: Uint8Array): Uint8Array {
  return zstdCompressSync(bytes, { params: { [constants.ZSTD_c_compressionLevel]: 3 } })
}
