// A backup is whole after everything that can happen to it, and what is restored is what was stored.
import { deepEqual, equal, match, notDeepEqual, ok, rejects } from 'node:assert/strict'
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import Database from 'better-sqlite3'
import type { ErrorCode } from '../../../src/base/errors.ts'
import { type BackupOptions, backUp } from '../../../src/store/sqlite/backup.ts'
import { type FileEntry, loadManifest, saveManifest } from '../../../src/store/sqlite/backup-manifest.ts'
import { type RestoreOptions, restoreBackup } from '../../../src/store/sqlite/backup-restore.ts'
import { verifyStore } from '../../../src/store/sqlite/integrity/verify.ts'
import { lockDataDir } from '../../../src/store/sqlite/lock.ts'
import { openState } from '../../../src/store/sqlite/state.ts'
import { addAccount, allRecords, appendDay } from './data-folder.ts'

const root = mkdtempSync(join(tmpdir(), 'picket-backup-'))
chmodSync(root, 0o755)
after(() => rmSync(root, { recursive: true }))

const never = new AbortController().signal
const backupTo = (dataDir: string, dir: string, options: Partial<BackupOptions> = {}) =>
  backUp(dataDir, dir, { signal: never, now: Date.now, prune: false, onFile: () => undefined, ...options })
const restoreTo = (dir: string, dataDir: string, options: Partial<RestoreOptions> = {}) =>
  restoreBackup(dir, dataDir, {
    signal: never,
    now: Date.now,
    skipDamaged: false,
    by: 'cli:test',
    onFile: () => undefined,
    ...options,
  })
const fails = (run: Promise<unknown>, code: ErrorCode, text: RegExp) =>
  rejects(run, error => {
    equal((error as { code?: unknown }).code, code, String(error))
    match(String(error), text)
    return true
  })

/** Two days and an account. */
function makeData(): string {
  const dataDir = mkdtempSync(join(root, 'data-'))
  appendDay(dataDir, 0, 9500)
  appendDay(dataDir, 1, 700)
  addAccount(dataDir)
  return dataDir
}

const place = (name: string) => join(mkdtempSync(join(root, 'place-')), name)
/** Every file below a folder with its bytes, without the lock's. */
const bytesOf = (dir: string) =>
  readdirSync(dir, { recursive: true, encoding: 'utf8' })
    .filter(name => statSync(join(dir, name)).isFile() && !/instance\.lock|picket\.pid/.test(name))
    .toSorted()
    .map(name => [name, readFileSync(join(dir, name)).toString('base64')])
const flip = (path: string, at: number) => {
  const bytes = readFileSync(path)
  bytes[at] = (bytes[at] as number) ^ 1
  writeFileSync(path, bytes)
}

test('what is restored is what was stored: records byte for byte, hits, accounts; sessions are ended', async () => {
  const dataDir = makeData()
  const [backup, restored] = [place('backup'), place('restored')]
  const made = await backupTo(dataDir, backup)
  deepEqual([made.failed, made.records, made.days, made.unchanged], [[], 10_200, 2, 0])
  const before = await allRecords(dataDir)
  equal(before.length, 10_200)
  deepEqual(await allRecords(backup), before)

  const back = await restoreTo(backup, restored)
  deepEqual([back.records, back.days, back.hasState, back.skipped], [10_200, 2, true, []])
  equal(new Date(back.from ?? 0).toISOString(), before[0]?.received_at)
  equal(new Date(back.to ?? 0).toISOString(), before.at(-1)?.received_at)
  deepEqual(await allRecords(restored), before)
  const state = openState(join(restored, 'picket.db'))
  equal(state.people.findUser('alice')?.passwordHash, 'hash')
  equal(state.people.findSession('session'), undefined)
  deepEqual(
    state.people.trail(1).map(({ action, by, object }) => [action, by, object]),
    [['restore', 'cli:test', backup]],
  )
  state.close()
  // and it goes on from there
  appendDay(restored, 1, 5)
  equal((await allRecords(restored)).length, 10_205)
})

test('nobody else may look into a backup', async () => {
  const backup = place('backup')
  await backupTo(makeData(), backup)
  equal(statSync(backup).mode & 0o777, 0o700)
  for (const name of ['picket.db', 'backup.json', 'records/20261121.db'])
    equal(statSync(join(backup, name)).mode & 0o777, 0o600, name)
})

test('only what changed is copied again', async () => {
  const dataDir = makeData()
  const backup = place('backup')
  const copied: string[] = []
  const onFile = (name: string) => void copied.push(name)
  const first = await backupTo(dataDir, backup, { onFile })
  deepEqual(copied, ['picket.db', 'records/20261121.db', 'records/20261122.db'])
  const again = await backupTo(dataDir, backup)
  deepEqual([again.copied, again.unchanged], [0, first.copied])
  copied.length = 0
  appendDay(dataDir, 1, 10)
  await backupTo(dataDir, backup, { onFile })
  deepEqual(copied, ['records/20261122.db'])
  deepEqual(await allRecords(backup), await allRecords(dataDir))
  // a copy that somebody cut short is made again
  writeFileSync(join(backup, 'records/20261121.db'), '')
  equal((await backupTo(dataDir, backup)).copied, 1)
  deepEqual(await allRecords(backup), await allRecords(dataDir))
})

test('days that retention removed stay, until --prune', async () => {
  const dataDir = makeData()
  const backup = place('backup')
  await backupTo(dataDir, backup)
  rmSync(join(dataDir, 'records/20261121.db'))
  const kept = await backupTo(dataDir, backup)
  deepEqual([kept.older, kept.pruned, kept.days], [1, 0, 2])
  const pruned = await backupTo(dataDir, backup, { prune: true })
  deepEqual([pruned.older, pruned.pruned, pruned.days, pruned.records], [0, 1, 1, 700])
  equal((await restoreTo(backup, place('restored'))).records, 700)
})

test('an interrupted run and its leftovers: the old backup is whole, the next run cleans up', async () => {
  const dataDir = makeData()
  const backup = place('backup')
  await backupTo(dataDir, backup)
  const old = bytesOf(backup)
  appendDay(dataDir, 1, 10)
  await fails(backupTo(dataDir, backup, { signal: AbortSignal.abort() }), 'STORE_FAILED', /interrupted/)
  deepEqual(bytesOf(backup), old)
  mkdirSync(join(backup, '.partial-backup'))
  writeFileSync(join(backup, '.partial-backup/records-20261122.db'), 'half of it')
  equal((await restoreTo(backup, place('restored'))).records, 10_200)
  await backupTo(dataDir, backup)
  ok(!readdirSync(backup).some(name => name.startsWith('.partial')))
  equal((await allRecords(backup)).length, 10_210)
})

test('a kill between a copy and its manifest: either file fits', async () => {
  const dataDir = makeData()
  const [backup, newer] = [place('backup'), place('newer')]
  const name = 'records/20261122.db'
  await backupTo(dataDir, backup)
  appendDay(dataDir, 1, 10)
  await backupTo(dataDir, newer)
  const [manifest, after] = [loadManifest(backup), loadManifest(newer)]
  ok(manifest !== undefined && after !== undefined)
  const both = [...(manifest.files[name] ?? []), ...(after.files[name] ?? [])]
  saveManifest(backup, { ...manifest, files: { ...manifest.files, [name]: both } })
  equal((await restoreTo(backup, place('old'))).records, 10_200)
  // two kills in a row: the second run's entry joins the two
  const third = { ...(after.files[name]?.[0] as FileEntry), sha256: '0'.repeat(64) }
  saveManifest(backup, { ...manifest, files: { ...manifest.files, [name]: [...both, third] } })
  equal((await restoreTo(backup, place('old'))).records, 10_200)
  copyFileSync(join(newer, name), join(backup, name))
  equal((await restoreTo(backup, place('new'))).records, 10_210)
  await backupTo(dataDir, backup)
  equal(loadManifest(backup)?.files[name]?.length, 1)
})

test('a kill of the first run: what was placed is a backup of the days so far', async () => {
  const dataDir = makeData()
  const backup = place('backup')
  const stop = new AbortController()
  const onFile = (name: string) => {
    if (name.endsWith('20261121.db')) stop.abort()
  }
  await fails(backupTo(dataDir, backup, { onFile, signal: stop.signal }), 'STORE_FAILED', /interrupted/)
  const back = await restoreTo(backup, place('restored'))
  deepEqual([back.records, back.hasState, back.backedUpAt], [9500, false, null])
  // a file without its entry is left alone, and copied again
  const manifest = loadManifest(backup)
  ok(manifest !== undefined)
  saveManifest(backup, { ...manifest, files: {} })
  await fails(restoreTo(backup, place('nothing')), 'NOT_FOUND', /the backup in .* is empty/)
  equal((await backupTo(dataDir, backup)).unchanged, 0)
  equal((await restoreTo(backup, place('all'))).hasState, true)
})

test('a damaged day keeps its old copy, and does not keep the others from being copied', async () => {
  const dataDir = makeData()
  const backup = place('backup')
  await backupTo(dataDir, backup)
  const old = readFileSync(join(backup, 'records/20261121.db'))
  const db = new Database(join(dataDir, 'records/20261121.db'))
  db.exec('DELETE FROM column_data WHERE id = 24')
  db.close()
  appendDay(dataDir, 1, 10)
  const { failed, copied } = await backupTo(dataDir, backup)
  deepEqual(
    failed.map(({ name }) => name),
    ['records/20261121.db'],
  )
  match(failed[0]?.reason ?? '', /block 1 lacks column 8/)
  ok(copied >= 1)
  deepEqual(readFileSync(join(backup, 'records/20261121.db')), old)
  equal((await restoreTo(backup, place('restored'))).records, 10_210)
})

test('a data folder that lost records does not replace its backup', async () => {
  const dataDir = makeData()
  const backup = place('backup')
  await backupTo(dataDir, backup)
  const old = bytesOf(backup).filter(([name]) => name?.startsWith('records/'))
  const other = mkdtempSync(join(root, 'data-'))
  appendDay(other, 0, 20)
  await fails(backupTo(other, backup), 'CONFLICT', /9500 records of 20261121/)
  deepEqual(
    bytesOf(backup).filter(([name]) => name?.startsWith('records/')),
    old,
  )
  const empty = mkdtempSync(join(root, 'data-'))
  await fails(backupTo(empty, backup), 'NOT_FOUND', /no data of Picket/)
})

test('a folder that is no backup is not written into', async () => {
  const dataDir = makeData()
  const before = bytesOf(dataDir)
  await fails(backupTo(dataDir, dataDir), 'CONFLICT', /not a backup/)
  deepEqual(bytesOf(dataDir), before)
  const backup = place('backup')
  await backupTo(dataDir, backup)
  using _lock = lockDataDir(backup)
  await fails(backupTo(dataDir, backup), 'DATA_LOCKED', /process \d+/)
})

test('every flipped bit of a backup is found, and the rest can be had', async () => {
  const dataDir = makeData()
  const [backup, restored] = [place('backup'), place('restored')]
  await backupTo(dataDir, backup)
  const day = join(backup, 'records/20261121.db')
  const size = statSync(day).size
  for (const at of [30, 5000, Math.floor(size / 2), size - 1]) {
    flip(day, at)
    await fails(restoreTo(backup, restored), 'DATA_UNREADABLE', /damaged: records\/20261121\.db .*--skip-damaged/)
    flip(day, at)
  }
  equal(existsSync(restored), false, 'nothing is written before everything was compared')
  flip(day, 5000)
  rmSync(join(backup, 'picket.db'))
  const back = await restoreTo(backup, restored, { skipDamaged: true })
  deepEqual([back.records, back.hasState, back.skipped], [700, false, ['picket.db', 'records/20261121.db']])
})

test('the marks of the chain come along', async () => {
  const dataDir = makeData()
  mkdirSync(join(dataDir, 'manifests'), { recursive: true })
  writeFileSync(join(dataDir, 'manifests/20261120.json'), '{}\n')
  const [backup, restored] = [place('backup'), place('restored')]
  await backupTo(dataDir, backup)
  await restoreTo(backup, restored)
  const names = ['ack.hwm', ...readdirSync(join(dataDir, 'manifests')).map(name => `manifests/${name}`)]
  for (const name of names) deepEqual(readFileSync(join(restored, name)), readFileSync(join(dataDir, name)), name)
  equal(verifyStore(restored).outcome, verifyStore(dataDir).outcome)
})

test('a manifest cannot lead out of its folder', async () => {
  const backup = place('backup')
  await backupTo(makeData(), backup)
  const manifest = loadManifest(backup)
  ok(manifest !== undefined)
  for (const name of ['../outside', 'records/../../outside', '/etc/passwd', 'manifests/../picket.yaml']) {
    saveManifest(backup, { ...manifest, files: { ...manifest.files, [name]: manifest.files['picket.db'] ?? [] } })
    await fails(restoreTo(backup, place('restored')), 'DATA_UNREADABLE', /no file of a backup/)
  }
})

test('restore goes only into an empty folder that no Picket uses', async () => {
  const dataDir = makeData()
  const backup = place('backup')
  await backupTo(dataDir, backup)
  const before = bytesOf(dataDir)
  await fails(restoreTo(backup, dataDir), 'CONFLICT', /not empty/)
  deepEqual(bytesOf(dataDir), before)
  const used = place('used')
  using _lock = lockDataDir(used)
  await fails(restoreTo(backup, used), 'DATA_LOCKED', /process \d+/)
  await fails(restoreTo(dataDir, place('restored')), 'NOT_FOUND', /no backup/)
  // somebody else's folder gets no lock file either
  const foreign = place('foreign')
  mkdirSync(foreign)
  writeFileSync(join(foreign, 'letter.txt'), '')
  await fails(restoreTo(backup, foreign), 'CONFLICT', /letter\.txt/)
  deepEqual(readdirSync(foreign), ['letter.txt'])
})

test('a restore that was cut short leaves an empty folder, and can be done again', async () => {
  const backup = place('backup')
  await backupTo(makeData(), backup)
  const restored = place('restored')
  const stop = new AbortController()
  const onFile: RestoreOptions['onFile'] = (step, name) => {
    if (step === 'copying' && name.endsWith('20261122.db')) stop.abort()
  }
  await fails(restoreTo(backup, restored, { onFile, signal: stop.signal }), 'STORE_FAILED', /interrupted/)
  deepEqual(
    readdirSync(restored).filter(name => !/instance\.lock|picket\.pid/.test(name)),
    [],
  )
  mkdirSync(join(restored, '.partial-restore/records'), { recursive: true })
  equal((await restoreTo(backup, restored)).records, 10_200)
  equal(existsSync(join(restored, '.partial-restore')), false)
})

test('a backup can be searched by an account that may not write to it', async () => {
  const dataDir = makeData()
  const backup = place('backup')
  await backupTo(dataDir, backup)
  const copy = join(root, 'read-only')
  cpSync(backup, copy, { recursive: true })
  const paths = ['', ...readdirSync(copy, { recursive: true, encoding: 'utf8' })].map(name => join(copy, name))
  for (const path of paths) chmodSync(path, statSync(path).isDirectory() ? 0o555 : 0o444)
  const before = await allRecords(dataDir)
  const user = process.geteuid?.() ?? 0
  // root may write everywhere
  if (user === 0) process.seteuid?.(65_534)
  try {
    await rejects(async () => writeFileSync(join(copy, 'records/x'), ''), /EACCES/)
    notDeepEqual(before, [])
    deepEqual(await allRecords(copy), before)
  } finally {
    process.seteuid?.(user)
    for (const path of paths) chmodSync(path, 0o755)
  }
})
