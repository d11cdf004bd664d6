// The systemd units: understood by systemd, hardened as far as promised, and their sockets reach the real process.
import { deepEqual, equal, ok } from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { promisify } from 'node:util'
import type { RecordJson } from '../../src/model/record.ts'
import { eventually, sendTcp } from '../app/picket.ts'
import { root, toolsMissing } from './tools.ts'

const run = promisify(execFile)
const unit = (name: string) => join(root, 'systemd', name)
const main = join(root, 'src/main.ts')

test('systemd knows every line of the units', { skip: toolsMissing('systemd-analyze') }, async () => {
  const args = ['verify', '--man=no', unit('picket.service'), unit('picket.socket')]
  const told = await run('systemd-analyze', args).then(
    ({ stderr }) => stderr,
    (error: { stderr: string }) => error.stderr,
  )
  // The program itself is installed by the package only.
  deepEqual(
    told
      .split('\n')
      .filter(line => /^(?:\S*\/)?picket\.(?:service|socket)/.test(line) && !line.includes('/usr/bin/picket')),
    [],
  )
})

test('the exposure that systemd sees is at most 2.0', { skip: toolsMissing('systemd-analyze') }, async () => {
  const args = ['security', '--offline=true', '--no-pager', '--threshold=20', unit('picket.service')]
  const { stdout } = await run('systemd-analyze', args)
  const score = /Overall exposure level for picket\.service: ([\d.]+)/.exec(stdout)?.[1]
  ok(Number(score) <= 2, `exposure ${score}`)
})

test('every setting of the units has its reason above it', () => {
  for (const name of ['picket.service', 'picket.socket']) {
    const [, ...sections] = readFileSync(unit(name), 'utf8').split(/^\[\w+\]$/m)
    const bare = sections.flatMap(section => {
      let explained = false
      return section.split('\n').filter(line => {
        if (line === '' || line.startsWith('#')) explained = line !== ''
        return line !== '' && !line.startsWith('#') && !explained
      })
    })
    deepEqual(
      bare.map(line => line.split('=')[0]).filter(key => !headings.includes(key ?? '')),
      [],
      name,
    )
  }
})
/** What needs no reason. */
const headings = ['Description', 'Documentation', 'Requires', 'After', 'Wants', 'WantedBy', 'Also']

const sockets = { skip: toolsMissing('systemd-socket-activate'), timeout: 60_000 }
test('UDP and TCP sockets of systemd: what is sent before the start is stored too', sockets, async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'picket-units-'))
  const [tcp, udp] = [await freePort(), await freePort()]
  const config = join(dataDir, 'picket.yaml')
  // Ports that it must not open: the sockets are there.
  writeFileSync(
    config,
    `dataDir: ${dataDir}\nreceive: { udp: { port: 1 }, tcp: { port: 1 }, relp: false }\nweb: false\n`,
  )
  // One systemd-socket-activate opens one kind of socket; it hands on those that it was given.
  const outer = ['-l', `127.0.0.1:${tcp}`, 'systemd-socket-activate', '-d', '-l', `127.0.0.1:${udp}`]
  const child = spawn('systemd-socket-activate', [...outer, process.execPath, main, 'serve', '--config', config])
  try {
    const log: { readonly msg: string }[] = []
    createInterface({ input: child.stdout }).on('line', line => line.startsWith('{') && log.push(JSON.parse(line)))
    let told = ''
    child.stderr.on('data', data => {
      told += String(data)
    })
    await eventually(() => told.includes(`Listening on 127.0.0.1:${tcp}`) || undefined, 'the TCP socket')
    await sendTcp(tcp, '<13>Nov 23 12:00:00 web01 app: by stream, which starts it\n')
    await eventually(() => told.includes(`Listening on 127.0.0.1:${udp}`) || undefined, 'the UDP socket')
    await sendUdp(udp, '<13>Nov 23 12:00:00 web01 app: by datagram, before it reads')
    const ready = await eventually(() => log.find(line => line.msg === 'ready'), `ready; systemd says ${told}`)
    deepEqual({ ...ready, level: 0, time: 0, took_ms: 0 }, { level: 0, time: 0, udp, tcp, took_ms: 0, msg: 'ready' })
    await sendUdp(udp, '<13>Nov 23 12:00:00 web01 app: by datagram, later')
    const exit = once(child, 'exit')
    child.kill('SIGTERM')
    equal((await exit)[0], 0)

    const { stdout } = await run(process.execPath, [main, 'search', '--data', dataDir, '--format', 'json'])
    const records = stdout
      .trim()
      .split('\n')
      .map(line => JSON.parse(line) as RecordJson)
    deepEqual(records.map(({ transport, message }) => [transport, message]).toSorted(), [
      ['tcp', 'by stream, which starts it'],
      ['udp', 'by datagram, before it reads'],
      ['udp', 'by datagram, later'],
    ])
  } finally {
    child.kill('SIGKILL')
    rmSync(dataDir, { recursive: true, force: true })
  }
})

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  ok(address !== null && typeof address !== 'string')
  server.close()
  await once(server, 'close')
  return address.port
}

async function sendUdp(port: number, text: string): Promise<void> {
  const socket = createSocket('udp4')
  await new Promise<unknown>(resolve => socket.send(text, port, '127.0.0.1', resolve))
  socket.close()
}
