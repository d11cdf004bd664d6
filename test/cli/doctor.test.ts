// picket doctor: a line for each thing, the right word before it, and what to do.
import { deepEqual, equal, match, ok } from 'node:assert/strict'
import { once } from 'node:events'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import Database from 'better-sqlite3'
import { lockDataDir } from '../../src/store/sqlite/lock.ts'
import { addAccount, appendDay } from '../store/sqlite/data-folder.ts'
import { run } from './run.ts'

const folder = mkdtempSync(join(tmpdir(), 'picket-doctor-'))
after(() => rmSync(folder, { recursive: true }))
const quiet = '{ udp: { host: 127.0.0.1, port: 0 }, tcp: { host: 127.0.0.1, port: 0 }, relp: false }'

function newData(): string {
  const dir = mkdtempSync(join(folder, 'data-'))
  chmodSync(dir, 0o750)
  return dir
}

/** Runs it with a configuration of these lines. */
function doctor(dataDir: string, lines: string, ...args: string[]) {
  const file = join(folder, 'picket.yaml')
  writeFileSync(file, `dataDir: ${dataDir}\n${lines}\n`, { mode: 0o600 })
  return run(['doctor', '--config', file, ...args])
}

const healthy = `receive: ${quiet}\nweb: { port: 0 }`

test('a healthy installation: exit code 0, and it changes nothing', async () => {
  const dataDir = newData()
  appendDay(dataDir, 0, 40)
  addAccount(dataDir)
  const files = ['picket.db', 'records/20261121.db'].map(name => join(dataDir, name))
  const before = files.map(file => readFileSync(file))
  const { code, out, err } = await doctor(dataDir, healthy, '--deep')
  deepEqual(
    files.map(file => readFileSync(file)),
    before,
  )
  equal(code, 0, out)
  match(err, /^0 errors, \d+ warnings\n$/)
  match(out, /^ok {6}rules: \d+ run$/m)
  match(out, /^ok {6}store: 40 records of 1 days, all checked$/m)
  match(out, /^ok {6}accounts: 1$/m)
  match(out, /^ok {6}service: no Picket runs on this folder$/m)
  match(out, /^warning mail: none.*\n {8}→ add a mail section$/m)
})

test('before the first start there is nothing to find', async () => {
  const { code, out } = await doctor(join(folder, 'not-yet'), healthy)
  equal(code, 0, out)
  match(out, /^warning data folder: .* does not exist yet$/m)
})

test('a mistake in the configuration, with its place', async () => {
  const { code, out } = await doctor(newData(), 'receive: { udp: { prot: 514 } }')
  equal(code, 1)
  match(out, /^error {3}configuration: .*picket\.yaml:2:\d+ .*prot.*\n {8}→ .*picket check/m)
})

test('rules: a mistake, and none at all', async () => {
  const rules = join(folder, 'rules')
  mkdirSync(rules, { recursive: true })
  const config = `${healthy}\nrules: { dirs: [${rules}] }`
  match((await doctor(newData(), config)).out, /^error {3}rules: none is loaded$/m)
  const rule = (condition: string) =>
    `title: T\nid: 6f1f6c9a-4d53-4d0c-9f0e-0d8b1f2b1c3d\nlogsource: { product: linux }\ndetection:\n  a: { CommandLine: x }\n  condition: ${condition}\nlevel: low\n`
  writeFileSync(join(rules, 'good.yml'), rule('a'))
  writeFileSync(join(rules, 'bad.yml'), rule('nothing'))
  const { code, out } = await doctor(newData(), config)
  equal(code, 1)
  match(out, /^error {3}rules: 1 run, 1 mistakes.*\n {8}→ `picket rules check`/m)
})

test('a folder that everybody may read, a damaged day, a damaged picket.db', async () => {
  const dataDir = newData()
  appendDay(dataDir, 0, 9000)
  addAccount(dataDir)
  chmodSync(dataDir, 0o755)
  const day = new Database(join(dataDir, 'records', '20261121.db'))
  day.exec('DELETE FROM term_filter')
  day.close()
  writeFileSync(
    join(dataDir, 'picket.db'),
    'not a database, but long enough to have been one once upon a time'.repeat(99),
  )
  const { code, out } = await doctor(dataDir, healthy)
  equal(code, 1)
  match(out, /^warning data folder: every account .*\n {8}→ chmod o= /m)
  match(out, /^error {3}.*20261121\.db: block 1 lacks its term filter\n {8}→ .*backup/m)
  match(out, /^error {3}.*picket\.db: file is not a database/m)
})

test('a clock that stands before the newest record', async () => {
  const dataDir = newData()
  appendDay(dataDir, 4, 10)
  const { code, out } = await doctor(dataDir, healthy)
  equal(code, 1)
  match(out, /^error {3}clock: it says 2026-11-23T12:00:00\.000Z, and records were received at 2026-11-25/m)
})

test('ports: another program has one; beside a running Picket they must answer', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const config = `receive: { udp: false, tcp: { host: 127.0.0.1, port: ${port} }, relp: false }\nweb: false`
  const dataDir = newData()
  const taken = await doctor(dataDir, config)
  equal(taken.code, 1)
  match(taken.out, new RegExp(`^error {3}receive\\.tcp: another program uses port ${port}\\n {8}→ .ss -lnp`, 'm'))

  using _lock = lockDataDir(dataDir)
  const running = await doctor(dataDir, config)
  equal(running.code, 0, running.out)
  match(running.out, new RegExp(`^ok {6}service: a Picket runs \\(process ${process.pid}\\)$`, 'm'))
  match(running.out, new RegExp(`^ok {6}receive\\.tcp: port ${port} answers$`, 'm'))
  server.close()
  await once(server, 'close')
  const silent = await doctor(dataDir, config)
  equal(silent.code, 1)
  match(silent.out, /^error {3}receive\.tcp: port \d+ does not answer/m)
})

test('mail: tried only with --mail', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  const mail = `mail: { server: "smtp://127.0.0.1:${port}", from: p@example.com, to: [a@example.com] }`
  const without = await doctor(newData(), `${healthy}\n${mail}`)
  equal(without.code, 0, without.out)
  match(without.out, /^ok {6}mail: .* not tried/m)
  const tried = await doctor(newData(), `${healthy}\n${mail}`, '--mail')
  equal(tried.code, 1)
  match(tried.out, /^error {3}mail: 127\.0\.0\.1:\d+: /m)
  ok(!tried.out.includes('undefined'))
})
