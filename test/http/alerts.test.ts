// Alerts, rules, hosts and status in the API's words; what people do with alerts, and that their name is on it.
import { deepEqual, equal, ok, partialDeepStrictEqual } from 'node:assert/strict'
import { describe, test } from 'node:test'
import { noSums } from '../../src/model/books.ts'
import { fakeRecord, login, startFake, tokenFor } from './fake-services.ts'

async function get(url: string) {
  await using fake = await startFake()
  const response = await fake.app.inject({ url: `/api/v1/${url}`, headers: tokenFor(fake, 'adam') })
  return { status: response.statusCode, body: response.json() }
}

const rule = {
  id: 'rule-1',
  title: 'Immutable flag removed',
  level: 'high',
  description: 'chattr -i',
  false_positives: ['package updates'],
  next_steps: 'Ask the user.',
  techniques: ['T1222.002'],
}
const alert = {
  id: 2,
  rule,
  hostname: 'web01',
  user: 'alice',
  source: null,
  state: 'open',
  count: 2,
  first_at: '2026-11-23T11:59:00.000Z',
  last_at: '2026-11-23T12:00:00.000Z',
  first_record: fakeRecord(1),
  last_record: fakeRecord(2),
  note: null,
  changed_by: null,
  changed_at: null,
}

describe('alerts', () => {
  test('the list, page by page', async () => {
    const { body } = await get('alerts?state=open&limit=1')
    deepEqual(body.alerts, [{ ...alert, id: 3 }])
    deepEqual(body.counts, { open: 2, acknowledged: 0, closed: 1 })
    equal(body.next_before, 3)
    const next = (await get('alerts?state=open&limit=2&before=3')).body
    deepEqual(next.alerts, [alert])
    equal(next.next_before, null)
  })

  test('one', async () => {
    deepEqual((await get('alerts/2')).body, { ...alert, comments: [] })
    equal((await get('alerts/99')).status, 404)
    for (const id of ['0', '-1', '1.5', 'x', '9'.repeat(30), '%2e%2e']) {
      const { status } = await get(`alerts/${id}`)
      ok(status === 400 || status === 404, `${id}: ${status}`)
    }
    for (const wrong of ['state=gone', 'limit=0', 'before=x', 'state=open&state=closed']) {
      equal((await get(`alerts?${wrong}`)).status, 400, wrong)
    }
  })

  test('acknowledge, comment, close: with name and time, and closed is final', async () => {
    await using fake = await startFake()
    const { headers } = await login(fake, 'ann')
    const post = (url: string, payload?: object) =>
      fake.app.inject({ method: 'POST', url: `/api/v1/alerts/${url}`, headers, ...(payload ? { payload } : {}) })
    const at = '2026-11-23T12:00:00.000Z'
    const acknowledged = await post('2/ack')
    deepEqual(acknowledged.json(), { ...alert, state: 'acknowledged', changed_by: 'ann', changed_at: at, comments: [] })
    const commented = await post('2/comment', { text: ' it was <b>me</b> ' })
    deepEqual(commented.json().comments, [{ at, by: 'ann', text: 'it was <b>me</b>' }])
    const closed = await post('2/close', { comment: 'done' })
    partialDeepStrictEqual(closed.json(), { state: 'closed', changed_by: 'ann' })
    equal(closed.json().comments.length, 2)
    for (const change of ['ack', 'close']) {
      const again = await post(`2/${change}`, {})
      deepEqual([again.statusCode, again.json().error.code], [409, 'CONFLICT'])
    }
    equal((await post('99/ack', {})).statusCode, 404)
    equal((await post('99/comment', { text: 'x' })).statusCode, 404)
    equal((await post('3/comment', { text: '  ' })).statusCode, 400)
    equal((await post('3/comment', { text: 'x'.repeat(4001) })).statusCode, 400)
    equal((await post('3/ack', { by: 'adam' })).statusCode, 400)
    deepEqual(
      fake.people
        .trail(9)
        .map(({ by, action, object }) => [by, action, object])
        .reverse()
        .slice(1),
      [
        ['ann', 'alert_acknowledged', 'alert 2'],
        ['ann', 'alert_comment', 'alert 2'],
        ['ann', 'alert_closed', 'alert 2'],
        ['ann', 'alert_comment', 'alert 2'],
      ],
    )
  })
})

describe('system', () => {
  test('rules', async () => {
    const { body } = await get('rules')
    deepEqual(body.findings, ['rules.d/broken.yml:1:1 no condition'])
    deepEqual(body.rules[0], { ...rule, file: 'rules.d/chattr.yml', enabled: true, error: null })
    partialDeepStrictEqual(body.rules[1], { id: 'broken', enabled: false, error: 'no condition', description: null })
  })

  test('hosts', async () => {
    const at = '2026-11-23T12:00:00.000Z'
    const times = { first_seen: '2026-11-23T11:59:00.000Z', last_seen: at }
    const channels = [{ name: 'auth', last_seen: at }]
    deepEqual((await get('hosts')).body, {
      hosts: [{ hostname: 'web01', peer: '192.0.2.7', records: 2, ...times, channels }],
    })
  })

  test('status', async () => {
    const { body } = await get('status')
    partialDeepStrictEqual(body, {
      version: '0.0.0',
      public_url: null,
      records_per_second: 0.1,
      outbox: { pending: 0, sent: 1, failed: 0 },
      disk: { free_bytes: 1e9, total_bytes: 2e9 },
      warnings: ['the disk is nearly full'],
    })
    deepEqual(
      body.receive.map((one: { connections: unknown }) => one.connections),
      [null, 0],
    )
    deepEqual(
      body.receive.map((one: { frames_per_second: unknown }) => one.frames_per_second),
      [0.5, 0],
    )
    equal(body.store.oldest, '2026-11-23T11:59:00.000Z')
  })

  test('ledger: the books of each transport and in total', async () => {
    const sums = { ...noSums, received: 3, stored: 2, empty: 1, kernel_dropped: 4 }
    deepEqual((await get('ledger')).body, {
      since: '2026-11-23T11:00:00.000Z',
      at: '2026-11-23T12:00:00.000Z',
      closed: false,
      crashes: 1,
      difference: 0,
      listeners: { udp: sums },
      total: sums,
    })
  })

  test('openapi.json describes every route of the API', async () => {
    await using fake = await startFake()
    const document = (await fake.app.inject({ url: '/api/v1/openapi.json', headers: tokenFor(fake, 'viv') })).json()
    equal(document.openapi, '3.1.0')
    const described = Object.entries(document.paths as Record<string, object>).flatMap(([path, methods]) =>
      Object.keys(methods).map(method => `${method.toUpperCase()} ${path.replace(/\{(\w+)\}/g, ':$1')}`),
    )
    const wanted = fake.routes.filter(route => route.includes('/api/v1/') && !route.endsWith('openapi.json'))
    deepEqual(described.sort(), wanted.sort())
    const records = document.paths['/api/v1/records'].get
    deepEqual(
      records.parameters.map(({ name }: { name: string }) => name),
      ['q', 'from', 'to', 'limit', 'cursor', 'raw'],
    )
    ok(records.responses['200'].content['application/json'].schema.properties.records)
  })

  test('probes', async () => {
    await using fake = await startFake({ services: { ready: () => 'the store is opening' } })
    equal((await fake.app.inject('/healthz')).body, 'ok\n')
    const ready = await fake.app.inject('/readyz')
    deepEqual([ready.statusCode, ready.body], [503, 'the store is opening\n'])
    await using well = await startFake()
    equal((await well.app.inject('/readyz')).statusCode, 200)
  })
})
