// picket search: stored records, of a data folder or through the API of a running Picket.
import { type Command, Option } from 'commander'
import { csvHeader, csvLine } from '../http/csv.ts'
import type { RecordJson } from '../model/record.ts'
import type { DamagedDay } from '../store/store.ts'
import { fetchRecords } from './api.ts'
import { type Cli, createCommand } from './cli.ts'
import { addDataOptions, type ConfigOptions, dataDirFor } from './config-option.ts'
import { createDamageTeller } from './damaged.ts'
import { wholeNumber } from './number-option.ts'
import { queryOf } from './query.ts'
import { recordText } from './record-text.ts'
import { rangeOf, sinceOption, untilOption } from './time-option.ts'

const formats = ['text', 'json', 'csv'] as const
type OutputFormat = (typeof formats)[number]

type Options = ConfigOptions & {
  readonly since?: string
  readonly until?: string
  readonly limit: number
  readonly format: OutputFormat
  readonly raw?: true
  readonly url?: string
}

/** Records of one page: what a reader returns at a time. */
const pageRecords = 1000

export function searchCommand(cli: Cli): Command {
  const { io, exit } = cli
  const command = createCommand('search', 'find stored records, newest first', [
    ['failed logins of the last hour', "search 'event.action:ssh_login AND event.outcome:failure' --since 1h"],
    [
      'everything that alice typed, as JSON lines',
      "search 'user:alice AND cmd:*' --since 7d --limit 10000 --format json",
    ],
    ['in a backup', "search 'host:web01' --data /backup/picket"],
    [
      'of a running Picket, with a token in PICKET_TOKEN',
      "search 'severity<=warning' --url https://picket.example.com",
    ],
  ])
    .argument('[query]', 'what to look for (docs/query.md); none: everything', '')
    .addOption(sinceOption())
    .addOption(untilOption())
    .option('--limit <n>', 'at most so many records', wholeNumber(1, 10_000_000), 100)
    .addOption(new Option('--format <format>', 'how to print records').choices(formats).default('text'))
    .option('--raw', 'add the bytes of each frame to JSON, base64')
    .option('--url <url>', 'ask a running Picket instead of reading a data folder')
  return addDataOptions(command)
    .addHelpText('after', '\nExit code 1: no record was found.')
    .action(async (text: string, options: Options) => {
      const pages =
        options.url === undefined ? localPages(text, options, cli) : remotePages(text, options, options.url, cli)
      let found = 0
      if (options.format === 'csv') await io.out(csvHeader)
      for await (const records of pages) {
        found += records.length
        await io.out(records.map(record => printRecord(record, options.format, io.color)).join(''))
      }
      if (found === 0) exit(1)
    })
}

/** One record with its line end. */
export function printRecord(record: RecordJson, format: OutputFormat, color: boolean): string {
  switch (format) {
    case 'text':
      return recordText(record, color)
    case 'json':
      return `${JSON.stringify(record)}\n`
    case 'csv':
      return csvLine(record)
    default:
      return format satisfies never
  }
}

type Page = {
  readonly records: readonly RecordJson[]
  readonly nextCursor: string | null
  readonly damaged?: readonly DamagedDay[] | undefined
}

async function* localPages(text: string, options: Options, { io, engine }: Cli): AsyncIterable<readonly RecordJson[]> {
  const query = queryOf(text, io)
  const reader = await engine.openReader(dataDirFor(options, io))
  try {
    const range = rangeOf(options, io.clock.now())
    const next = async (cursor: string | undefined, limit: number): Promise<Page> =>
      reader.search({ ...range, query, limit, cursor, raw: options.raw })
    yield* pagesOf(next, options.limit, io)
  } finally {
    reader.close()
  }
}

async function* remotePages(
  text: string,
  options: Options,
  url: string,
  { io }: Cli,
): AsyncIterable<readonly RecordJson[]> {
  const range = rangeOf(options, io.clock.now())
  const next = (cursor: string | undefined, limit: number): Promise<Page> =>
    fetchRecords(url, { q: text, ...range, limit, cursor, raw: options.raw }, io)
  yield* pagesOf(next, options.limit, io)
}

async function* pagesOf(
  next: (cursor: string | undefined, limit: number) => Promise<Page>,
  limit: number,
  io: Cli['io'],
): AsyncIterable<readonly RecordJson[]> {
  let left = limit
  let cursor: string | undefined
  const tellDamaged = createDamageTeller(io)
  while (left > 0 && !io.signal.aborted) {
    const { records, nextCursor, damaged } = await next(cursor, Math.min(left, pageRecords))
    tellDamaged(damaged)
    if (records.length > 0) yield records
    if (nextCursor === null) return
    left -= records.length
    cursor = nextCursor
  }
}
