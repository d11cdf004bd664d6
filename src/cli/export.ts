// picket export: all matching records into a file or a pipe, page by page, so that memory does not grow with them.
import { type FileHandle, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { type Command, Option } from 'commander'
import { PicketError } from '../base/errors.ts'
import { type ExportFormat, exportFormats, exportPieces } from '../http/export-format.ts'
import type { RecordJson } from '../model/record.ts'
import type { Reader } from '../store/store.ts'
import { type Cli, createCommand } from './cli.ts'
import { addDataOptions, type ConfigOptions, dataDirFor } from './config-option.ts'
import { createDamageTeller } from './damaged.ts'
import { createProgress } from './progress.ts'
import { queryOf } from './query.ts'
import { rangeOf, sinceOption, untilOption } from './time-option.ts'

type Options = ConfigOptions & {
  readonly since?: string
  readonly until?: string
  readonly format: ExportFormat
  readonly output?: string
  readonly raw?: true
}

type Write = (data: string | Uint8Array) => Promise<void>

/** Each page opens its blocks again, so it should not be much smaller than a block. */
const pageRecords = 4096
/** What a Parquet file gains from larger row groups is less than 10 %, and twice the memory. */
const groupRows = 32_768

export function exportCommand(cli: Cli): Command {
  const { io, engine } = cli
  const command = createCommand('export', 'write all matching records, newest first', [
    ['a month for the auditors', 'export --since 2026-10-01 --until 2026-11-01 --output october.ndjson'],
    ['for a spreadsheet', "export 'event.action:ssh_login' --since 7d --format csv --output logins.csv"],
    ['for DuckDB, pandas or Spark', 'export --since 30d --format parquet --output november.parquet'],
    ['with the bytes of each frame, compressed', 'export --raw | zstd > all.ndjson.zst'],
  ])
    .argument('[query]', 'which records (docs/query.md); none: all', '')
    .addOption(sinceOption())
    .addOption(untilOption())
    .addOption(new Option('--format <format>', 'how to write records').choices(exportFormats).default('ndjson'))
    .option('--raw', 'add the bytes of each frame, in JSON as base64; not for CSV')
    .option('--output <file>', 'file to write; it appears when it is complete (default: standard output)')
  return addDataOptions(command).action(async (text: string, options: Options) => {
    const { format, output } = options
    if (format === 'parquet' && output === undefined && io.isTerminal)
      throw new PicketError('BAD_REQUEST', 'Parquet is not for a terminal: name a file with --output, or a pipe')
    const query = queryOf(text, io)
    const range = rangeOf(options, io.clock.now())
    const reader = await engine.openReader(dataDirFor(options, io))
    try {
      const count = countRecords(io)
      const request = { query, ...range, limit: pageRecords, raw: options.raw }
      const pages = pagesOf(reader, request, count.page, io)
      const pieces = exportPieces(format, pages, { raw: options.raw, groupRows })
      if (output === undefined) await writeAll(pieces, data => io.out(data))
      else await intoFile(output, write => writeAll(pieces, write))
      io.err(`picket: ${count.records()} records exported\n`)
    } finally {
      reader.close()
    }
  })
}

function* pagesOf(
  reader: Reader,
  request: Parameters<Reader['search']>[0],
  onPage: (records: readonly RecordJson[]) => void,
  io: Cli['io'],
): Iterable<readonly RecordJson[]> {
  const tellDamaged = createDamageTeller(io)
  let cursor: string | undefined
  do {
    if (io.signal.aborted) throw new PicketError('STORE_FAILED', 'the export was interrupted; it is not complete')
    const { records, nextCursor, damaged } = reader.search({ ...request, cursor })
    tellDamaged(damaged)
    yield records
    onPage(records)
    cursor = nextCursor ?? undefined
  } while (cursor !== undefined)
}

/** Counts the records of the pages that were taken, and tells of them as it goes. */
function countRecords(io: Cli['io']) {
  const progress = createProgress(io)
  let count = 0
  return {
    records: () => count,
    page(records: readonly RecordJson[]): void {
      count += records.length
      progress(`${count} records, back to ${records.at(-1)?.received_at ?? 'the beginning'}`)
    },
  }
}

async function writeAll(pieces: AsyncIterable<string | Uint8Array>, write: Write): Promise<void> {
  for await (const piece of pieces) await write(piece)
}

/** Only a complete file gets its name. Errors: ACCESS_DENIED, STORE_FAILED. */
async function intoFile(path: string, writeTo: (write: Write) => Promise<void>): Promise<void> {
  const partial = `${path}.partial`
  let file: FileHandle | undefined
  try {
    file = await open(partial, 'w', 0o600)
    const target = file
    await writeTo(data => target.appendFile(data))
    await file.sync()
    await file.close()
    await rename(partial, path)
    const folder = await open(dirname(path), 'r')
    await folder.sync()
    await folder.close()
  } catch (error) {
    await file?.close().catch(() => undefined) // closed already when the failure is the rename's
    await rm(partial, { force: true })
    throw fileFailure(path, error)
  }
}

function fileFailure(path: string, error: unknown): unknown {
  const { code, message, syscall } = error as NodeJS.ErrnoException
  if (error instanceof PicketError || syscall === undefined) return error
  const isFull = code === 'ENOSPC' || code === 'EDQUOT'
  return new PicketError(isFull ? 'STORE_FAILED' : 'ACCESS_DENIED', `cannot write ${path}: ${message}`, {
    cause: error,
  })
}
