// A data folder that nothing can be written to: mounted read-only, or somebody else's. It is searched and verified where
// it lies, however its Picket ended.
import { deepEqual, equal, match } from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { unpackStore } from '../store/sqlite/fixtures/open.ts'
import { mountReadOnly, mountsMissing } from './mounts.ts'
import { eventually, sendTcp, startPicket } from './picket.ts'

const root = mkdtempSync(join(tmpdir(), 'picket-read-only-'))
after(() => rmSync(root, { recursive: true }))
const options = { skip: mountsMissing, timeout: 120_000 }
const program = join(import.meta.dirname, '../../src/main.ts')

/** Runs a command in a process of its own, as another user if need be. */
function picket(args: readonly string[], user: { readonly uid?: number; readonly gid?: number } = {}) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], { encoding: 'utf8', ...user })
  return { status, stdout, stderr }
}

/** Names, sizes and times of all files. */
const look = (dir: string) =>
  readdirSync(dir, { recursive: true, encoding: 'utf8' })
    .toSorted()
    .map(name => [name, statSync(join(dir, name)).size, statSync(join(dir, name)).mtimeMs])

/** What a Picket leaves that got three messages and ended by this signal. */
async function leftBy(signal: NodeJS.Signals): Promise<string> {
  const dataDir = mkdtempSync(join(root, 'data-'))
  await using running = await startPicket({ dataDir })
  await sendTcp(running.tcp, [1, 2, 3].map(n => `<13>Nov 23 12:00:00 web01 app: message ${n}\n`).join(''))
  const client = await running.login()
  await eventually(async () => (await client.records('host:web01')).length === 3, 'three records')
  await running.stop(signal)
  return dataDir
}

function searchedAndVerified(dataDir: string, user?: { readonly uid: number; readonly gid: number }): void {
  const before = look(dataDir)
  const found = picket(['search', 'host:web01', '--data', dataDir], user)
  equal(found.status, 0, found.stderr)
  equal(found.stdout.match(/message [123]/g)?.length, 3, found.stdout)
  equal(found.stderr, '')
  const verified = picket(['verify', '--data', dataDir], user)
  equal(verified.status, 0, verified.stderr + verified.stdout)
  match(verified.stdout, /^intact: /)
  deepEqual(look(dataDir), before)
}

test('stopped, then mounted read-only', options, async () => {
  const dataDir = await leftBy('SIGTERM')
  using _mount = mountReadOnly(dataDir)
  searchedAndVerified(dataDir)
})

test('killed, then mounted read-only', options, async () => {
  const dataDir = await leftBy('SIGKILL')
  using _mount = mountReadOnly(dataDir)
  searchedAndVerified(dataDir)
})

test('stopped, and of another user who lets us read', options, async () => {
  const dataDir = await leftBy('SIGTERM')
  for (const dir of [root, dataDir]) chmodSync(dir, 0o755)
  for (const name of readdirSync(dataDir, { recursive: true, encoding: 'utf8' })) chmodSync(join(dataDir, name), 0o755)
  searchedAndVerified(dataDir, { uid: 65_534, gid: 65_534 })
})

test('copied while its Picket ran, without the -shm file: read from a copy that goes again', options, () => {
  const dataDir = mkdtempSync(join(root, 'copied-'))
  unpackStore('records-2', dataDir)
  const copies = () => readdirSync(tmpdir()).filter(name => name.startsWith('picket-read-'))
  const before = copies()
  using _mount = mountReadOnly(dataDir)
  const found = picket(['search', 'host:host0', '--limit', '1', '--data', dataDir])
  equal(found.status, 0, found.stderr)
  match(found.stdout, /host0/)
  equal(picket(['verify', '--deep', '--data', dataDir]).status, 0)
  deepEqual(copies(), before)
})
