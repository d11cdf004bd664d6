// Records that Picket writes itself: their form, their bound, and that they are stored, found and matched like others.
import { deepEqual, equal } from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { createOwnRecords } from '../../src/app/own-records.ts'
import { recordLog } from '../receive/recorder.ts'
import { eventually, sendTcp, startPicket } from './picket.ts'

function ownRecords(hostname = 'box1') {
  const log = recordLog()
  const frames: string[] = []
  const time = { ms: 0 }
  const clock = { now: () => Date.UTC(2026, 10, 25, 12), monotonic: () => time.ms }
  return { own: createOwnRecords({ hostname, pid: 77, clock, log }), frames, log, time }
}

test('a record is an RFC 5424 frame of facility syslog, with values that can be searched', () => {
  const { own, frames } = ownRecords()
  own.connect(frame => frames.push(frame))
  own.write({ subject: 'LOSS', severity: 4, text: 'messages were lost', values: { listener: 'udp', count: 3 } })
  own.write({ subject: 'STORE', severity: 2, text: 'a gap', values: { reason: 'an "odd" one\n', none: undefined } })
  deepEqual(frames, [
    '<44>1 2026-11-25T12:00:00.000Z box1 picket 77 LOSS - messages were lost listener=udp count=3',
    '<42>1 2026-11-25T12:00:00.000Z box1 picket 77 STORE - a gap reason="an \\"odd\\" one\\n"',
  ])
})

test('a host name that does not fit into a header is left out', () => {
  const { own, frames } = ownRecords(' \n')
  own.connect(frame => frames.push(frame))
  own.write({ subject: 'LOSS', severity: 4, text: 'lost' })
  equal(frames[0], '<44>1 2026-11-25T12:00:00.000Z - picket 77 LOSS - lost')
})

test('what is written before the intake runs comes first; beyond 60 in a minute records are only counted', () => {
  const { own, frames, log, time } = ownRecords()
  own.write({ subject: 'LOSS', severity: 4, text: 'early' })
  own.connect(frame => frames.push(frame))
  for (let n = 0; n < 100; n++) own.write({ subject: 'LOSS', severity: 4, text: 'again' })
  equal(frames.length, 60)
  equal(frames[0]?.endsWith('early'), true)
  time.ms = 60_000
  own.write({ subject: 'LOSS', severity: 4, text: 'later' })
  equal(frames.length, 61)
  deepEqual(log.lines, ['left out records of its own: there were too many in a minute count=41'])
})

test('stored records that are gone are told of in a record, which is searched and alerts', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'picket-own-'))
  const rules = mkdtempSync(join(tmpdir(), 'picket-own-rules-'))
  writeFileSync(
    join(rules, 'gap.yml'),
    'title: the store has a gap\nid: 0f0f0f0f-0000-4000-8000-000000000001\nlogsource: { product: linux }\ndetection:\n  selection:\n    app_name: picket\n    transport: internal\n  condition: selection\nlevel: high\n',
  )
  try {
    const first = await startPicket({ dataDir })
    await first.login()
    await sendTcp(first.tcp, '<13>Nov 23 12:00:00 web01 app: one\n<13>Nov 23 12:00:00 web01 app: two\n')
    const client = await first.login()
    await eventually(async () => (await client.records('app:app')).length === 2 || undefined, 'two records')
    await first.stop()
    for (const file of readdirSync(join(dataDir, 'records'))) rmSync(join(dataDir, 'records', file))

    await using again = await startPicket({ dataDir, config: `rules: { dirs: [${rules}] }` })
    const after = await again.login()
    const [record] = await eventually(async () => {
      const found = await after.records('transport:internal app:picket "2 records that were stored"')
      return found.length === 1 ? found : undefined
    }, 'the record of the gap')
    equal(record?.msgid, 'STORE')
    equal(record?.facility, 5)
    equal(record?.severity, 2)
    equal(record?.peer, '127.0.0.1')
    await eventually(async () => {
      const { alerts } = await after.get<{ alerts: readonly { rule: string }[] }>('/api/v1/alerts')
      return alerts.length === 1 || undefined
    }, 'an alert of the rule for it')
  } finally {
    rmSync(dataDir, { recursive: true })
    rmSync(rules, { recursive: true })
  }
})
