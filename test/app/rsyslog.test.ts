// A real rsyslogd forwards to the real process: UDP, TCP and counted TCP, the old and the precise template.
import { deepEqual, equal, match, ok } from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { forwardSnippet } from '../../web/src/overview/snippets.ts'
import { pathOf, peersMissing } from './peers.ts'
import { eventually, startPicket } from './picket.ts'
import { startRsyslogd } from './rsyslogd.ts'

const skip = peersMissing('rsyslogd', 'logger')
const options = { skip, timeout: 60_000 }
const templates = { traditional: 'RSYSLOG_TraditionalForwardFormat', precise: 'RSYSLOG_ForwardFormat' } as const
const ways = {
  udp: 'protocol="udp"',
  lines: 'protocol="tcp"',
  counted: 'protocol="tcp" TCP_Framing="octet-counted"',
} as const
type Way = keyof typeof ways
type Template = keyof typeof templates
const routes = (Object.keys(ways) as Way[]).flatMap(way =>
  (Object.keys(templates) as Template[]).map(template => ({ way, template, tag: `${way}-${template}` })),
)

/** One forwarding rule per way and template, chosen by the program name of the message. */
function forwarding(ports: { readonly udp: number; readonly tcp: number }): string {
  return routes
    .map(({ way, template, tag }) => {
      const port = way === 'udp' ? ports.udp : ports.tcp
      return `if $programname == "${tag}" then
  action(type="omfwd" target="127.0.0.1" port="${port}" ${ways[way]} template="${templates[template]}")`
    })
    .join('\n')
}

test('every transport and template of rsyslog gives the same record', options, async () => {
  await using picket = await startPicket({
    receive: '{ udp: { host: 127.0.0.1, port: 0 }, tcp: { host: 127.0.0.1, port: 0 }, timeZone: Asia/Shanghai }',
  })
  const client = await picket.login()
  await using rsyslogd = await startRsyslogd(forwarding(picket), { hostname: 'web07', timeZone: 'Asia/Shanghai' })
  const before = Date.now()
  const text = 'Grüße, 世界: "quoted" back\\slash {json: [1]} – and 8 more words'
  for (const { tag } of routes) await rsyslogd.log('-p', 'authpriv.warning', '-t', tag, '-i', text)

  for (const { way, template, tag } of routes) {
    const record = await eventually(async () => (await client.records(`app:${tag}`))[0], tag)
    const { message, hostname, app_name, facility, severity, transport, format, peer, problems } = record
    deepEqual(
      { message, hostname, app_name, facility, severity, transport, format, peer, problems },
      {
        message: text,
        hostname: 'web07',
        app_name: tag,
        facility: 10,
        severity: 4,
        transport: way === 'udp' ? 'udp' : 'tcp',
        format: 'rfc3164',
        peer: '127.0.0.1',
        problems: [],
      },
    )
    match(record.procid ?? '', /^\d+$/, tag)
    // The traditional format has no zone and no fraction: receive.timeZone gives the one, the other is lost.
    const early = Date.parse(record.timestamp ?? '') - (template === 'precise' ? before : before - (before % 1000))
    ok(early >= 0 && early < 60_000, `${tag}: ${record.timestamp} is ${early} ms after it was sent`)
  }
})

test('a long message comes whole over TCP, a line break stays in its record', options, async () => {
  await using picket = await startPicket()
  const client = await picket.login()
  await using rsyslogd = await startRsyslogd(forwarding(picket), { hostname: 'web07', timeZone: 'UTC' })
  const long = `begin ${'x'.repeat(30_000)} end`
  for (const way of ['lines', 'counted']) {
    await rsyslogd.log('--size', '64K', '-t', `${way}-precise`, long)
    const [record] = await eventually(async () => notEmpty(await client.records(`app:${way}-precise`)), way)
    equal(record?.message, long, way)
  }
  // rsyslog writes control characters as # and three octal digits, unless it is told otherwise.
  await rsyslogd.log('-t', 'counted-traditional', 'one\nrecord\twith tab')
  const [tab] = await eventually(
    async () => notEmpty(await client.records('app:counted-traditional')),
    'control characters',
  )
  equal(tab?.message, 'one#012record#011with tab')
})

test('a relay keeps the name of the host behind it', options, async () => {
  await using picket = await startPicket()
  const client = await picket.login()
  await using rsyslogd = await startRsyslogd(
    `action(type="omfwd" target="127.0.0.1" port="${picket.tcp}" protocol="tcp" template="RSYSLOG_ForwardFormat")`,
    { hostname: 'relay01', timeZone: 'UTC' },
  )
  await promisify(execFile)(pathOf('bash'), [
    '-c',
    `printf '<86>1 2026-11-23T12:00:00.123456+01:00 db03 sshd 812 - - Failed password for root from 203.0.113.9 port 4711 ssh2\\n' > /dev/tcp/127.0.0.1/${rsyslogd.tcp}`,
  ])
  const [record] = await eventually(async () => notEmpty(await client.records('host:db03')), 'record of db03')
  deepEqual(
    [record?.app_name, record?.procid, record?.timestamp, record?.fields['source.ip'], record?.fields['user.name']],
    ['sshd', '812', '2026-11-23T11:00:00.123Z', '203.0.113.9', 'root'],
  )
})

test('with the snippet of the overview page rsyslog keeps what is logged while Picket is away', options, async () => {
  await using picket = await startPicket()
  const file = readFileSync(join(import.meta.dirname, '../../packaging/client/60-picket-forward.conf'), 'utf8')
  const snippet = forwardSnippet(file, { host: '127.0.0.1', port: picket.tcp, transport: 'tcp' })
  // the pause between attempts is 10 s: too long for a test
  const rules = snippet.replace('action.resumeInterval="10"', 'action.resumeInterval="1"')
  await using rsyslogd = await startRsyslogd(rules, { hostname: 'web07', timeZone: 'UTC' })
  const client = await picket.login()
  await rsyslogd.log('-p', 'user.info', 'before')
  await eventually(async () => notEmpty(await client.records('before')), 'the first record')
  equal(await picket.stop(), 0)
  for (let i = 0; i < 5; i++) await rsyslogd.log('-p', 'user.info', `meanwhile ${i}`)
  await using again = await startPicket({
    dataDir: picket.dataDir,
    receive: `{ udp: false, tcp: { host: 127.0.0.1, port: ${picket.tcp} } }`,
  })
  const clientAgain = await again.login()
  const records = await eventually(async () => {
    const found = await clientAgain.records('meanwhile')
    return found.length >= 5 ? found : undefined
  }, 'the records of the time between')
  deepEqual(
    records.map(record => record.message).toSorted(),
    [0, 1, 2, 3, 4].map(i => `meanwhile ${i}`),
  )
})

function notEmpty<T>(list: readonly T[]): readonly T[] | undefined {
  return list.length > 0 ? list : undefined
}
