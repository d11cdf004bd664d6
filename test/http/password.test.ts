// Passwords: the hash, what may be a password, how many are computed at once, how often they may be tried.
import { deepEqual, equal, match, notEqual, throws } from 'node:assert/strict'
import { argon2Sync } from 'node:crypto'
import { describe, test } from 'node:test'
import { loginLimiter } from '../../src/http/login-limiter.ts'
import { hashPassword, openPasswords, passwordProblem, verifyPassword } from '../../src/http/password.ts'
import { fakeClock } from './fake-services.ts'

describe('argon2id', () => {
  test('a PHC string with the parameters of the day, salted', async () => {
    const one = await hashPassword('correct horse')
    match(one, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$[\w+/]{22}\$[\w+/]{43}$/)
    notEqual(await hashPassword('correct horse'), one)
    deepEqual(await verifyPassword('correct horse', one), { ok: true, outdated: false })
    deepEqual(await verifyPassword('correct horsf', one), { ok: false, outdated: false })
    deepEqual(await verifyPassword('', one), { ok: false, outdated: false })
  })

  test('a NUL does not cut the password', async () => {
    const stored = await hashPassword('a\0b')
    deepEqual(await verifyPassword('a\0c', stored), { ok: false, outdated: false })
    deepEqual(await verifyPassword('a', stored), { ok: false, outdated: false })
  })

  test('other parameters still verify and ask for a new hash', async () => {
    const salt = Buffer.alloc(16, 1)
    const cost = { parallelism: 1, memory: 64, passes: 1 }
    const tag = argon2Sync('argon2id', { message: 'old one', nonce: salt, tagLength: 32, ...cost })
    const text = (bytes: Buffer) => bytes.toString('base64').replaceAll('=', '')
    const stored = `$argon2id$v=19$m=64,t=1,p=1$${text(salt)}$${text(tag)}`
    deepEqual(await verifyPassword('old one', stored), { ok: true, outdated: true })
    deepEqual(await verifyPassword('new one', stored), { ok: false, outdated: false })
  })

  test('nobody has no password', async () => {
    for (const stored of [undefined, '', 'x', '$argon2id$v=19$m=1,t=1,p=1$$', '$2b$10$abcdefghijklmnopqrstuv']) {
      deepEqual(await verifyPassword('', stored), { ok: false, outdated: false }, stored)
    }
  })

  test('two at once, a bounded queue behind them, the next is refused', async () => {
    const { hash, verify } = openPasswords({ waiting: 2 })
    const all = [
      hash('a'),
      verify('b', undefined),
      hash('c'),
      verify('d', undefined),
      hash('e'),
      verify('f', undefined),
    ]
    const settled = await Promise.allSettled(all)
    const codes = settled.map(result => (result.status === 'fulfilled' ? 'done' : result.reason.code))
    deepEqual(codes, ['done', 'done', 'done', 'done', 'RATE_LIMITED', 'RATE_LIMITED'])
    match(await hash('g'), /argon2id/)
  })
})

describe('passwordProblem', () => {
  const p = (password: string, want: RegExp | undefined) =>
    test(JSON.stringify(password.slice(0, 30)), () => {
      const problem = passwordProblem(password, 'administrator-1')
      if (want === undefined) equal(problem, undefined)
      else match(problem ?? 'no problem', want)
    })

  p('seven77', /at least 8/)
  p('👍👍👍👍', /at least 8/)
  p('Password123', /attackers/)
  p('PICKET123', /attackers/)
  p('aaaaaaaaaaaa', /repeated/)
  p('Administrator-1', /the name/)
  p('x'.repeat(1025), /1024 bytes/)
  p('日'.repeat(342), /1024 bytes/)
  p('correct horse battery staple', undefined)
  p('密码很长也没有问题', undefined)
  p('        a', undefined)
})

describe('login limiter', () => {
  /** How many of `times` attempts are allowed. */
  const allowed = (
    limiter: ReturnType<typeof loginLimiter>,
    times: number,
    name: (n: number) => string,
    address: (n: number) => string,
  ) => {
    let count = 0
    for (let n = 0; n < times; n++) {
      try {
        limiter.attempt(name(n), address(n))
        count++
      } catch {
        continue
      }
    }
    return count
  }

  test('per account and address, per address, per account', () => {
    equal(
      allowed(
        loginLimiter(fakeClock()),
        200,
        () => 'a',
        () => '192.0.2.1',
      ),
      10,
    )
    equal(
      allowed(
        loginLimiter(fakeClock()),
        200,
        n => `a${n}`,
        () => '192.0.2.1',
      ),
      50,
    )
    equal(
      allowed(
        loginLimiter(fakeClock()),
        200,
        () => 'a',
        n => `192.0.2.${n}`,
      ),
      100,
    )
  })

  test('one IPv6 network is one address; an IPv4 address in IPv6 clothes is itself', () => {
    equal(
      allowed(
        loginLimiter(fakeClock()),
        200,
        () => 'a',
        n => `2001:db8::${n.toString(16)}`,
      ),
      10,
    )
    equal(
      allowed(
        loginLimiter(fakeClock()),
        20,
        () => 'a',
        n => (n % 2 ? '192.0.2.1' : '::ffff:192.0.2.1'),
      ),
      10,
    )
  })

  test('an attack from everywhere does not lock out this machine', () => {
    const limiter = loginLimiter(fakeClock())
    allowed(
      limiter,
      1000,
      () => 'admin',
      n => `198.51.${n >> 8}.${n & 255}`,
    )
    throws(() => limiter.attempt('admin', '192.0.2.1'), { code: 'RATE_LIMITED' })
    limiter.attempt('admin', '127.0.0.1')
    limiter.attempt('admin', '::1')
  })

  test('the window passes; success forgets', () => {
    const clock = fakeClock()
    const limiter = loginLimiter(clock)
    equal(
      allowed(
        limiter,
        20,
        () => 'a',
        () => '192.0.2.1',
      ),
      10,
    )
    clock.forward(15 * 60_000 - 1)
    throws(() => limiter.attempt('a', '192.0.2.1'), { code: 'RATE_LIMITED', retryAfterSeconds: 1 })
    clock.forward(1)
    equal(
      allowed(
        limiter,
        9,
        () => 'a',
        () => '192.0.2.1',
      ),
      9,
    )
    limiter.succeeded('a', '192.0.2.1')
    equal(
      allowed(
        limiter,
        20,
        () => 'a',
        () => '192.0.2.1',
      ),
      10,
    )
  })

  test('remembers a bounded number of keys, the newest', () => {
    const limiter = loginLimiter(fakeClock())
    equal(
      allowed(
        limiter,
        20,
        () => 'first',
        () => '192.0.2.1',
      ),
      10,
    )
    equal(
      allowed(
        limiter,
        8000,
        n => `a${n}`,
        n => `10.0.${n >> 8}.${n & 255}`,
      ),
      8000,
    )
    limiter.attempt('first', '192.0.2.1')
  })
})
