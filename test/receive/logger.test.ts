// logger of util-linux as a real peer. It is part of every Debian; elsewhere the tests of this file have no subject.
import { equal, match } from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { systemClock } from '../../src/base/clock.ts'
import { parseAllowList } from '../../src/receive/peer.ts'
import { startTcp } from '../../src/receive/tcp.ts'
import { startUdp } from '../../src/receive/udp.ts'
import { createRecorder, recordLog } from './recorder.ts'

const options = { allow: parseAllowList([]), log: recordLog(), clock: systemClock }
const logger = (port: number, ...args: string[]) =>
  promisify(execFile)('logger', ['-n', '127.0.0.1', '-P', String(port), '-t', 'picket-test', ...args])
const tcpConfig = {
  host: '127.0.0.1',
  port: 0,
  maxFrameBytes: 262_144,
  maxConnections: 10,
  maxConnectionsPerSource: 10,
  idleTimeoutSeconds: 60,
  firstFrameTimeoutSeconds: 30,
}

if (existsSync('/usr/bin/logger')) {
  test('logger over UDP, RFC 3164 and RFC 5424', async () => {
    const sink = createRecorder()
    await using listener = await startUdp({ host: '::', port: 0, receiveBufferBytes: 65_536 }, sink, options)
    await logger(listener.port, '-d', '--rfc3164', 'hello over udp')
    await logger(listener.port, '-d', '--rfc5424', 'hello again')
    await sink.until(2)
    match(sink.texts()[0] ?? '', /^<13>\w{3} [ \d]\d \d\d:\d\d:\d\d \S+ picket-test: hello over udp$/)
    match(sink.texts()[1] ?? '', /^<13>1 \d{4}-\d\d-\d\dT\S+ \S+ picket-test - - .*hello again$/)
  })

  test('logger over TCP, lines and octet counting, a frame with a newline in it', async () => {
    const sink = createRecorder()
    await using listener = await startTcp(tcpConfig, sink, options)
    await logger(listener.port, '-T', '--rfc3164', 'a line')
    await sink.until(1)
    await logger(listener.port, '-T', '--octet-count', '--rfc5424', 'counted')
    await sink.until(2)
    match(sink.texts()[0] ?? '', /^<13>\w{3} .* picket-test: a line$/)
    match(sink.texts()[1] ?? '', /^<13>1 .*counted$/)
    equal(listener.counters.flaws.incomplete, 0)
  })
}
