// Every route × every role, made from the routes that the server really has; and the headers of every answer.
import { deepEqual, equal, match, ok, rejects } from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import type { FastifyRequest } from 'fastify'
import { access, mayDo } from '../../src/http/access.ts'
import { accessHook } from '../../src/http/access-hook.ts'
import type { Role } from '../../src/store/store.ts'
import { type Fakes, login, password, startFake, tokenFor, userOf } from './fake-services.ts'

const roles = ['viewer', 'analyst', 'admin'] as const satisfies Role[]

/** Values that fit the schemas, so that only access decides. */
const bodies: { readonly [route: string]: object } = {
  'POST /api/v1/alerts/:id/comment': { text: 'seen' },
  'POST /api/v1/me/password': { current_password: 'wrong', password: 'another good one' },
  'POST /api/v1/users': { name: 'new', role: 'viewer', password: 'another good one', current_password: 'wrong' },
  'POST /api/v1/users/:name/password': { password: 'another good one', current_password: 'wrong' },
  'POST /api/v1/users/:name/remove': { current_password: 'wrong' },
  'POST /api/v1/tokens': { name: 'new', current_password: 'wrong' },
}

function request(route: string, headers: Record<string, string>) {
  const [method, path] = route.split(' ') as ['GET' | 'POST' | 'HEAD', string]
  const url = path.replace(':id', '2').replace(':name', 'viv').replace('/*', '/nothing')
  const query = path === '/api/v1/facets' ? '?fields=host' : ''
  return { method, url: url + query, headers, ...(method === 'POST' ? { payload: bodies[route] ?? {} } : {}) }
}

/** A live tail never ends by itself; its first bytes are enough. */
async function statusOf({ app, context }: Fakes, route: string, headers: Record<string, string>): Promise<number> {
  if (route !== 'GET /api/v1/tail') return (await app.inject(request(route, headers))).statusCode
  const response = await app.inject({ ...request(route, headers), payloadAsStream: true })
  response.stream().destroy()
  context.streams.close()
  return response.statusCode
}

test('every route is in the access table, and nothing else is', async () => {
  await using fake = await startFake({ webRoot: import.meta.dirname })
  deepEqual([...new Set(fake.routes)].sort(), Object.keys(access).sort())
})

test('docs/api.md names every route with its role', () => {
  const docs = readFileSync(join(import.meta.dirname, '../../docs/api.md'), 'utf8')
  for (const [route, needed] of Object.entries(access)) {
    if (!route.includes('/api/v1/')) continue
    const [line] = docs.split('\n').filter(one => one.startsWith(`| \`${route.replace('/api/v1/', '')}\` |`))
    ok(line, route)
    // The table of searches says it once for all.
    if (/\| (everyone|viewer|analyst|admin) \|/.test(line)) ok(line.includes(`| ${needed} |`), line)
    else equal(needed, 'viewer', line)
  }
})

test('a route that is not in the table is refused, whoever asks', async () => {
  await using fake = await startFake()
  const hook = accessHook(fake.context)
  for (const url of ['/api/v1/forgotten', '__proto__', 'constructor']) {
    const forgotten = { method: 'GET', routeOptions: { url }, is404: false, headers: tokenFor(fake, 'adam') }
    await rejects(hook(forgotten as unknown as FastifyRequest), { code: 'FORBIDDEN' }, url)
  }
})

describe('route × role', () => {
  for (const [route, needed] of Object.entries(access)) {
    test(`${route} is for ${needed}`, async () => {
      await using fake = await startFake()
      const stranger = await statusOf(fake, route, { 'x-forwarded-for': '192.0.2.1' })
      const open = needed === 'everyone'
      equal(stranger === 401, !open && route !== '', `stranger: ${stranger}`)
      for (const role of roles) {
        const allowed = open || mayDo(role, needed === 'local' ? 'viewer' : needed)
        for (const headers of [(await login(fake, userOf[role])).headers, tokenFor(fake, userOf[role])]) {
          const status = await statusOf(fake, route, { ...headers, 'x-forwarded-for': '192.0.2.1' })
          const refused = fake.people.trail(1)[0]?.action === 'forbidden'
          equal(refused, !allowed, `${role}: ${status}`)
          if (!allowed) equal(status, 403)
          ok(
            (status < 500 && status !== 401) || route.endsWith('/setup') || route.endsWith('/login'),
            `${role}: ${status}`,
          )
          fake.people.audit({ at: 0, by: '', from: '', action: '', object: '' })
        }
      }
    })
  }

  test('a change of role counts at once', async () => {
    await using fake = await startFake()
    const { headers } = await login(fake, 'adam')
    equal((await fake.app.inject({ url: '/api/v1/users', headers })).statusCode, 200)
    const adam = fake.people.findUser('adam')
    ok(adam)
    fake.people.removeUser('adam')
    fake.people.addUser({ ...adam, role: 'viewer' })
    equal((await fake.app.inject({ url: '/api/v1/users', headers })).statusCode, 403)
  })
})

describe('metrics', () => {
  const metrics = { method: 'GET', url: '/metrics' } as const
  test('for this machine, without a proxy in between', async () => {
    await using fake = await startFake()
    const local = await fake.app.inject(metrics)
    equal(local.statusCode, 200)
    equal(local.body, 'picket_frames_total 2\n')
    equal(local.headers['content-type'], 'text/plain; version=0.0.4')
    const status = async (more: object) => (await fake.app.inject({ ...metrics, ...more })).statusCode
    equal(await status({ remoteAddress: '::ffff:127.0.0.1' }), 200)
    equal(await status({ remoteAddress: '192.0.2.1' }), 401)
    for (const header of ['x-forwarded-for', 'x-real-ip', 'forwarded', 'via', 'x-forwarded-host']) {
      equal(await status({ headers: { [header]: '192.0.2.1' } }), 401, header)
    }
    equal(await status({ headers: { host: '192.0.2.9' } }), 401)
    equal(await status({ remoteAddress: '192.0.2.1', headers: tokenFor(fake, 'viv') }), 200)
  })
})

describe('headers', () => {
  for (const route of Object.keys(access)) {
    test(route, async () => {
      await using fake = await startFake({ webRoot: import.meta.dirname, publicUrl: 'https://picket.example.com' })
      const token = tokenFor(fake, 'adam')
      const responses = []
      for (const headers of [{}, token]) {
        const response = await fake.app.inject({ ...request(route, headers), payloadAsStream: true })
        response.stream().destroy()
        responses.push(response)
      }
      fake.context.streams.close()
      for (const { headers, statusCode } of responses) {
        const policy = String(headers['content-security-policy'])
        match(policy, /^default-src 'none'/, String(statusCode))
        match(policy, /frame-ancestors 'none'/)
        ok(!policy.includes('unsafe'))
        equal(headers['x-content-type-options'], 'nosniff')
        equal(headers['referrer-policy'], 'no-referrer')
        equal(headers['cross-origin-opener-policy'], 'same-origin')
        equal(headers['cross-origin-resource-policy'], 'same-origin')
        equal(headers['x-frame-options'], 'DENY')
        equal(headers['strict-transport-security'], 'max-age=63072000')
        equal(headers['access-control-allow-origin'], undefined)
        equal(headers['x-powered-by'], undefined)
        if (route.includes('/api/')) equal(headers['cache-control'], 'no-store')
      }
    })
  }

  test('the policy of the API, word for word', async () => {
    await using fake = await startFake()
    const { headers } = await fake.app.inject('/api/v1/setup')
    equal(
      headers['content-security-policy'],
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; " +
        "object-src 'none'; frame-ancestors 'none'; form-action 'self'; require-trusted-types-for 'script'",
    )
    equal(headers['strict-transport-security'], undefined)
  })
})

describe('users and tokens', () => {
  test('the audit trail, newest first', async () => {
    await using fake = await startFake()
    const { headers } = await login(fake, 'adam')
    await login(fake, 'viv')
    const { entries } = (await fake.app.inject({ url: '/api/v1/audit?limit=1', headers })).json()
    const at = '2026-11-23T12:00:00.000Z'
    deepEqual(entries, [{ at, by: 'viv', from: '127.0.0.1', action: 'login', object: 'viv' }])
  })

  test('the admin adds, changes and removes users with the own password', async () => {
    await using fake = await startFake()
    const { headers } = await login(fake, 'adam')
    const post = (url: string, payload: object) =>
      fake.app.inject({ method: 'POST', url: `/api/v1/${url}`, payload, headers })
    const bob = { name: 'bob', role: 'viewer', password: 'tell nobody this' }
    equal((await post('users', { ...bob, current_password: 'wrong' })).statusCode, 403)
    const added = await post('users', { ...bob, current_password: password })
    deepEqual([added.statusCode, added.json().role], [201, 'viewer'])
    equal((await post('users', { ...bob, current_password: password })).statusCode, 409)
    equal((await post('users', { ...bob, name: '../x', current_password: password })).statusCode, 400)
    equal((await post('users', { ...bob, name: 'eve', password: 'short', current_password: password })).statusCode, 400)
    const { headers: bobs } = await loginAs(fake, 'bob', bob.password)
    equal(
      (await post('users/bob/password', { password: 'tell nobody that', current_password: password })).statusCode,
      204,
    )
    equal((await fake.app.inject({ url: '/api/v1/me', headers: bobs })).statusCode, 401)
    equal((await post('users/nobody/remove', { current_password: password })).statusCode, 404)
    equal((await post('users/adam/remove', { current_password: password })).statusCode, 409)
    equal((await post('users/bob/remove', { current_password: password })).statusCode, 204)
    const { users } = (await fake.app.inject({ url: '/api/v1/users', headers })).json()
    deepEqual(
      users.map((user: { name: string }) => user.name),
      ['viv', 'ann', 'adam'],
    )
    ok(!JSON.stringify(users).includes('fake:'))
  })

  test('a token works until it is removed; others do not see it', async () => {
    await using fake = await startFake()
    const viv = await login(fake, 'viv')
    const ann = await login(fake, 'ann')
    const make = {
      method: 'POST',
      url: '/api/v1/tokens',
      payload: { name: 'script', current_password: password },
    } as const
    const made = await fake.app.inject({ ...make, headers: viv.headers })
    equal(made.statusCode, 201)
    const { token } = made.json()
    match(token, /^pkt_[\w-]{43}$/)
    equal((await fake.app.inject({ ...make, headers: ann.headers })).statusCode, 409)
    const authorization = `Bearer ${token}`
    equal((await fake.app.inject({ url: '/api/v1/records', headers: { authorization } })).statusCode, 200)
    const list = async (headers: Record<string, string>) =>
      (await fake.app.inject({ url: '/api/v1/tokens', headers })).json().tokens
    deepEqual(await list(ann.headers), [])
    const [seen] = await list(viv.headers)
    deepEqual([seen.name, seen.user, seen.last_used_at], ['script', 'viv', '2026-11-23T12:00:00.000Z'])
    ok(!JSON.stringify(seen).includes(token))
    equal((await list(tokenFor(fake, 'adam'))).length, 2)
    const remove = { method: 'POST', url: '/api/v1/tokens/script/remove', payload: {} } as const
    equal((await fake.app.inject({ ...remove, headers: ann.headers })).statusCode, 404)
    equal((await fake.app.inject({ ...remove, headers: viv.headers })).statusCode, 204)
    equal((await fake.app.inject({ url: '/api/v1/records', headers: { authorization } })).statusCode, 401)
  })

  async function loginAs(fake: Fakes, name: string, secret: string) {
    const payload = { name, password: secret }
    const response = await fake.app.inject({ method: 'POST', url: '/api/v1/login', payload })
    return { headers: { cookie: String(response.headers['set-cookie']).split(';', 1)[0] ?? '' } }
  }
})
