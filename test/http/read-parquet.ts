// Reads a Parquet file with hyparquet: every row, and how the file is made up.
import { zstdDecompressSync } from 'node:zlib'
import { parquetMetadata, parquetReadObjects } from 'hyparquet'

type ParquetFile = {
  /** `user.name` → `text`, `text or null`, … in the order of the file. */
  readonly columns: ReadonlyMap<string, string>
  readonly rows: readonly { readonly [column: string]: unknown }[]
  readonly groupRows: readonly number[]
}

export async function readParquet(bytes: Uint8Array): Promise<ParquetFile> {
  const file = new Uint8Array(bytes).buffer
  const { schema, row_groups } = parquetMetadata(file)
  const columns = schema.slice(1).map(({ name, type, converted_type, repetition_type }) => {
    const kind = kinds.get(`${type} ${converted_type ?? ''}`.trim()) ?? `unknown ${type} ${converted_type}`
    return [name, repetition_type === 'OPTIONAL' ? `${kind} or null` : kind] as const
  })
  const compressors = { ZSTD: (data: Uint8Array) => zstdDecompressSync(data) }
  const rows = await parquetReadObjects({ file, compressors, utf8: false })
  return { columns: new Map(columns), rows, groupRows: row_groups.map(group => Number(group.num_rows)) }
}

const kinds: ReadonlyMap<string, string> = new Map([
  ['BYTE_ARRAY UTF8', 'text'],
  ['BYTE_ARRAY', 'bytes'],
  ['INT32', 'int32'],
  ['INT64', 'int64'],
  ['INT64 TIMESTAMP_MILLIS', 'timestamp'],
])
