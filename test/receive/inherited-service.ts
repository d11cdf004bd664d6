// A process as systemd would start it: takes its sockets from LISTEN_FDS, prints what comes, ends with standard input.
import { systemClock } from '../../src/base/clock.ts'
import { inheritedSockets } from '../../src/receive/inherited.ts'
import type { Listener, ListenOptions } from '../../src/receive/listener.ts'
import { parseAllowList } from '../../src/receive/peer.ts'
import { startTcp } from '../../src/receive/tcp.ts'
import { startUdp } from '../../src/receive/udp.ts'
import { recordLog } from './recorder.ts'

const sink = {
  frame(bytes: Uint8Array, from: number, to: number) {
    process.stdout.write(`${Buffer.from(bytes.subarray(from, to)).toString('latin1')}\n`)
  },
}
const tcp = {
  host: '::',
  port: 0,
  maxFrameBytes: 1024,
  maxConnections: 10,
  maxConnectionsPerSource: 10,
  idleTimeoutSeconds: 60,
  firstFrameTimeoutSeconds: 60,
}
const sockets = inheritedSockets({ ...process.env, LISTEN_PID: String(process.pid) }, process.pid)
const listeners: Listener[] = []
for (const { fd, transport, name } of sockets) {
  const options: ListenOptions = { allow: parseAllowList([]), log: recordLog(), clock: systemClock, fd }
  const udp = { host: '::', port: 0, receiveBufferBytes: 1 << 20 }
  const listener = transport === 'udp' ? await startUdp(udp, sink, options) : await startTcp(tcp, sink, options)
  listeners.push(listener)
  process.stdout.write(`${transport} ${name} ${listener.port}\n`)
}
process.stdin.resume().on('end', () => void Promise.all(listeners.map(listener => listener.close())))
