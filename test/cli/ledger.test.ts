// picket ledger: the books of a folder and of a running Picket, for people and for scripts.
import { deepEqual, equal, match, ok } from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { startHttp } from '../../src/http/server.ts'
import { type Books, noSums } from '../../src/model/books.ts'
import { openLedgerFile } from '../../src/store/ledger-file.ts'
import { startFake, tokenFor } from '../http/fake-services.ts'
import { run } from './run.ts'

const folder = mkdtempSync(join(tmpdir(), 'picket-ledger-cli-'))
after(() => rmSync(folder, { recursive: true }))
const noon = Date.UTC(2026, 10, 23, 12)
const udp = { ...noSums, received: 120, stored: 118, empty: 2, kernel_dropped: 5 }
const tcp = { ...noSums, received: 7, stored: 6, waiting: 1 }
let n = 0

function note(change: Partial<Books>): void {
  const file = openLedgerFile(folder)
  const books = { n: ++n, since: noon, at: noon, closed: false, crashes: 0, seq: 124, told: {}, toldAt: noon }
  file.save({ ...books, sums: { udp, tcp }, ...change })
  file.close()
}

test('a folder without books says so', async () => {
  const { code, err } = await run(['ledger', '--data', folder])
  equal(code, 2)
  ok(err.includes(`there are no books in ${folder} yet`), err)
})

test('a table with a column per listener, and their total', async () => {
  note({ closed: true })
  const { code, out } = await run(['ledger', '--data', folder])
  equal(code, 0)
  equal(
    out,
    `                udp  tcp  total
received        120    7    127
stored          118    6    124
not allowed       0    0      0
rate limited      0    0      0
queue full        0    0      0
disk full         0    0      0
empty             2    0      2
bad frame         0    0      0
lost at end       0    0      0
waiting           0    1      1
kernel dropped    5    0      5
since 2026-11-23T12:00:00.000Z, noted 2026-11-23T12:00:00.000Z at an orderly stop; difference 0
`,
  )
})

test('--json is one object; ends that were no stops are told of', async () => {
  note({ crashes: 2 })
  const { code, out } = await run(['ledger', '--data', folder, '--json'])
  equal(code, 0)
  deepEqual(JSON.parse(out), {
    since: '2026-11-23T12:00:00.000Z',
    at: '2026-11-23T12:00:00.000Z',
    closed: false,
    crashes: 2,
    difference: 0,
    listeners: { udp, tcp },
    total: { ...noSums, received: 127, stored: 124, empty: 2, waiting: 1, kernel_dropped: 5 },
  })
  match((await run(['ledger', '--data', folder])).out, /^2 ends were no orderly stops: /m)
})

test('books that do not balance: exit code 1, and one transport does not make up for another', async () => {
  note({ sums: { udp: { ...udp, stored: 117 }, tcp: { ...tcp, stored: 7 } } })
  const { code, out } = await run(['ledger', '--data', folder])
  equal(code, 1)
  match(out, /; difference 2$/m)
})

test('--url asks a running Picket with a token, and prints the same', async () => {
  await using fake = await startFake()
  const options = { webRoot: '/nonexistent', version: '0.0.0' }
  await using server = await startHttp({ host: '127.0.0.1', port: 0 }, fake.services, options)
  const url = `http://127.0.0.1:${server.port}`
  const without = await run(['ledger', '--url', url])
  deepEqual([without.code, without.out], [3, ''])
  match(without.err, /PICKET_TOKEN/)
  const token = tokenFor(fake, 'viv').authorization.slice('Bearer '.length)
  const { code, out } = await run(['ledger', '--url', url, '--json'], { env: { PICKET_TOKEN: token } })
  equal(code, 0)
  deepEqual(JSON.parse(out), fake.services.ledger())
  const table = await run(['ledger', '--url', url], { env: { PICKET_TOKEN: token } })
  match(table.out, /^kernel dropped +4 +4$/m)
})
