// Getting in: login, sessions and their ends, CSRF, first-run set-up.
import { deepEqual, equal, match, notEqual, ok } from 'node:assert/strict'
import { describe, test } from 'node:test'
import { hashSecret } from '../../src/http/secrets.ts'
import { absoluteMs, idleMs } from '../../src/http/sessions.ts'
import { login, password, startFake, startMs, tokenFor } from './fake-services.ts'

const post = (url: string, payload: object, headers: Record<string, string> = {}) => ({
  method: 'POST' as const,
  url: `/api/v1/${url}`,
  payload,
  headers,
})

describe('login', () => {
  test('gives a cookie and a CSRF value', async () => {
    await using fake = await startFake()
    const response = await fake.app.inject(post('login', { name: 'adam', password }))
    equal(response.statusCode, 200)
    const body = response.json()
    deepEqual(body.user, { name: 'adam', role: 'admin' })
    equal(body.version, '0.0.0')
    equal(body.expires_at, new Date(startMs + idleMs).toISOString())
    match(String(response.headers['set-cookie']), /^sid=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/)
    deepEqual(fake.people.trail(9), [{ at: startMs, by: 'adam', from: '127.0.0.1', action: 'login', object: 'adam' }])
  })

  test('behind https the cookie is __Host- and Secure', async () => {
    await using fake = await startFake({ publicUrl: 'https://picket.example.com' })
    const response = await fake.app.inject(post('login', { name: 'adam', password }))
    match(String(response.headers['set-cookie']), /^__Host-sid=[\w-]{43}; Path=\/; HttpOnly; Secure; SameSite=Strict$/)
    match(String(response.headers['strict-transport-security']), /max-age=63072000/)
  })

  test('the store sees only the hash of the secret', async () => {
    await using fake = await startFake()
    const { cookie } = await login(fake, 'viv')
    deepEqual([...fake.people.sessions.keys()], [hashSecret(cookie.slice('sid='.length))])
  })

  test('a wrong name and a wrong password get the same answer, and both are hashed', async () => {
    await using fake = await startFake()
    const wrong = await fake.app.inject(post('login', { name: 'adam', password: 'not the password' }))
    const unknown = await fake.app.inject(post('login', { name: 'nobody', password: 'not the password' }))
    equal(wrong.statusCode, 401)
    equal(unknown.statusCode, 401)
    equal(wrong.body, unknown.body)
    equal(fake.passwords.count, 2)
    deepEqual(
      fake.people.trail(9).map(({ action }) => action),
      ['login_failed', 'login_failed'],
    )
  })

  test('names are taken as they are', async () => {
    await using fake = await startFake()
    for (const name of ['adam\0x', 'ADAM', ' adam', "adam' OR '1'='1", '__proto__', 'constructor']) {
      equal((await fake.app.inject(post('login', { name, password }))).statusCode, 401, name)
    }
  })

  test('200 parallel attempts hash no more than the limit', async () => {
    await using fake = await startFake()
    const attempts = Array.from({ length: 200 }, () =>
      fake.app.inject(post('login', { name: 'adam', password: 'guess' })),
    )
    const statuses = (await Promise.all(attempts)).map(({ statusCode }) => statusCode)
    equal(fake.passwords.count, 10)
    equal(statuses.filter(status => status === 401).length, 10)
    equal(statuses.filter(status => status === 429).length, 190)
    const late = await fake.app.inject(post('login', { name: 'adam', password }))
    equal(late.statusCode, 429)
    equal(late.json().error.code, 'RATE_LIMITED')
    equal(late.headers['retry-after'], '900')
    fake.clock.forward(15 * 60_000)
    equal((await fake.app.inject(post('login', { name: 'adam', password }))).statusCode, 200)
  })

  test('many names from one address are limited too', async () => {
    await using fake = await startFake()
    const attempts = Array.from({ length: 200 }, (_, n) =>
      fake.app.inject(post('login', { name: `u${n}`, password: 'guess' })),
    )
    await Promise.all(attempts)
    equal(fake.passwords.count, 50)
  })

  test('an outdated hash is renewed', async () => {
    await using fake = await startFake()
    fake.people.setPassword('viv', 'old parameters')
    fake.passwords.verify = async (_text, stored) => ({ ok: stored === 'old parameters', outdated: true })
    equal((await fake.app.inject(post('login', { name: 'viv', password }))).statusCode, 200)
    equal(fake.people.findUser('viv')?.passwordHash, await fake.passwords.hash(password))
  })

  test('a password that is changed while it is checked does not let in', async () => {
    await using fake = await startFake()
    fake.passwords.verify = async () => {
      fake.people.setPassword('viv', 'changed by the admin')
      return { ok: true, outdated: true }
    }
    equal((await fake.app.inject(post('login', { name: 'viv', password }))).statusCode, 401)
    equal(fake.people.findUser('viv')?.passwordHash, 'changed by the admin')
  })

  test('a wrong body is 400', async () => {
    await using fake = await startFake()
    for (const body of [
      {},
      { name: 'adam' },
      { name: ['adam'], password },
      { name: 'adam', password, role: 'admin' },
      [],
    ]) {
      equal((await fake.app.inject(post('login', body))).statusCode, 400, JSON.stringify(body))
    }
    equal((await fake.app.inject(post('login', { name: 'adam', password: 'x'.repeat(1025) }))).statusCode, 400)
    equal(fake.passwords.count, 0)
  })
})

describe('sessions', () => {
  const me = { method: 'GET', url: '/api/v1/me' } as const

  test('login makes a new id; the old one ends', async () => {
    await using fake = await startFake()
    const before = await login(fake, 'adam')
    const response = await fake.app.inject(post('login', { name: 'adam', password }, { cookie: before.cookie }))
    const after = String(response.headers['set-cookie']).split(';', 1)[0] ?? ''
    notEqual(after, before.cookie)
    equal((await fake.app.inject({ ...me, headers: { cookie: before.cookie } })).statusCode, 401)
    equal((await fake.app.inject({ ...me, headers: { cookie: after } })).statusCode, 200)
  })

  test('an id that somebody planted is never taken over', async () => {
    await using fake = await startFake()
    const planted = 'sid=planted-by-somebody-else'
    const response = await fake.app.inject(post('login', { name: 'adam', password }, { cookie: planted }))
    equal(response.statusCode, 200)
    ok(!String(response.headers['set-cookie']).includes(planted))
    equal((await fake.app.inject({ ...me, headers: { cookie: planted } })).statusCode, 401)
  })

  test('ends after 30 minutes without a request', async () => {
    await using fake = await startFake()
    const { headers } = await login(fake, 'viv')
    fake.clock.forward(idleMs - 1)
    equal((await fake.app.inject({ ...me, headers })).statusCode, 200)
    fake.clock.forward(idleMs - 1)
    equal((await fake.app.inject({ ...me, headers })).statusCode, 200)
    fake.clock.forward(idleMs)
    equal((await fake.app.inject({ ...me, headers })).statusCode, 401)
    equal(fake.people.sessions.size, 0)
  })

  test('ends 12 hours after login, however busy', async () => {
    await using fake = await startFake()
    const { headers } = await login(fake, 'viv')
    const step = idleMs / 2
    for (let passed = step; passed < absoluteMs; passed += step) {
      fake.clock.forward(step)
      equal((await fake.app.inject({ ...me, headers })).statusCode, 200, `after ${passed} ms`)
    }
    fake.clock.forward(step)
    equal((await fake.app.inject({ ...me, headers })).statusCode, 401)
  })

  test('logout ends it', async () => {
    await using fake = await startFake()
    const { headers } = await login(fake, 'viv')
    const response = await fake.app.inject(post('logout', {}, headers))
    equal(response.statusCode, 204)
    match(String(response.headers['set-cookie']), /^sid=; Max-Age=0; Path=\/; Expires=Thu, 01 Jan 1970/)
    equal((await fake.app.inject({ ...me, headers })).statusCode, 401)
  })

  test('removing the user ends sessions and tokens', async () => {
    await using fake = await startFake()
    const admin = await login(fake, 'adam')
    const viewer = await login(fake, 'viv')
    const token = tokenFor(fake, 'viv')
    equal((await fake.app.inject({ ...me, headers: token })).statusCode, 200)
    const removed = await fake.app.inject(post('users/viv/remove', { current_password: password }, admin.headers))
    equal(removed.statusCode, 204)
    equal((await fake.app.inject({ ...me, headers: viewer.headers })).statusCode, 401)
    equal((await fake.app.inject({ ...me, headers: token })).statusCode, 401)
    deepEqual(fake.people.tokens(), [])
  })

  test('changing the own password ends the other sessions', async () => {
    await using fake = await startFake()
    const other = await login(fake, 'viv')
    const { headers } = await login(fake, 'viv')
    const body = { current_password: password, password: 'another good one' }
    const response = await fake.app.inject(post('me/password', body, headers))
    equal(response.statusCode, 200)
    equal((await fake.app.inject({ ...me, headers: other.headers })).statusCode, 401)
    equal((await fake.app.inject({ ...me, headers })).statusCode, 401)
    const cookie = String(response.headers['set-cookie']).split(';', 1)[0] ?? ''
    equal((await fake.app.inject({ ...me, headers: { cookie } })).statusCode, 200)
    equal((await fake.app.inject(post('login', { name: 'viv', password }))).statusCode, 401)
    equal((await fake.app.inject(post('login', { name: 'viv', password: 'another good one' }))).statusCode, 200)
  })

  test('a token has no CSRF value and needs none', async () => {
    await using fake = await startFake()
    const headers = tokenFor(fake, 'ann')
    const { csrf, expires_at } = (await fake.app.inject({ ...me, headers })).json()
    deepEqual([csrf, expires_at], [null, null])
    equal((await fake.app.inject(post('alerts/2/ack', {}, headers))).statusCode, 200)
  })

  test('a wrong token is not saved by a good cookie', async () => {
    await using fake = await startFake()
    const { cookie } = await login(fake, 'viv')
    for (const authorization of ['Bearer pkt_wrong', 'Bearer', 'Basic YTpi', '']) {
      equal((await fake.app.inject({ ...me, headers: { cookie, authorization } })).statusCode, 401, authorization)
    }
  })
})

describe('requests of other sites', () => {
  test('a change needs the CSRF value of its session', async () => {
    await using fake = await startFake()
    const { cookie, csrf } = await login(fake, 'ann')
    const { csrf: other } = await login(fake, 'viv')
    const ack = (headers: Record<string, string>) => fake.app.inject(post('alerts/2/ack', {}, { cookie, ...headers }))
    equal((await ack({})).statusCode, 403)
    equal((await ack({ 'x-csrf-token': other })).statusCode, 403)
    equal((await ack({ 'x-csrf-token': '' })).statusCode, 403)
    equal(fake.services.alerts.find(2)?.state, 'open')
    equal(fake.people.trail(9).filter(({ action }) => action === 'csrf_refused').length, 3)
    equal((await ack({ 'x-csrf-token': csrf })).statusCode, 200)
  })

  test('a change from a foreign page is refused even with the CSRF value', async () => {
    await using fake = await startFake({ publicUrl: 'https://picket.example.com' })
    const { headers } = await login(fake, 'ann')
    const ack = (more: Record<string, string>) => fake.app.inject(post('alerts/2/ack', {}, { ...headers, ...more }))
    equal((await ack({ origin: 'https://evil.invalid' })).statusCode, 403)
    equal((await ack({ origin: 'null' })).statusCode, 403)
    equal((await ack({ 'sec-fetch-site': 'cross-site' })).statusCode, 403)
    equal((await ack({ 'sec-fetch-site': 'same-site' })).statusCode, 403)
    equal((await ack({ origin: 'https://picket.example.com', 'sec-fetch-site': 'same-origin' })).statusCode, 200)
    equal((await ack({ origin: 'http://localhost:80' })).statusCode, 200)
  })

  test('nobody is logged in from a foreign page', async () => {
    await using fake = await startFake()
    const response = await fake.app.inject(
      post('login', { name: 'adam', password }, { origin: 'https://evil.invalid' }),
    )
    equal(response.statusCode, 403)
    equal(fake.passwords.count, 0)
  })

  test('forms and plain text are no JSON', async () => {
    await using fake = await startFake()
    const payload = JSON.stringify({ name: 'adam', password })
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x']) {
      const request = { method: 'POST', url: '/api/v1/login', payload, headers: { 'content-type': type } } as const
      equal((await fake.app.inject(request)).statusCode, 415, type)
    }
  })

  test('another host name is refused, addresses and our names are not', async () => {
    await using fake = await startFake({ publicUrl: 'https://picket.example.com' })
    const status = async (host: string) => (await fake.app.inject({ url: '/healthz', headers: { host } })).statusCode
    for (const host of [
      'evil.invalid',
      'picket.example.com.evil.invalid',
      'localhost.evil.invalid',
      'a@localhost',
      '[::1',
    ]) {
      equal(await status(host), 421, host)
    }
    for (const host of [
      'picket.example.com',
      'PICKET.example.com:443',
      'localhost:8514',
      '192.0.2.1:8514',
      '[::1]:8514',
    ]) {
      equal(await status(host), 200, host)
    }
  })
})

describe('set-up', () => {
  const setup = (token: string, name = 'root') => post('setup', { token, name, password })
  const state = { method: 'GET', url: '/api/v1/setup' } as const

  test('makes the first admin, logs in, and works once', async () => {
    await using fake = await startFake({ users: false })
    deepEqual((await fake.app.inject(state)).json(), { needed: true, expired: false })
    const token = fake.context.firstRun.token() ?? ''
    const response = await fake.app.inject(setup(token))
    equal(response.statusCode, 200)
    deepEqual(response.json().user, { name: 'root', role: 'admin' })
    ok(response.headers['set-cookie'])
    deepEqual((await fake.app.inject(state)).json(), { needed: false, expired: false })
    equal((await fake.app.inject(setup(token, 'second'))).statusCode, 409)
    equal(fake.context.firstRun.token(), undefined)
    deepEqual(
      fake.people.users().map(({ name }) => name),
      ['root'],
    )
  })

  test('of two with the same link one wins', async () => {
    await using fake = await startFake({ users: false })
    const token = fake.context.firstRun.token() ?? ''
    const both = await Promise.all([fake.app.inject(setup(token, 'one')), fake.app.inject(setup(token, 'two'))])
    deepEqual(both.map(({ statusCode }) => statusCode).sort(), [200, 409])
    equal(fake.people.users().length, 1)
  })

  test('a wrong token, a late one and a bad password make nobody', async () => {
    await using fake = await startFake({ users: false })
    const token = fake.context.firstRun.token() ?? ''
    equal((await fake.app.inject(setup('guess'))).statusCode, 401)
    const bad = await fake.app.inject(post('setup', { token, name: 'root', password: 'password' }))
    equal(bad.statusCode, 400)
    match(bad.json().error.message, /attackers/)
    fake.clock.forward(30 * 60_000)
    equal((await fake.app.inject(setup(token))).statusCode, 401)
    deepEqual((await fake.app.inject(state)).json(), { needed: true, expired: true })
    equal(fake.people.users().length, 0)
    equal(fake.passwords.count, 0)
  })
})
