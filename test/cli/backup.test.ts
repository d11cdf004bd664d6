// picket backup and restore as a person meets them: what they say, and their exit codes.
import { deepEqual, equal, match } from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { addAccount, appendDay } from '../store/sqlite/data-folder.ts'
import { run } from './run.ts'

const folder = mkdtempSync(join(tmpdir(), 'picket-cli-backup-'))
after(() => rmSync(folder, { recursive: true }))
const dataDir = join(folder, 'data')
appendDay(dataDir, 0, 30)
addAccount(dataDir)
const backup = join(folder, 'backup')

test('backup says what was copied and what it holds', async () => {
  const first = await run(['backup', backup, '--data', dataDir])
  equal(first.code, 0, first.err)
  match(
    first.out,
    /^3 files copied \(.*\), 0 unchanged, 0 failed, 0 removed\nthe backup holds 30 records of 1 days \(.*\)\n$/,
  )
  match(first.err, /same file system/)
  match((await run(['backup', backup, '--data', dataDir])).out, /^0 files copied \(0 B\), 3 unchanged/)
})

test('a backup is searched like a data folder', async () => {
  const found = await run(['search', '"line 7"', '--format', 'json', '--data', backup])
  equal(found.code, 0, found.err)
  equal(found.out, (await run(['search', '"line 7"', '--format', 'json', '--data', dataDir])).out)
})

test('restore says what came back; not into a folder that is in use or not empty', async () => {
  const restored = join(folder, 'restored')
  const { code, out, err } = await run(['restore', backup, '--data', restored])
  equal(code, 0, err)
  match(
    out,
    /^30 records of 1 days restored \(.*\), received 2026-11-21T12:00:00\.000Z to 2026-11-21T12:00:00\.029Z\n$/,
  )
  match(err, /the backup was made at 2026-11-23T12:00:00\.000Z; what was received later is not in it/)
  deepEqual((await run(['restore', backup, '--data', restored])).code, 2)
  const nothing = await run(['restore', folder, '--data', join(folder, 'x')])
  equal(nothing.code, 2)
  match(nothing.err, /there is no backup in/)
})

test('a damaged backup is refused by name, exit code 3; the rest on request, exit code 1', async () => {
  const day = join(backup, 'records', '20261121.db')
  const bytes = readFileSync(day)
  bytes[5000] = (bytes[5000] as number) ^ 1
  writeFileSync(day, bytes)
  const refused = await run(['restore', backup, '--data', join(folder, 'refused')])
  equal(refused.code, 3)
  match(refused.err, /records\/20261121\.db.*--skip-damaged/)
  const rest = await run(['restore', backup, '--data', join(folder, 'rest'), '--skip-damaged'])
  equal(rest.code, 1)
  match(rest.err, /records\/20261121\.db is damaged and left out/)
})
