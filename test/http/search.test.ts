// Reading records over the API: parameters in, search requests out, answers in the API's words; and the times of requests.
import { deepEqual, equal, match, ok, partialDeepStrictEqual, throws } from 'node:assert/strict'
import { describe, test } from 'node:test'
import { PicketError } from '../../src/base/errors.ts'
import { parseTime } from '../../src/http/times.ts'
import { fakeRecord, startFake, startMs, tokenFor } from './fake-services.ts'

async function get(url: string) {
  await using fake = await startFake()
  const response = await fake.app.inject({ url: `/api/v1/${url}`, headers: tokenFor(fake, 'viv') })
  return { status: response.statusCode, body: response.json(), asked: fake.asked.map(({ request }) => request) }
}

describe('records', () => {
  test('everything, newest first, without parameters', async () => {
    const { status, body, asked } = await get('records')
    equal(status, 200)
    deepEqual(body, { records: [fakeRecord(2), fakeRecord(1)], next_cursor: null, scanned: 2, took_ms: 1 })
    deepEqual(asked, [{ q: '', from: undefined, to: undefined, limit: 100, cursor: undefined, raw: false }])
  })

  test('all parameters', async () => {
    const { asked } = await get(
      'records?q=host:web01&from=now-1h&to=2026-11-23T12:00:00Z&limit=1&cursor=20261123-1&raw=1',
    )
    const range = { from: startMs - 3_600_000, to: startMs }
    deepEqual(asked, [{ q: 'host:web01', ...range, limit: 1, cursor: '20261123-1', raw: true }])
  })

  test('a mistake in the query has its place', async () => {
    const { status, body, asked } = await get(`records?q=${encodeURIComponent('host:web01 hots:web02')}`)
    equal(status, 400)
    partialDeepStrictEqual(body, { error: { code: 'QUERY_INVALID', position: 11, length: 4, suggestion: 'host' } })
    deepEqual(asked, [])
  })

  test('a regular expression that RE2 refuses is a mistake too', async () => {
    const { status, body } = await get(`records?q=${encodeURIComponent('message:/(?=x)/')}`)
    equal(status, 400)
    equal(body.error.code, 'QUERY_INVALID')
  })

  test('what does not fit is 400 with a reason, and never reaches the search', async () => {
    const wrong = [
      'q=a&q=b',
      'q[]=a',
      'limit=0',
      'limit=1001',
      'limit=1e2',
      'limit=-1',
      'limit=',
      'limit=5&limit=6',
      'limit=1e9',
      'offset=1',
      'from=yesterday',
      'from=now-1y',
      'from=2026-02-30',
      'to=99999999999999999',
      'from=now&to=now-1h',
      'raw=yes',
      'cursor=',
      'cursor=../../x',
      'from[]=now',
      '__proto__=1',
      'constructor=1',
      'q=%ff%fe',
      'q=%zz',
    ]
    for (const parameters of wrong) {
      const { status, body, asked } = await get(`records?${parameters}`)
      equal(status, 400, parameters)
      equal(body.error.code, 'BAD_REQUEST', parameters)
      match(body.error.message, /^[^\n]{5,300}$/, parameters)
      deepEqual(asked, [])
    }
  })

  test('a search that fails says how', async () => {
    await using fake = await startFake()
    const headers = tokenFor(fake, 'viv')
    const fail = async (error: Error) => {
      fake.failWith(error)
      return fake.app.inject({ url: '/api/v1/records', headers })
    }
    const busy = await fail(new PicketError('SEARCH_BUSY', 'two searches are running'))
    deepEqual([busy.statusCode, busy.json().error.code, busy.headers['retry-after']], [503, 'SEARCH_BUSY', '2'])
    equal((await fail(new PicketError('SEARCH_TIMEOUT', 'longer than 30 s'))).statusCode, 504)
    equal((await fail(new PicketError('BAD_REQUEST', 'no such cursor'))).statusCode, 400)
    const broken = await fail(new Error('ENOENT: /var/lib/picket/secret', { cause: 'more secrets' }))
    equal(broken.statusCode, 500)
    ok(!broken.body.includes('secret'))
    match(broken.json().error.message, /request req-/)
    ok(fake.logged.some(line => line.includes('/var/lib/picket/secret')))
  })
})

test('histogram', async () => {
  const { body, asked } = await get('histogram?q=error&buckets=1')
  deepEqual(asked, [{ q: 'error', from: undefined, to: undefined, buckets: 1 }])
  const bucket = { from: '2026-11-23T11:59:00.000Z', to: '2026-11-23T12:00:00.000Z', count: 2 }
  deepEqual(body, { buckets: [{ ...bucket, by_severity: [0, 0, 0, 0, 0, 0, 2, 0] }], total: 2, took_ms: 1 })
})

describe('facets', () => {
  test('by canonical names, each once', async () => {
    const { body, asked } = await get('facets?fields=hostname,user,host,sd.a.b&limit=3')
    const fields = ['host', 'user.name', 'sd.a.b']
    deepEqual(asked, [{ q: '', from: undefined, to: undefined, fields, limit: 3 }])
    deepEqual(Object.keys(body.facets), fields)
    deepEqual(body.facets.host, [{ value: 'web01', count: 2 }])
  })

  test('an unknown name is told with the nearest', async () => {
    const { status, body } = await get('facets?fields=hots')
    equal(status, 400)
    match(body.error.message, /"hots"; did you mean host\?/)
  })

  test('too many or none', async () => {
    const many = Array.from({ length: 13 }, (_, n) => `sd.a.p${n}`).join()
    for (const parameters of [`fields=${many}`, 'fields=', 'fields=,', '']) {
      equal((await get(`facets?${parameters}`)).status, 400, parameters)
    }
  })
})

test('query/check', async () => {
  deepEqual((await get('query/check?q=host:web01')).body, { ok: true, warnings: [] })
  const { status, body } = await get('query/check?q=hots:web01')
  equal(status, 200)
  partialDeepStrictEqual(body, { ok: false, error: { position: 0, length: 4, suggestion: 'host' } })
})

test('fields', async () => {
  const { fields } = (await get('fields')).body
  partialDeepStrictEqual(
    fields.find((field: { name: string }) => field.name === 'host'),
    {
      kind: 'keyword',
      aliases: ['hostname'],
    },
  )
  equal(new Set(fields.map((field: { name: string }) => field.name)).size, fields.length)
})

describe('parseTime', () => {
  const iso = (text: string) => new Date(parseTime(text, 'from', startMs + 754_321)).toISOString()
  const t = (text: string, want: string) => test(text, () => equal(iso(text), want))

  t('now', '2026-11-23T12:12:34.321Z')
  t('now-15m', '2026-11-23T11:57:34.321Z')
  t('now+1h', '2026-11-23T13:12:34.321Z')
  t('now 1h', '2026-11-23T13:12:34.321Z')
  t('now/h', '2026-11-23T12:00:00.000Z')
  t('now-1d/d', '2026-11-22T00:00:00.000Z')
  t('now/w', '2026-11-23T00:00:00.000Z')
  t('now-1w/w', '2026-11-16T00:00:00.000Z')
  t('2026-11-23', '2026-11-23T00:00:00.000Z')
  t('2026-11-23T12:30', '2026-11-23T12:30:00.000Z')
  t('2026-11-23 12:30:15', '2026-11-23T12:30:15.000Z')
  t('2026-11-23T12:30:15.5z', '2026-11-23T12:30:15.500Z')
  t('2026-11-23T12:30:15+01:00', '2026-11-23T11:30:15.000Z')
  t('2026-11-23T12:30:15 01:00', '2026-11-23T11:30:15.000Z')
  t('2028-02-29', '2028-02-29T00:00:00.000Z')
  t('1795435200000', '2026-11-23T12:00:00.000Z')

  for (const text of [
    '',
    'NOW',
    'now-',
    'now-1',
    'now-1y',
    '2026',
    '2026-13-01',
    '2027-02-29',
    '2026-11-23T25:00',
    '-1',
    '1e3',
    'now-99999w',
  ]) {
    test(`refuses ${JSON.stringify(text)}`, () => {
      throws(() => parseTime(text, 'from', startMs), { code: 'BAD_REQUEST' })
    })
  }
})
