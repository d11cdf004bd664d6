// logger of util-linux sends to the real process: every transport, framing and header form that it has.
import { deepEqual, equal, ok } from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { pathOf, peersMissing } from './peers.ts'
import { eventually, startPicket } from './picket.ts'

const options = { skip: peersMissing('logger'), timeout: 60_000 }

test('UDP, TCP and octet counting, RFC 3164 and RFC 5424', options, async () => {
  await using picket = await startPicket()
  const client = await picket.login()
  const before = Date.now()
  const text = 'user said: "naïve" = 50 % [ok] – 日本'
  const cases = [
    { tag: 'udp-3164', args: ['-d', '--rfc3164'], transport: 'udp', format: 'rfc3164' },
    { tag: 'udp-5424', args: ['-d', '--rfc5424'], transport: 'udp', format: 'rfc5424' },
    { tag: 'tcp-3164', args: ['-T', '--rfc3164'], transport: 'tcp', format: 'rfc3164' },
    { tag: 'tcp-5424', args: ['-T', '--rfc5424'], transport: 'tcp', format: 'rfc5424' },
    { tag: 'counted-3164', args: ['-T', '--octet-count', '--rfc3164'], transport: 'tcp', format: 'rfc3164' },
    { tag: 'counted-5424', args: ['-T', '--octet-count', '--rfc5424'], transport: 'tcp', format: 'rfc5424' },
  ]
  for (const { tag, args, transport } of cases) {
    const port = transport === 'udp' ? picket.udp : picket.tcp
    await logger(port, ...args, '-p', 'local3.err', '--id=4711', '-t', tag, text)
  }
  for (const { tag, transport, format } of cases) {
    const record = await eventually(async () => (await client.records(`app:${tag}`))[0], tag)
    const { message, procid, facility, severity, problems } = record
    deepEqual(
      { message, procid, facility, severity, problems, transport: record.transport, format: record.format },
      { message: text, procid: '4711', facility: 19, severity: 3, problems: [], transport, format },
      tag,
    )
    ok(record.hostname !== null && record.hostname !== '', tag)
    if (format !== 'rfc5424') continue
    equal(record.structured_data?.['timeQuality']?.['tzKnown'], '1', tag)
    ok(Math.abs(Date.parse(record.timestamp ?? '') - before) < 60_000, tag)
  }
})

test('structured data, a message id and several lines on standard input', options, async () => {
  await using picket = await startPicket()
  const client = await picket.login()
  const data = ['--sd-id', 'audit@32473', '--sd-param', 'who="al\\"ice"', '--sd-param', 'where="a\\]b"']
  await logger(picket.tcp, '-T', '--rfc5424', '--msgid', 'LOGIN', ...data, '-t', 'structured', 'hello')
  const record = await eventually(async () => (await client.records('msgid:LOGIN'))[0], 'structured record')
  deepEqual({ ...record.structured_data?.['audit@32473'] }, { who: 'al"ice', where: 'a]b' })
  equal((await client.records('sd.audit@32473.who:"al\\"ice"')).length, 1)

  const child = logger(picket.tcp, '-T', '--octet-count', '-t', 'lines')
  child.child.stdin?.end(Array.from({ length: 200 }, (_, i) => `line ${i}`).join('\n'))
  await child
  const lines = await eventually(async () => {
    const found = await client.records('app:lines')
    return found.length >= 200 ? found : undefined
  }, '200 lines')
  deepEqual(
    lines.map(line => line.message).toReversed(),
    Array.from({ length: 200 }, (_, i) => `line ${i}`),
  )
})

function logger(port: number, ...args: string[]) {
  return promisify(execFile)(pathOf('logger'), ['-n', '127.0.0.1', '-P', String(port), ...args])
}
