// picket export: every record once, in each format, into a file that is complete or not there.
import { deepEqual, equal, match, ok } from 'node:assert/strict'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { engine } from '../../src/cli/engine.ts'
import type { SearchRequest } from '../../src/store/store.ts'
import { readParquet } from '../http/read-parquet.ts'
import { allRecords, appendDay } from '../store/sqlite/data-folder.ts'
import { run } from './run.ts'

const folder = mkdtempSync(join(tmpdir(), 'picket-export-'))
after(() => rmSync(folder, { recursive: true }))
const dataDir = join(folder, 'data')
appendDay(dataDir, 0, 5000)
appendDay(dataDir, 1, 20)

test('ndjson: every record once, newest first, the same as a search gives', async () => {
  const { code, out, err } = await run(['export', '--raw', '--data', dataDir])
  equal(code, 0, err)
  match(err, /5020 records exported/)
  const records = out
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line))
  deepEqual(records, (await allRecords(dataDir)).toReversed())
})

test('query and times choose', async () => {
  const lines = async (...args: string[]) =>
    (await run(['export', ...args, '--data', dataDir])).out.split('\n').length - 1
  equal(await lines('host:host3 AND "day 1"'), 2)
  equal(await lines('--since', '2026-11-22'), 20)
  equal(await lines('--until', '2026-11-22'), 5000)
  equal(await lines('no_such_word'), 0)
})

test('csv: a head, CRLF, and no cell that a spreadsheet takes for a formula', async () => {
  const { out } = await run(['export', '--format', 'csv', '--since', '2026-11-22', '--data', dataDir])
  const lines = out.split('\r\n')
  equal(lines.length, 22)
  match(lines[0] ?? '', /^id,received_at,/)
  match(out, /"'=1\+1 day 1 line 0"/)
  ok(!/[,"]=1/.test(out), 'a cell begins with =')
})

test('parquet: every record once, the same as a search gives; into a file or a pipe, not onto a terminal', async () => {
  const file = join(folder, 'all.parquet')
  const args = ['export', '--format', 'parquet', '--data', dataDir]
  const { code, out, err } = await run([...args, '--raw', '--output', file], { isTerminal: true })
  deepEqual([code, out], [0, ''], err)
  match(err, /5020 records exported/)
  equal(statSync(file).mode & 0o777, 0o600)
  const { rows, columns } = await readParquet(readFileSync(file))
  const records = rows.map(row => {
    const { raw, fields, problems, structured_data: data } = row
    const bytes = raw instanceof Uint8Array ? raw : Buffer.alloc(0)
    const own = {
      ...pick(row, ['id', 'peer', 'transport', 'facility', 'severity', 'hostname', 'app_name', 'procid', 'msgid']),
      ...pick(row, ['received_at', 'timestamp', 'message', 'format']),
      structured_data: data === null ? null : JSON.parse(String(data)),
      fields: JSON.parse(String(fields)),
      problems: JSON.parse(String(problems)),
      raw: Buffer.from(bytes).toString('base64'),
    }
    return JSON.parse(JSON.stringify(own))
  })
  deepEqual(records, (await allRecords(dataDir)).toReversed())

  const piped = await run([...args, 'host:host3 AND "day 1"'])
  deepEqual([piped.code, (await readParquet(piped.bytes)).rows.length], [0, 2], piped.err)
  ok(columns.has('raw') && !(await readParquet(piped.bytes)).columns.has('raw'))

  const refused = await run(args, { isTerminal: true })
  deepEqual([refused.code, refused.out], [2, ''])
  match(refused.err, /Parquet is not for a terminal: name a file with --output/)
})

test('--output: private, complete, atomic', async () => {
  const file = join(folder, 'all.ndjson')
  const { code, out, err } = await run(['export', '--output', file, '--data', dataDir])
  deepEqual([code, out], [0, ''], err)
  equal(readFileSync(file, 'utf8').split('\n').length, 5021)
  equal(statSync(file).mode & 0o777, 0o600)

  // a store that fails on the way leaves the old file as it was, and nothing half
  const before = readFileSync(file)
  const openReader = async (dir: string) => {
    const reader = await engine.openReader(dir)
    const search = (request: SearchRequest) => {
      if (request.cursor !== undefined) throw new Error('boom')
      return reader.search(request)
    }
    return { ...reader, search }
  }
  equal((await run(['export', '--output', file, '--data', dataDir], { engine: { openReader } })).code, 3)
  deepEqual(readFileSync(file), before)
  deepEqual(
    readdirSync(folder).filter(name => name.includes('partial')),
    [],
  )
})

test('a file that cannot be written is said by name, exit code 3', async () => {
  const file = join(folder, 'missing', 'all.csv')
  const { code, err } = await run(['export', '--output', file, '--data', dataDir])
  equal(code, 3)
  match(err, /cannot write .*missing\/all\.csv/)
  equal(existsSync(join(folder, 'missing')), false)
})

function pick(row: { readonly [name: string]: unknown }, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(names.map(name => [name, row[name]]))
}
