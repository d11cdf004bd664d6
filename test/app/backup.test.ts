// Backups of a loaded Picket from another process, killed in the middle and completed; what is restored equals what is
// stored, record for record and byte for byte.
import { deepEqual, equal, match, ok } from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { allRecords, appendDay } from '../store/sqlite/data-folder.ts'
import { eventually, startPicket } from './picket.ts'

const main = join(import.meta.dirname, '../../src/main.ts')
const kills = 3

/** Runs `picket ARGS`; `killWhen` is asked all the time, and SIGKILL is sent when it says so. */
async function picketCommand(args: readonly string[], killWhen?: () => boolean) {
  const child = spawn(process.execPath, [main, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  let out = ''
  let err = ''
  child.stdout.on('data', data => (out += data))
  child.stderr.on('data', data => (err += data))
  const closed = once(child, 'close')
  let isOver = false
  child.once('exit', () => {
    isOver = true
  })
  while (killWhen !== undefined && !isOver) {
    if (killWhen()) child.kill('SIGKILL')
    await setImmediate()
  }
  await closed
  return { code: child.exitCode, out, err }
}

/** Sends some thousand numbered lines a second: the test reads all of them back several times. */
function startLoad(port: number): Disposable {
  const socket = connect(port, '127.0.0.1')
  let next = 0
  const timer = setInterval(() => {
    let lines = ''
    for (let i = 0; i < 20; i++) lines += `<13>Nov 23 12:00:00 host${next % 7} app[${next % 999}]: line n${next++}\n`
    socket.write(lines)
  }, 5)
  socket.on('error', () => socket.destroy())
  return {
    [Symbol.dispose]: () => {
      clearInterval(timer)
      socket.destroy()
    },
  }
}

async function storedTotal(web: string): Promise<number> {
  const text = await (await fetch(`${web}/metrics`)).text()
  return Number(/^picket_records_stored_total (\d+)$/m.exec(text)?.[1] ?? 0)
}

test('backups under load, killed and completed; restored, searched', { timeout: 120_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'picket-backup-app-'))
  const backup = join(folder, 'backup')
  const partial = join(backup, '.partial-backup')
  const restoreInto = async (name: string) => {
    const restored = join(folder, name)
    const { code, err } = await picketCommand(['restore', backup, '--data', restored])
    equal(code, 0, err)
    return allRecords(restored)
  }
  try {
    await using picket = await startPicket()
    await picket.login()
    let least = 0
    {
      using _load = startLoad(picket.tcp)
      await eventually(async () => (await storedTotal(picket.web)) > 5000, 'some lines are stored')
      for (let round = 0; round < kills; round++) {
        const stored = await storedTotal(picket.web)
        const done = await picketCommand(['backup', backup, '--data', picket.dataDir])
        equal(done.code, 0, done.err)
        match(done.out, /0 failed/)
        least = stored
        // a round later each: when its folder is there, when the first file is, when the second is …
        const killed = await picketCommand(
          ['backup', backup, '--data', picket.dataDir],
          () => existsSync(partial) && filesIn(partial) >= round % 3,
        )
        ok(killed.code === null || killed.code === 0, killed.err)
        const records = await restoreInto(`round-${round}`)
        ok(records.length >= least, `${least} were stored before the backup, ${records.length} came back`)
        equal(new Set(records.map(({ id }) => id)).size, records.length)
      }
    }
    equal(await picket.stop(), 0)

    const all = await allRecords(picket.dataDir)
    const underLoad = await restoreInto('under-load')
    ok(underLoad.length >= least && underLoad.length <= all.length)
    deepEqual(underLoad, all.slice(0, underLoad.length))

    const last = await picketCommand(['backup', backup, '--data', picket.dataDir])
    equal(last.code, 0, last.err)
    deepEqual(await restoreInto('last'), all)
    ok(!readdirSync(backup).some(name => name.startsWith('.partial')))
    const search = ['search', 'n4711', '--format', 'json', '--raw', '--data']
    const found = await picketCommand([...search, backup])
    equal(found.out.trimEnd().split('\n').length, 1)
    equal(found.out, (await picketCommand([...search, picket.dataDir])).out)

    // the restored folder is a working Picket with the same account
    await using again = await startPicket({ dataDir: join(folder, 'last') })
    equal(again.setup, undefined)
    equal((await (await again.login()).records('n4711')).length, 1)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})

test('a target that takes no more bytes: exit code 3, the old backup as it was, and the next run works', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'picket-backup-app-'))
  const [data, backup] = [join(folder, 'data'), join(folder, 'backup')]
  try {
    appendDay(data, 0, 3000)
    equal((await picketCommand(['backup', backup, '--data', data])).code, 0)
    const before = await allRecords(backup)
    appendDay(data, 0, 9000)
    // a limit on the size of files (in half kB; SQLite's -shm has 32 kB) stands for the full disk: it needs no mount
    const limited = spawnSync(
      'sh',
      ['-c', 'ulimit -f 100; exec "$0" "$@"', process.execPath, main, 'backup', backup, '--data', data],
      { encoding: 'utf8' },
    )
    equal(limited.status, 3, limited.stderr)
    match(limited.stderr, /cannot write .*backup/)
    deepEqual(await allRecords(backup), before)
    equal(existsSync(join(backup, '.partial-backup')), false)
    equal((await picketCommand(['backup', backup, '--data', data])).code, 0)
    equal((await allRecords(backup)).length, 12_000)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})

/** 0 when the folder is gone meanwhile. */
function filesIn(dir: string): number {
  try {
    return readdirSync(dir).length
  } catch {
    return 0
  }
}
