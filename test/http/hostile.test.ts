// Raw bytes on a real socket: test/fixtures/hostile-http-dev.jsonl with its paths turned into ours. No 500, no second answer,
// no foreign file, and the server goes on answering.
import { deepEqual, equal, match, ok } from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { type AddressInfo, connect } from 'node:net'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { type Fakes, login, startFake } from './fake-services.ts'

type Vector = { readonly id: string; readonly raw_b64: string; readonly expect: string }

const vectors = readFileSync(join(import.meta.dirname, '../fixtures/hostile-http-dev.jsonl'), 'utf8')
  .trimEnd()
  .split('\n')
  .map(line => JSON.parse(line) as Vector)

/** Statuses by the beginning of the id; 0 is a connection closed without an answer. */
const expected: readonly (readonly [prefix: string, statuses: readonly number[]])[] = [
  ['http-path-10', [401, 404]],
  ['http-path-12', [401, 404]],
  ['http-path-14', [401, 404]],
  ['http-path-', [400, 403, 404]],
  ['http-smuggle', [400]],
  ['http-obs-fold', [400]],
  ['http-many-headers', [400, 431]],
  ['http-host-evil', [400, 421]],
  ['http-ctype-', [400, 415]],
  ['http-json-', [400]],
  ['http-body-declared', [413]],
  ['http-param-', [400]],
  ['http-csrf-form', [403]],
  ['http-login-', [401]],
  ['http-cookie-proto', [401]],
  ['http-method-', [404, 405, 501, 0]],
  ['http-h2-preface', [400, 0]],
  ['http-redirect-next', [200, 404]],
  ['http-range-abuse', [404]],
  ['http-saved-search-path', [400]],
  ['http-idor', [403]],
]

/** The bytes of a vector for our routes. Names of the same length keep Content-Length right. */
function bytesOf(vector: Vector, host: string, session: { readonly cookie: string; readonly csrf: string }): Buffer {
  const text = Buffer.from(vector.raw_b64, 'base64')
    .toString('latin1')
    .replace(/^(\S+ \/api)(?=[/%])/gm, '$1/v1')
    .replace(/^(POST \/api\/v1)\/(?:rules|searches|reports) /, '$1/alerts/2/comment ')
    .replace(/^(GET \/api\/v1)\/search\?/, '$1/records?')
    .replace('/users/1/sessions', '/users')
    .replace('{"user":', '{"name":')
    .replaceAll('@@HOST@@', host)
    .replaceAll('@@COOKIE@@', session.cookie)
    .replaceAll('@@CSRF@@', session.csrf)
  return Buffer.from(text, 'latin1')
}

/** Sends bytes and collects the answer until the server closes, or has answered a request that is not the last. */
function send(port: number, bytes: Buffer): Promise<string> {
  return new Promise(resolve => {
    const socket = connect(port, '127.0.0.1')
    let answer = ''
    socket.setEncoding('latin1')
    socket.on('data', chunk => {
      answer += chunk
      if (/\r\n\r\n/.test(answer) && !/^connection: close/im.test(answer)) socket.end()
    })
    socket.on('error', () => undefined)
    socket.on('close', () => resolve(answer))
    socket.write(bytes)
  })
}

async function listen(fake: Fakes): Promise<number> {
  await fake.app.listen({ host: '127.0.0.1', port: 0 })
  return (fake.app.server.address() as AddressInfo).port
}

describe('hostile requests', () => {
  for (const vector of vectors) {
    test(vector.id, async () => {
      await using fake = await startFake()
      const port = await listen(fake)
      const session = await login(fake, vector.id === 'http-idor' ? 'viv' : 'ann')
      const answer = await send(port, bytesOf(vector, `127.0.0.1:${port}`, session))
      const statuses = [...answer.matchAll(/^HTTP\/1\.1 (\d{3})/gm)].map(([, status]) => Number(status))
      const [, wanted] = expected.find(([prefix]) => vector.id.startsWith(prefix)) ?? []
      ok(wanted?.includes(statuses[0] ?? 0), `${statuses[0]}: ${vector.expect}\n${answer.slice(0, 400)}`)
      equal(statuses.length <= 1, true, answer)
      ok(!/root:|node_modules|\.ts:|\n\s+at /.test(answer), answer)
      ok(!/^location:/im.test(answer), answer)
      if (vector.id.startsWith('http-body') || vector.id.startsWith('http-smuggle'))
        match(answer, /^connection: close/im)
      equal((Object.prototype as { isAdmin?: boolean }).isAdmin, undefined)
      deepEqual(fake.services.alerts.find(2)?.comments, [])
      if (vector.id === 'http-csrf-form') equal(fake.people.trail(1)[0]?.action, 'csrf_refused')
      if (vector.id === 'http-idor') equal(fake.people.trail(1)[0]?.action, 'forbidden')
      equal((await fetch(`http://127.0.0.1:${port}/healthz`)).status, 200)
    })
  }
})

test('a path that cannot be decoded has the headers of every answer', async () => {
  await using fake = await startFake()
  for (const url of ['/%zz', '/%ff%fe', '/api/v1/alerts/%zz']) {
    const { statusCode, headers, body } = await fake.app.inject(url)
    equal(statusCode, 400)
    match(String(headers['content-security-policy']), /^default-src 'none'/)
    equal(JSON.parse(body).error.code, 'BAD_REQUEST')
  }
})

test('a body that is no JSON says so', async () => {
  await using fake = await startFake()
  for (const payload of ['{', '[['.repeat(30_000), '\uFEFF{', '']) {
    const headers = { 'content-type': 'application/json' }
    const response = await fake.app.inject({ method: 'POST', url: '/api/v1/login', payload, headers })
    equal(response.statusCode, 400)
    equal(response.json().error.message, 'the body is not valid JSON')
  }
})

test('a body larger than 64 KiB is refused, whatever it says of its length', async () => {
  await using fake = await startFake()
  const port = await listen(fake)
  const payload = JSON.stringify({ name: 'x'.repeat(70_000), password: 'x' })
  const head = `POST /api/v1/login HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Type: application/json\r\n`
  const chunked = `${head}Transfer-Encoding: chunked\r\n\r\n${payload.length.toString(16)}\r\n${payload}\r\n0\r\n\r\n`
  match(await send(port, Buffer.from(chunked)), /^HTTP\/1.1 413/)
})

test('a flood from one address is told to wait', async () => {
  await using fake = await startFake()
  const statuses = new Map<number, number>()
  for (let n = 0; n < 3010; n++) {
    const { statusCode } = await fake.app.inject('/healthz')
    statuses.set(statusCode, (statuses.get(statusCode) ?? 0) + 1)
  }
  deepEqual(
    [...statuses],
    [
      [200, 3000],
      [429, 10],
    ],
  )
})
