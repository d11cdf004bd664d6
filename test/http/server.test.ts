// Starting and stopping: the set-up link, a taken port, requests in progress.
import { deepEqual, equal, match, ok, rejects } from 'node:assert/strict'
import { describe, test } from 'node:test'
import { startHttp } from '../../src/http/server.ts'
import { fakeRecord, login, password, startFake } from './fake-services.ts'

const options = { webRoot: '/nonexistent', version: '0.0.0' }

describe('startHttp', () => {
  test('listens, and prints the set-up link until it is used', async () => {
    await using fake = await startFake({ users: false })
    await using server = await startHttp({ host: '127.0.0.1', port: 0 }, fake.services, options)
    const base = `http://127.0.0.1:${server.port}`
    const link = new URL(server.setupUrl() ?? '')
    equal(link.origin + link.pathname, `${base}/setup`)
    match(link.hash, /^#token=[\w-]{43}$/)
    const body = JSON.stringify({ token: link.hash.slice('#token='.length), name: 'root', password })
    const headers = { 'content-type': 'application/json' }
    const response = await fetch(`${base}/api/v1/setup`, { method: 'POST', headers, body })
    equal(response.status, 200)
    equal(server.setupUrl(), undefined)
    match(fake.people.findUser('root')?.passwordHash ?? '', /^\$argon2id\$/)
  })

  test('the link is that of publicUrl; all addresses are this machine', async () => {
    await using fake = await startFake({ users: false })
    const listen = { host: '0.0.0.0', port: 0 }
    await using local = await startHttp(listen, fake.services, options)
    match(local.setupUrl() ?? '', /^http:\/\/127\.0\.0\.1:\d+\/setup#/)
    const publicUrl = 'https://picket.example.com/'
    await using behind = await startHttp({ ...listen, publicUrl }, fake.services, options)
    match(behind.setupUrl() ?? '', /^https:\/\/picket\.example\.com\/setup#/)
  })

  test('a taken port has its code and says what to change', async () => {
    await using fake = await startFake()
    await using server = await startHttp({ host: '127.0.0.1', port: 0 }, fake.services, options)
    const again = startHttp({ host: '127.0.0.1', port: server.port }, fake.services, options)
    await rejects(again, { code: 'PORT_IN_USE', message: /web\.port/ })
    await rejects(startHttp({ host: '192.0.2.1', port: 0 }, fake.services, options), { code: 'ACCESS_DENIED' })
  })

  test('stopping waits for the answer in progress and aborts nothing', async () => {
    const asked = Promise.withResolvers<AbortSignal>()
    const answer = Promise.withResolvers<void>()
    const base = await startFake()
    await using _ = base
    const search = {
      ...base.search,
      async records(_request: unknown, signal: AbortSignal) {
        asked.resolve(signal)
        await answer.promise
        return { records: [fakeRecord(1)], next_cursor: null, scanned: 1, took_ms: 1 }
      },
    }
    const server = await startHttp({ host: '127.0.0.1', port: 0 }, { ...base.services, search }, options)
    const { cookie } = await login(base, 'viv')
    const response = fetch(`http://127.0.0.1:${server.port}/api/v1/records`, { headers: { cookie } })
    const signal = await asked.promise
    const stopped = server[Symbol.asyncDispose]()
    equal(signal.aborted, false)
    answer.resolve()
    equal((await response).status, 200)
    await stopped
    await rejects(fetch(`http://127.0.0.1:${server.port}/healthz`))
  })

  test('a search is aborted when its client has gone', async () => {
    await using fake = await startFake()
    const aborted = Promise.withResolvers<void>()
    const asked = Promise.withResolvers<void>()
    const search = {
      ...fake.search,
      async records(_request: unknown, signal: AbortSignal) {
        asked.resolve()
        signal.addEventListener('abort', () => aborted.resolve())
        await aborted.promise
        return { records: [], next_cursor: null, scanned: 0, took_ms: 1 }
      },
    }
    await using server = await startHttp({ host: '127.0.0.1', port: 0 }, { ...fake.services, search }, options)
    const { cookie } = await login(fake, 'viv')
    const client = new AbortController()
    const url = `http://127.0.0.1:${server.port}/api/v1/records`
    const response = fetch(url, { headers: { cookie }, signal: client.signal })
    await asked.promise
    client.abort()
    await rejects(response, { name: 'AbortError' })
    await aborted.promise
  })

  test('what people do is in the trail; requests are not logged, failures are', async () => {
    await using fake = await startFake()
    await login(fake, 'viv')
    deepEqual(
      fake.people.trail(9).map(({ action }) => action),
      ['login'],
    )
    ok(!fake.logged.some(line => line.includes('request')))
  })
})
