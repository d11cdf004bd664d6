// picket export: all matching records into a file or a pipe, page by page, so that memory does not grow with them.
import { type FileHandle, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { type Command, Option } from 'commander'
import { PicketError } from '../base/errors.ts'
import { csvHeader, csvLine } from '../http/csv.ts'
import type { RecordJson } from '../model/record.ts'
import type { Reader } from '../store/store.ts'
import { type Cli, createCommand } from './cli.ts'
import { addDataOptions, type ConfigOptions, dataDirFor } from './config-option.ts'
import { createProgress } from './progress.ts'
import { queryOf } from './query.ts'
import { rangeOf, sinceOption, untilOption } from './time-option.ts'

const formats = ['ndjson', 'csv'] as const

type Options = ConfigOptions & {
  readonly since?: string
  readonly until?: string
  readonly format: (typeof formats)[number]
  readonly output?: string
  readonly raw?: true
}

/** Each page opens its blocks again, so it should not be much smaller than a block. */
const pageRecords = 4096

export function exportCommand(cli: Cli): Command {
  const { io, engine } = cli
  const command = createCommand('export', 'write all matching records, newest first', [
    ['a month for the auditors', 'export --since 2026-10-01 --until 2026-11-01 --output october.ndjson'],
    ['for a spreadsheet', "export 'event.action:ssh_login' --since 7d --format csv --output logins.csv"],
    ['with the bytes of each frame, compressed', 'export --raw | zstd > all.ndjson.zst'],
  ])
    .argument('[query]', 'which records (docs/query.md); none: all', '')
    .addOption(sinceOption())
    .addOption(untilOption())
    .addOption(new Option('--format <format>', 'how to write records').choices(formats).default('ndjson'))
    .option('--raw', 'add the bytes of each frame to JSON, base64')
    .option('--output <file>', 'file to write; it appears when it is complete (default: standard output)')
  return addDataOptions(command).action(async (text: string, options: Options) => {
    const query = queryOf(text, io)
    const range = rangeOf(options, io.clock.now())
    const reader = await engine.openReader(dataDirFor(options, io))
    try {
      const pages = pagesOf(reader, { query, ...range, limit: pageRecords, raw: options.raw }, io.signal)
      const count = (write: (text: string) => Promise<void>) => writeAll(pages, options.format, write, cli)
      const records = options.output === undefined ? await count(io.out) : await intoFile(options.output, count)
      io.err(`picket: ${records} records exported\n`)
    } finally {
      reader.close()
    }
  })
}

function* pagesOf(
  reader: Reader,
  request: Parameters<Reader['search']>[0],
  signal: AbortSignal,
): Iterable<readonly RecordJson[]> {
  let cursor: string | undefined
  do {
    if (signal.aborted) throw new PicketError('STORE_FAILED', 'the export was interrupted; it is not complete')
    const { records, nextCursor } = reader.search({ ...request, cursor })
    yield records
    cursor = nextCursor ?? undefined
  } while (cursor !== undefined)
}

async function writeAll(
  pages: Iterable<readonly RecordJson[]>,
  format: Options['format'],
  write: (text: string) => Promise<void>,
  { io }: Cli,
): Promise<number> {
  let written = 0
  const progress = createProgress(io)
  if (format === 'csv') await write(csvHeader)
  for (const records of pages) {
    await write(records.map(format === 'csv' ? csvLine : jsonLine).join(''))
    written += records.length
    progress(`${written} records, back to ${records.at(-1)?.received_at ?? 'the beginning'}`)
  }
  return written
}

function jsonLine(record: RecordJson): string {
  return `${JSON.stringify(record)}\n`
}

/** Only a complete file gets its name. Errors: ACCESS_DENIED, STORE_FAILED. */
async function intoFile(
  path: string,
  writeAllTo: (write: (text: string) => Promise<void>) => Promise<number>,
): Promise<number> {
  const partial = `${path}.partial`
  let file: FileHandle | undefined
  try {
    file = await open(partial, 'w', 0o600)
    const target = file
    const records = await writeAllTo(async text => {
      await target.appendFile(text)
    })
    await file.sync()
    await file.close()
    await rename(partial, path)
    const folder = await open(dirname(path), 'r')
    await folder.sync()
    await folder.close()
    return records
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
