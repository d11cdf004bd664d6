// Parquet: another implementation reads back every value that was written.
import { deepEqual, equal, ok } from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { parquetBytes } from '../../src/http/parquet.ts'
import type { FieldValue, RecordJson } from '../../src/model/record.ts'
import { readParquet } from './read-parquet.ts'

const startedAt = Date.UTC(2026, 10, 23, 12)
const texts = ['', ' ', 'plain', 'Grüße, 订单 and 🦊', 'quotes \' " \\ and a tab\t', 'zero \0 inside', 'x'.repeat(5000)]

/** A record whose values go through all the texts, absences and numbers there are, no two columns in step. */
function recordAt(n: number): RecordJson {
  const pick = (shift: number) => texts[(n * 7 + shift * n + shift) % texts.length] ?? ''
  const pickOrNull = (shift: number) => ((n + shift) % 5 === 0 ? null : pick(shift))
  const fields: Record<string, FieldValue> = {}
  if (n % 3 === 0) fields['user.name'] = pick(3)
  if (n % 4 === 0) fields['source.port'] = [0, 22, 65_535, Number.MAX_SAFE_INTEGER, -1][(n / 4) % 5] ?? 0
  if (n % 6 === 0) fields['event.action'] = 'ssh_login'
  if (n % 11 === 0) fields['own 名'] = pick(5)
  return {
    id: `20261123-${String(999_999 - n).padStart(12, '0')}`,
    received_at: new Date(startedAt - n).toISOString(),
    timestamp: n % 4 === 1 ? null : new Date(n % 8 === 0 ? -n : startedAt + n * 86_400_000).toISOString(),
    peer: `192.0.2.${n % 250}`,
    transport: n % 2 === 0 ? 'udp' : 'relp',
    facility: n % 24,
    severity: n % 8,
    hostname: pickOrNull(1),
    app_name: pickOrNull(2),
    procid: pickOrNull(3),
    msgid: pickOrNull(4),
    structured_data: n % 3 === 1 ? { origin: { ip: pick(6) } } : null,
    message: `${pick(0)} ${n}`,
    format: 'rfc5424',
    fields,
    problems: n % 13 === 0 ? [pick(1)] : [],
    raw: Buffer.from([n % 256, 0, 255, ...Buffer.from(pick(2))]).toString('base64'),
  }
}

/** What the file must say of a record, written out apart from the code that writes it. */
function rowOf({ fields, structured_data, problems, raw, received_at, timestamp, ...same }: RecordJson) {
  return {
    ...same,
    received_at: new Date(received_at),
    timestamp: timestamp === null ? null : new Date(timestamp),
    structured_data: structured_data === null ? null : JSON.stringify(structured_data),
    fields: JSON.stringify(fields),
    problems: JSON.stringify(problems),
    raw: new Uint8Array(Buffer.from(raw ?? '', 'base64')),
    'user.name': fields['user.name'] ?? null,
    'event.action': fields['event.action'] ?? null,
    'source.port': 'source.port' in fields ? BigInt(Number(fields['source.port'])) : null,
  }
}

function* pagesOf(count: number, record: (n: number) => RecordJson, size = 1700): Generator<readonly RecordJson[]> {
  for (let from = 0; from < count; from += size)
    yield Array.from({ length: Math.min(size, count - from) }, (_, i) => record(from + i))
}

async function written(pages: Iterable<readonly RecordJson[]>, options: { raw?: boolean; groupRows: number }) {
  const pieces: Uint8Array[] = []
  for await (const piece of parquetBytes(pages, options)) pieces.push(piece)
  return { pieces, bytes: Buffer.concat(pieces) }
}

test('20,000 records over several row groups: every value, absent and empty ones too', async () => {
  const count = 20_000
  const { pieces, bytes } = await written(pagesOf(count, recordAt), { raw: true, groupRows: 3000 })
  const { columns, rows, groupRows } = await readParquet(bytes)
  deepEqual(groupRows, [3000, 3000, 3000, 3000, 3000, 3000, 2000])
  equal(pieces.length, 8) // the first four bytes, six row groups, the last of them with the list
  equal(rows.length, count)
  const expected = new Set(Object.keys(rowOf(recordAt(0))))
  const others = [...columns.keys()].filter(name => !expected.has(name))
  for (const [n, row] of rows.entries()) {
    const want: Record<string, unknown> = rowOf(recordAt(n))
    for (const name of others) want[name] = null
    deepEqual({ ...row }, want, `record ${n}`)
  }
})

test('an extracted field that is not of the kind of its column: text becomes its JSON, a number is left to `fields`', async () => {
  const fields = {
    'user.id': 1000,
    'group.name': ['a', 'b'],
    'user.name': '\ud800',
    'process.pid': 'x',
    'source.port': 1.5,
  }
  const { bytes } = await written([[{ ...recordAt(1), fields }]], { groupRows: 10 })
  const [row] = (await readParquet(bytes)).rows
  const named = Object.keys(fields).map(name => row?.[name])
  deepEqual(named, ['1000', '["a","b"]', '\ufffd', null, null])
  deepEqual(JSON.parse(String(row?.['fields'])), fields)
})

test('long messages end a row group early', async () => {
  const message = 'm'.repeat(60_000)
  const long = (n: number) => ({ ...recordAt(n), message })
  const { bytes } = await written(pagesOf(700, long, 100), { groupRows: 1000 })
  const { groupRows, rows } = await readParquet(bytes)
  equal(rows.length, 700)
  ok(groupRows.length > 1 && Math.max(...groupRows) < 300, groupRows.join())
  ok(rows.every(row => row['message'] === message))
})

test('no records: a file with columns and no rows', async () => {
  for (const pages of [[], [[]]]) {
    const { bytes } = await written(pages, { groupRows: 10 })
    const { columns, rows } = await readParquet(bytes)
    deepEqual(rows, [])
    equal(columns.get('message'), 'text')
    ok(!columns.has('raw'))
  }
})

test('docs/operations.md lists the columns', async () => {
  const { bytes } = await written([], { raw: true, groupRows: 10 })
  const { columns } = await readParquet(bytes)
  const text = readFileSync(join(import.meta.dirname, '../../docs/operations.md'), 'utf8')
  const table = /\| column \| type \|.*\n\|[-|]+\|\n((?:\|.*\n)+)/.exec(text)?.[1] ?? ''
  const listed = table
    .trimEnd()
    .split('\n')
    .flatMap(line => {
      const [, names, type] = line.split('|').map(cell => cell.trim())
      return [...(names ?? '').matchAll(/`([^`]+)`/g)].map(([, name]) => [name, type])
    })
  deepEqual(listed, [...columns])
})
