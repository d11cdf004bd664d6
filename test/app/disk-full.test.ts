// A real disk that runs full under a running Picket: senders by TCP wait, datagrams are counted to the last one, and
// everything goes on by itself when there is room.
import { deepEqual, equal, match } from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { existsSync, mkdtempSync, rmSync, statfsSync, statSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { noSums } from '../../src/model/books.ts'
import { loadBooks } from '../../src/store/ledger-file.ts'
import { mountsMissing, mountTmpfs } from './mounts.ts'
import { eventually, sendTcp, startPicket } from './picket.ts'

const MiB = 1 << 20
const program = join(import.meta.dirname, '../../src/main.ts')

function lines(count: number, app: string): string {
  return Array.from({ length: count }, (_, n) => `<13>Nov 23 12:00:00 web01 ${app}: number ${n}\n`).join('')
}

/** Leaves so many bytes free. */
function fill(dir: string, leftBytes: number): void {
  const { bavail, bsize } = statfsSync(dir)
  writeFileSync(join(dir, 'filler'), Buffer.alloc(bavail * bsize - leftBytes, 'x'))
}

test('full, and room again', { skip: mountsMissing, timeout: 180_000 }, async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'picket-full-'))
  const udp = createSocket('udp4').unref()
  const datagram = (text: string, port: number): Promise<void> =>
    new Promise((resolve, reject) => udp.send(text, port, '127.0.0.1', error => (error ? reject(error) : resolve())))
  try {
    using _mount = mountTmpfs(dataDir, 256 * MiB)
    // one thread: its own record of the stop is stored after it was told
    const receive = '{ threads: 1, udp: { host: 127.0.0.1, port: 0 }, tcp: { host: 127.0.0.1, port: 0 } }'
    await using picket = await startPicket({ dataDir, receive })
    const client = await picket.login()
    const found = (q: string, count: number, what: string): Promise<unknown> =>
      eventually(async () => (await client.records(q)).length === count || undefined, what)
    await sendTcp(picket.tcp, lines(100, 'before'))
    await found('app:before', 100, 'what came before')
    const reserve = join(dataDir, 'reserve')
    const hasReserve = (): true | undefined =>
      statSync(reserve, { throwIfNoEntry: false })?.size === 64 * MiB || undefined
    await eventually(hasReserve, 'the reserve')

    fill(dataDir, 6 * MiB)
    await found('transport:internal msgid:DISK "receiving has stopped"', 1, 'the record of the stop')
    equal(existsSync(reserve), false)
    const ready = await fetch(`${picket.web}/readyz`)
    equal(ready.status, 503)
    match(await ready.text(), /the disk is full/)
    const { warnings } = await client.get<{ warnings: readonly string[] }>('/api/v1/status')
    match(warnings.join('\n'), /The disk is full: receiving has stopped/)
    await eventually(async () => {
      const { alerts } = await client.get<{ alerts: readonly { rule_title: string }[] }>('/api/v1/alerts')
      return JSON.stringify(alerts).includes('Receiving stopped because the disk of Picket is full') || undefined
    }, 'the alert')

    const waiting = sendTcp(picket.tcp, lines(50, 'waiting'))
    for (let n = 0; n < 200; n++) await datagram(`<13>Nov 23 12:00:00 web01 lost: number ${n}`, picket.udp)
    await eventually(() => loadBooks(dataDir)?.sums.udp?.disk_full === 200 || undefined, 'all datagrams counted')
    equal((await client.records('app:lost')).length, 0)
    equal((await client.records('app:waiting')).length, 0)
    equal((await client.records('app:before')).length, 100, 'searching goes on')

    rmSync(join(dataDir, 'filler'))
    await found('app:waiting', 50, 'what waited')
    await waiting
    await datagram('<13>Nov 23 12:00:00 web01 after: again', picket.udp)
    await found('app:after', 1, 'the datagram after it')
    await found('transport:internal msgid:DISK "receiving goes on"', 1, 'the record of the end')
    await eventually(hasReserve, 'the reserve again')
    equal((await client.records('app:before')).length, 100)

    // stopped while it is full: what has arrived on streams is taken
    fill(dataDir, 6 * MiB)
    await found('transport:internal msgid:DISK "receiving has stopped"', 2, 'the second stop')
    const late = connect(picket.tcp, '127.0.0.1').on('error', () => undefined)
    await new Promise(resolve => late.write(lines(30, 'late'), resolve))
    equal(await picket.stop(), 0)
    late.destroy()
    const sums = loadBooks(dataDir)?.sums
    deepEqual(sums?.udp, { ...noSums, received: 201, stored: 1, disk_full: 200 })
    deepEqual(sums?.tcp, { ...noSums, received: 180, stored: 180 })
    const ledger = spawnSync(process.execPath, [program, 'ledger', '--data', dataDir], { encoding: 'utf8' })
    match(ledger.stdout, /difference 0/)
    const verified = spawnSync(process.execPath, [program, 'verify', '--data', dataDir], { encoding: 'utf8' })
    match(verified.stdout, /^intact: /)
  } finally {
    udp.close()
    rmSync(dataDir, { recursive: true })
  }
})
