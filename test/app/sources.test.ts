// A real Picket with a short silentAfter: its table of sources, and an alert that opens with silence and closes with a record.
import { equal, match, ok } from 'node:assert/strict'
import { test } from 'node:test'
import { eventually, sendTcp, startPicket } from './picket.ts'

type Answer = {
  readonly sources: readonly { readonly id: number; readonly channel: string; readonly records: number }[]
}
type Alerts = { readonly alerts: readonly { readonly note: string | null; readonly hostname: string }[] }

test('who sends what; silence opens one alert, a record closes it; a zone of its own', async () => {
  const config = 'sources: [{ match: web01, silentAfter: 2s }, { match: db*, timeZone: Asia/Shanghai }]'
  await using picket = await startPicket({ config })
  const client = await picket.login()
  const line = '<86>2026-11-23T12:00:00Z web01 sshd[1]: hello\n'
  await sendTcp(picket.tcp, `${line}${line}<14>Nov 23 12:00:00 db01 app: its own zone\n`)
  const { sources } = await eventually(async () => {
    const answer = await client.get<Answer>('/api/v1/sources?host=web01')
    return answer.sources.length === 1 ? answer : undefined
  }, 'the source')
  equal(sources[0]?.channel, 'auth')
  equal(sources[0]?.records, 2)
  match((await client.records('host:db01'))[0]?.timestamp ?? '', /T04:00:00/)
  const opened = await eventually(async () => {
    const { alerts } = await client.get<Alerts>('/api/v1/alerts?state=open')
    return alerts.length > 0 ? alerts : undefined
  }, 'the alert')
  equal(opened.length, 1)
  equal(opened[0]?.hostname, 'web01')
  match(opened[0]?.note ?? '', /web01: auth: last record \d{8}-\d{12}/)
  await sendTcp(picket.tcp, line)
  await eventually(
    async () => (await client.get<Alerts>('/api/v1/alerts?state=closed')).alerts.length === 1 || undefined,
    'the alert closes',
  )
  await client.post(`/api/v1/sources/${sources[0]?.id}/mute`)
  ok(
    (await client.get<Answer & { sources: readonly { muted: boolean }[] }>('/api/v1/sources?host=web01')).sources[0]
      ?.muted,
  )
})
