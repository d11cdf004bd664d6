// Live tail over a real socket, and downloads.
import { deepEqual, equal, match, ok } from 'node:assert/strict'
import { once } from 'node:events'
import { type ClientRequest, get, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, test } from 'node:test'
import { PicketError } from '../../src/base/errors.ts'
import { stopServer } from '../../src/http/server.ts'
import { type Fakes, fakeRecord, login, startFake, tokenFor } from './fake-services.ts'
import { readParquet } from './read-parquet.ts'

async function open(fake: Fakes, path: string, headers: Record<string, string>) {
  if (!fake.app.server.listening) await fake.app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = fake.app.server.address() as AddressInfo
  const request: ClientRequest = get({ host: '127.0.0.1', port, path: `/api/v1/${path}`, headers })
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  response.setEncoding('utf8')
  let text = ''
  const ended = Promise.withResolvers<void>()
  response.on('close', ended.resolve).on('error', () => undefined)
  response.on('data', chunk => {
    text += chunk
  })
  return {
    request,
    response,
    ended: ended.promise,
    text: () => text,
    /** Waits until the text so far matches. */
    async until(pattern: RegExp) {
      while (!pattern.test(text)) await once(response, 'data')
    },
  }
}

describe('tail', () => {
  test('sends records as they come, with what was skipped', async () => {
    await using fake = await startFake()
    const tail = await open(fake, 'tail?q=host:web01', tokenFor(fake, 'viv'))
    equal(tail.response.statusCode, 200)
    match(tail.response.headers['content-type'] ?? '', /^text\/event-stream/)
    equal(tail.response.headers['content-encoding'], undefined)
    await tail.until(/: alive\n\n/)
    deepEqual(
      fake.asked.map(({ request }) => request),
      [{ q: 'host:web01' }],
    )
    const batch = { records: [fakeRecord(1, 'two\nlines')], skipped: 7 }
    fake.tails[0]?.send(batch)
    await tail.until(/data: .*\n\n/)
    const [, name, data] = /event: (.*)\ndata: (.*)\n\n/.exec(tail.text()) ?? []
    equal(name, 'records')
    deepEqual(JSON.parse(data ?? ''), batch)
    tail.request.destroy()
    await fake.tails[0]?.ended
    equal(fake.context.streams.count, 0)
  })

  test('a mistake in the query is an error answer', async () => {
    await using fake = await startFake()
    const { statusCode } = await fake.app.inject({ url: '/api/v1/tail?q=hots:x', headers: tokenFor(fake, 'viv') })
    equal(statusCode, 400)
  })

  test('beats while nothing comes', async () => {
    await using fake = await startFake({ heartbeatMs: 5 })
    const tail = await open(fake, 'tail', tokenFor(fake, 'viv'))
    await tail.until(/(: alive\n\n){3}/)
    tail.request.destroy()
    await fake.tails[0]?.ended
  })

  test('ends at logout, without another record', async () => {
    await using fake = await startFake()
    const { headers, cookie } = await login(fake, 'viv')
    const tail = await open(fake, 'tail', { cookie })
    await tail.until(/alive/)
    await fake.app.inject({ method: 'POST', url: '/api/v1/logout', headers })
    await tail.ended
    await fake.tails[0]?.ended
    ok(!tail.text().includes('event: records'))
  })

  test('ends when the session has expired, and says so', async () => {
    await using fake = await startFake()
    const { cookie } = await login(fake, 'viv')
    const tail = await open(fake, 'tail', { cookie })
    await tail.until(/alive/)
    fake.clock.forward(31 * 60_000)
    fake.tails[0]?.send({ records: [fakeRecord(1)], skipped: 0 })
    await tail.ended
    match(tail.text(), /event: end\ndata: \{"error":\{"code":"UNAUTHENTICATED"/)
    ok(!tail.text().includes('event: records'))
  })

  test('ends when the server stops', async () => {
    await using fake = await startFake()
    const tail = await open(fake, 'tail', tokenFor(fake, 'viv'))
    await tail.until(/alive/)
    await stopServer(fake.app)
    await tail.ended
    await fake.tails[0]?.ended
  })

  test('a search that fails ends it with the reason', async () => {
    async function* broken() {
      yield { records: [fakeRecord(1)], skipped: 0 }
      throw new PicketError('SEARCH_FAILED', 'the search process ended')
    }
    const base = await startFake()
    await using fake = await startFake({ services: { search: { ...base.search, tail: broken } } })
    await base.app.close()
    const tail = await open(fake, 'tail', tokenFor(fake, 'viv'))
    await tail.ended
    match(tail.text(), /event: records\n.*\n\nevent: end\ndata: \{"error":\{"code":"SEARCH_FAILED"/)
  })

  test('not from another site', async () => {
    await using fake = await startFake()
    const { cookie } = await login(fake, 'viv')
    for (const header of [{ origin: 'https://evil.invalid' }, { 'sec-fetch-site': 'cross-site' }]) {
      const { statusCode } = await fake.app.inject({ url: '/api/v1/tail', headers: { cookie, ...header } })
      equal(statusCode, 403)
    }
    deepEqual(fake.asked, [])
  })

  test('no more than a dozen for one person', async () => {
    await using fake = await startFake()
    const headers = tokenFor(fake, 'viv')
    const tails = []
    for (let n = 0; n < 12; n++) tails.push(await open(fake, 'tail', headers))
    const { statusCode } = await fake.app.inject({ url: '/api/v1/tail', headers })
    equal(statusCode, 503)
    tails[0]?.request.destroy()
    await fake.tails[0]?.ended
    const again = await open(fake, 'tail', headers)
    equal(again.response.statusCode, 200)
  })
})

describe('export', () => {
  const get = (fake: Fakes, query: string) =>
    fake.app.inject({ url: `/api/v1/export?${query}`, headers: tokenFor(fake, 'viv') })

  test('NDJSON', async () => {
    await using fake = await startFake()
    const { body, headers } = await get(fake, 'q=host:web01&from=now-1d')
    deepEqual(
      body
        .trimEnd()
        .split('\n')
        .map(line => JSON.parse(line)),
      [fakeRecord(2), fakeRecord(1)],
    )
    equal(headers['content-disposition'], 'attachment; filename="picket-20261123T120000Z.ndjson"')
    match(String(headers['content-security-policy']), /sandbox/)
    match(String(headers['content-type']), /^application\/x-ndjson/)
    deepEqual(fake.people.trail(1)[0]?.object, 'ndjson host:web01')
  })

  test('CSV', async () => {
    await using fake = await startFake()
    const { body, headers } = await get(fake, 'format=csv&limit=1')
    const lines = body.split('\r\n')
    equal(lines.length, 3)
    match(lines[0] ?? '', /^id,received_at,timestamp,peer,/)
    match(
      lines[1] ?? '',
      /^20261123-000000000002,2026-11-23T11:59:59.000Z,,192.0.2.7,udp,4,6,web01,sshd,812,,message 2,/,
    )
    match(String(headers['content-disposition']), /\.csv"$/)
  })

  test('Parquet, not compressed a second time', async () => {
    await using fake = await startFake()
    const headers = { ...tokenFor(fake, 'viv'), 'accept-encoding': 'zstd, br, gzip' }
    const answer = await fake.app.inject({ url: '/api/v1/export?format=parquet&q=host:web01', headers })
    equal(answer.headers['content-type'], 'application/vnd.apache.parquet')
    equal(answer.headers['content-encoding'], undefined)
    match(String(answer.headers['content-disposition']), /\.parquet"$/)
    const { rows } = await readParquet(answer.rawPayload)
    deepEqual(
      rows.map(row => [row['id'], row['received_at'], row['message'], row['hostname']]),
      [fakeRecord(2), fakeRecord(1)].map(record => {
        return [record.id, new Date(record.received_at), record.message, record.hostname]
      }),
    )
    deepEqual(fake.people.trail(1)[0]?.object, 'parquet host:web01')
  })

  test('what cannot start is an error answer, not a download', async () => {
    await using fake = await startFake()
    equal((await get(fake, 'format=xml')).statusCode, 400)
    fake.failWith(new PicketError('SEARCH_BUSY', 'two searches are running'))
    const { statusCode, headers, body } = await get(fake, '')
    equal(statusCode, 503)
    equal(headers['content-disposition'], undefined)
    equal(JSON.parse(body).error.code, 'SEARCH_BUSY')
  })

  test('reads no further when the client has gone', async () => {
    let pages = 0
    const stopped = Promise.withResolvers<void>()
    const page = Array.from({ length: 1000 }, (_, n) => fakeRecord(n, 'x'.repeat(1000)))
    async function* endless() {
      try {
        for (;;) {
          pages++
          yield page
        }
      } finally {
        stopped.resolve()
      }
    }
    const base = await startFake()
    await using fake = await startFake({ services: { search: { ...base.search, export: endless } } })
    await base.app.close()
    const download = await open(fake, 'export', tokenFor(fake, 'viv'))
    download.response.pause()
    download.request.destroy()
    await stopped.promise
    ok(pages < 100, `${pages} pages`)
  })

  test('a download that breaks is cut, not ended', async () => {
    async function* breaks() {
      yield [fakeRecord(1)]
      throw new PicketError('SEARCH_FAILED', 'the search process ended')
    }
    const base = await startFake()
    await using fake = await startFake({ services: { search: { ...base.search, export: breaks } } })
    await base.app.close()
    for (const format of ['ndjson', 'csv', 'parquet']) {
      const download = await open(fake, `export?format=${format}`, tokenFor(fake, 'viv'))
      await download.ended
      equal(download.response.complete, false, format)
    }
  })
})
