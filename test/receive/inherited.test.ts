import { deepEqual, equal, ok } from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { inheritedSockets } from '../../src/receive/inherited.ts'
import { readSocketTable, type SocketTable, socketInodes } from '../../src/receive/kernel-drops.ts'
import { udpReading } from '../../src/receive/udp-handle.ts'

test('no sockets without LISTEN_FDS, or when they are for another process', () => {
  deepEqual(inheritedSockets({}, 42), [])
  deepEqual(inheritedSockets({ LISTEN_PID: '41', LISTEN_FDS: '2' }, 42), [])
  deepEqual(inheritedSockets({ LISTEN_PID: '42', LISTEN_FDS: 'x' }, 42), [])
  deepEqual(inheritedSockets({ LISTEN_PID: '42' }, 42), [])
})

/** The descriptor of our socket that is bound to a port. */
function descriptorOf(table: SocketTable, port: number): number {
  const inode = readSocketTable(table).find(row => row.port === port)?.inode
  const fd = [...socketInodes()].find(([, one]) => one === inode)?.[0]
  ok(fd !== undefined, `${table} ${port}`)
  return fd
}

/** Starts the service with the sockets as descriptors 3 and 4, as systemd does. */
function startService(udpFd: number, tcpFd: number) {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'inherited-service.ts')], {
    stdio: ['pipe', 'pipe', 'inherit', udpFd, tcpFd],
    env: { LISTEN_FDS: '2', LISTEN_FDNAMES: 'syslog-udp:syslog-tcp' },
  })
  const [stdin, stdout] = child.stdio
  ok(stdin !== null && stdout !== null)
  const lines = createInterface(stdout)[Symbol.asyncIterator]()
  const line = async () => (await lines.next()).value as string | undefined
  const stop = async () => {
    stdin.end()
    await once(child, 'exit')
  }
  return { line, stop }
}

test('sockets of systemd are used as they are, and keep what is sent while Picket restarts', async () => {
  // This process stands for systemd: it owns the sockets and never reads them.
  const udp = createSocket('udp6').bind(0, '::')
  await once(udp, 'listening')
  udpReading(udp)?.stop()
  const tcp = createServer().listen(0, '::')
  await once(tcp, 'listening')
  const udpPort = udp.address().port
  const tcpAddress = tcp.address()
  ok(tcpAddress !== null && typeof tcpAddress !== 'string')
  const descriptors = [descriptorOf('udp6', udpPort), descriptorOf('tcp6', tcpAddress.port)] as const
  const client = createSocket('udp4')
  const send = (text: string) => new Promise<unknown>(resolve => client.send(text, udpPort, '127.0.0.1', resolve))

  const first = startService(...descriptors)
  equal(await first.line(), `udp syslog-udp ${udpPort}`)
  equal(await first.line(), `tcp syslog-tcp ${tcpAddress.port}`)
  await send('one')
  equal(await first.line(), 'one')
  await first.stop()

  await send('two')
  const second = startService(...descriptors)
  await second.line()
  const afterRestart = [await second.line(), await second.line()].filter(line => !line?.startsWith('tcp'))
  deepEqual(afterRestart, ['two'])
  tcp.close()
  connect(tcpAddress.port, '127.0.0.1').end('<13>three\n')
  equal(await second.line(), '<13>three')
  await second.stop()
  udp.close()
  client.close()
})
