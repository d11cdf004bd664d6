// Mail over a real SMTP server: TLS, login, refusals, and addresses that are none.
import { deepEqual, equal, match, ok, rejects, throws } from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { isPicketError } from '../../src/base/errors.ts'
import type { MailConfig } from '../../src/config/schema.ts'
import { openMailer, parseServer, readPassword } from '../../src/notify/mail.ts'
import { createTeller } from '../../src/notify/tell.ts'
import { at, rules, sampleAlert, sampleRecord, turnableClock } from './samples.ts'
import { makeCertificate, readMail, smtpServerMissing as skip, startSmtpServer } from './smtp-server.ts'

const entry = {
  messageId: '<fixed-1@picket.example.com>',
  to: 'sec@example.com',
  subject: 'HIGH: Shell history turned off on web1',
  text: 'text',
  html: '<p>html</p>',
  createdAt: at,
}

const config = (port: number, parts: Partial<MailConfig> = {}): MailConfig => ({
  server: `smtp://127.0.0.1:${port}`,
  requireTls: true,
  from: 'picket@example.com',
  to: ['sec@example.com'],
  minLevel: 'medium',
  ...parts,
})

describe('with TLS', { skip }, () => {
  const certificate = skip === false ? makeCertificate() : { cert: '', key: '', [Symbol.dispose]: () => {} }
  const { cert, key } = certificate
  after(() => certificate[Symbol.dispose]())
  const auth = { user: 'picket@example.com', password: 'correct horse' }

  test('an alert arrives by STARTTLS with a login', async () => {
    await using server = await startSmtpServer({ tls: 'starttls', cert, key, auth })
    const mail = config(server.port, { server: `smtp://picket%40example.com@127.0.0.1:${server.port}`, tlsCa: cert })
    const [alert] = createTeller({ mail, rules, clock: turnableClock(), newId: () => 'id-1' }).tellOpened([
      sampleAlert(),
    ]).mails
    ok(alert)
    const mailer = openMailer(mail, auth.password)
    await mailer.verify()
    deepEqual(await mailer.send({ ...alert, createdAt: at }), { outcome: 'sent', response: '250 accepted' })
    mailer.close()
    await server.waitFor(1)
    const [received] = server.received
    ok(received)
    equal(received.isTls, true)
    equal(received.user, auth.user)
    equal(received.mailFrom, 'picket@example.com')
    deepEqual(received.rcptTo, ['sec@example.com'])
    const { headers, text, html } = readMail(received.raw)
    deepEqual(headers.subject, ['HIGH: Shell history turned off on web1'])
    deepEqual(headers['message-id'], ['<id-1@example.com>'])
    equal(Date.parse(headers.date?.[0] ?? ''), at)
    deepEqual(headers.to, ['sec@example.com'])
    deepEqual(headers.from, ['Picket <picket@example.com>'])
    deepEqual(headers['auto-submitted'], ['auto-generated'])
    match(text, /CMD=unset HISTFILE; history -c/)
    match(html, /CMD=unset HISTFILE; history -c/)
  })

  test('TLS from the first byte', async () => {
    await using server = await startSmtpServer({ tls: 'implicit', cert, key })
    const mailer = openMailer(
      config(server.port, { server: `smtps://127.0.0.1:${server.port}`, tlsCa: cert }),
      undefined,
    )
    equal((await mailer.send(entry)).outcome, 'sent')
    await server.waitFor(1)
    equal(server.received[0]?.isTls, true)
  })

  test('a certificate of a wrong CA is refused, before the login', async () => {
    using other = makeCertificate()
    await using server = await startSmtpServer({ tls: 'starttls', cert, key, auth })
    const own = openMailer(config(server.port, { tlsCa: other.cert }), undefined)
    const result = await own.send(entry)
    equal(result.outcome, 'retry')
    match('error' in result ? result.error : '', /certificate/)
    await rejects(own.verify(), (error: unknown) => isPicketError(error, 'MAIL_FAILED'))
    const withPublicCas = openMailer(config(server.port), undefined)
    equal((await withPublicCas.send(entry)).outcome, 'retry')
    await server.change({})
    deepEqual(server.asked, [])
  })

  test('a server without TLS gets nothing when TLS is required', async () => {
    await using server = await startSmtpServer({})
    equal((await openMailer(config(server.port), undefined).send(entry)).outcome, 'retry')
    await server.change({})
    deepEqual(server.asked, [])
    const relaxed = openMailer(config(server.port, { requireTls: false }), undefined)
    equal((await relaxed.send(entry)).outcome, 'sent')
  })

  test('a wrong password holds all mail, and is not told to the reader of the error', async () => {
    await using server = await startSmtpServer({ tls: 'starttls', cert, key, auth })
    const mail = config(server.port, { server: `smtp://picket%40example.com@127.0.0.1:${server.port}`, tlsCa: cert })
    const result = await openMailer(mail, 'wrong battery').send(entry)
    equal(result.outcome === 'retry' && result.scope, 'server')
    equal(JSON.stringify(result).includes('wrong battery'), false)
  })
})

describe('answers', { skip }, () => {
  const plain = (port: number) => openMailer(config(port, { requireTls: false }), undefined, { sendMs: 60_000 })
  const of = (result: Awaited<ReturnType<ReturnType<typeof plain>['send']>>) =>
    result.outcome === 'retry' ? `retry ${result.scope}` : result.outcome

  test('450 then 250; 550 is for good; both only for this recipient', async () => {
    const rcptReplies = { 'grey@example.com': ['450 4.2.0 greylisted'], 'gone@example.com': '550 5.1.1 no such user' }
    await using server = await startSmtpServer({ rcptReplies })
    const mailer = plain(server.port)
    equal(of(await mailer.send({ ...entry, to: 'grey@example.com' })), 'retry mail')
    equal(of(await mailer.send({ ...entry, to: 'grey@example.com' })), 'sent')
    const gone = await mailer.send({ ...entry, to: 'gone@example.com' })
    equal(gone.outcome, 'failed')
    match('error' in gone ? gone.error : '', /no such user/)
    equal(of(await mailer.send(entry)), 'sent')
  })

  test('a refused content is for good, a refused sender is not', async () => {
    await using server = await startSmtpServer({
      dataReplies: { 'a@example.com': '554 5.7.1 looks like spam', 'b@example.com': '451 4.3.0 try later' },
    })
    const mailer = plain(server.port)
    equal(of(await mailer.send({ ...entry, to: 'a@example.com' })), 'failed')
    equal(of(await mailer.send({ ...entry, to: 'b@example.com' })), 'retry mail')
    await server.change({ mailReplies: { 'picket@example.com': '550 5.1.8 sender unknown here' } })
    equal(of(await mailer.send(entry)), 'retry server')
  })

  test('nobody listens; somebody listens and says nothing; the last answer never comes', async () => {
    const closed = await startSmtpServer({})
    await closed[Symbol.asyncDispose]()
    equal(of(await plain(closed.port).send(entry)), 'retry server')
    await using silent = await startSmtpServer({ hang: 'greeting' })
    const impatient = openMailer(config(silent.port, { requireTls: false }), undefined, { greetingMs: 200 })
    equal(of(await impatient.send(entry)), 'retry server')
    await using stuck = await startSmtpServer({ dataReplies: { 'sec@example.com': 'hang' } })
    const bounded = openMailer(config(stuck.port, { requireTls: false }), undefined, { sendMs: 300 })
    equal(of(await bounded.send(entry)), 'retry session')
    const idle = openMailer(config(stuck.port, { requireTls: false }), undefined, { idleMs: 300 })
    equal(of(await idle.send(entry)), 'retry session')
  })
})

describe('hostile text', { skip }, () => {
  test('an address that smuggles a second one is not sent to anybody', async () => {
    await using server = await startSmtpServer({})
    const mailer = openMailer(config(server.port, { requireTls: false }), undefined)
    for (const to of [
      'alerts@x.invalid\r\nRCPT TO:<evil@x.invalid>',
      'a@x.invalid, evil@x.invalid',
      'x:a@x.invalid;',
    ]) {
      equal((await mailer.send({ ...entry, to })).outcome, 'failed')
    }
    await server.change({})
    deepEqual(server.asked, [])
  })

  test('host names and messages add no header, no recipient and no part', async () => {
    await using server = await startSmtpServer({})
    const mail = config(server.port, { requireTls: false })
    const mailer = openMailer(mail, undefined)
    const hosts = ['h\r\nBcc: evil@x.invalid\r\n\r\nX', '=?utf-8?B?UFdO?=', '=?utf-8?Q?=0d=0aBcc:x?=', 'web1\u202egnp']
    for (const hostname of hosts) {
      const message = 'useradd --boundary\r\nContent-Type: text/html\r\n\r\n<b>x</b>\r\n.\r\nMAIL FROM:<evil@x.invalid>'
      const alert = sampleAlert({ hostname, firstRecord: sampleRecord({ hostname, message }) })
      const [made] = createTeller({ mail, rules, clock: turnableClock() }).tellOpened([alert]).mails
      ok(made)
      equal((await mailer.send({ ...made, createdAt: at })).outcome, 'sent')
    }
    await server.waitFor(hosts.length)
    deepEqual(
      server.asked,
      hosts.map(() => 'sec@example.com'),
    )
    for (const [i, received] of server.received.entries()) {
      const { headers, text, html } = readMail(received.raw)
      equal(headers.bcc, undefined)
      equal(headers['content-type']?.length, 1)
      match(text, /useradd --boundary\\r\\nContent-Type: text\/html\\r\\n\\r\\n<b>x<\/b>/)
      equal(html.includes('<b>x</b>'), false)
      match(received.raw.slice(0, 2000), /^[\x20-\x7e\r\n\t]*$/)
      const subject = headers.subject?.[0] ?? ''
      if (i === 0) ok(subject.endsWith(String.raw`on h\r\nBcc: evil@x.invalid\r\n\r\nX`), subject)
      if (i === 1 || i === 2) ok(subject.endsWith(`on ${hosts[i]}`), subject)
      if (i === 3) ok(subject.endsWith(String.raw`on web1\u202egnp`), subject)
    }
  })

  test('a mail with no alert text but dots and long lines arrives unharmed', async () => {
    await using server = await startSmtpServer({})
    const mailer = openMailer(config(server.port, { requireTls: false }), undefined)
    const text = `.\n..\n${'x'.repeat(5000)}\nGrüße 😀\n`
    equal((await mailer.send({ ...entry, text })).outcome, 'sent')
    await server.waitFor(1)
    equal(
      readMail(server.received[0]?.raw ?? '')
        .text.replaceAll('\r\n', '\n')
        .trim(),
      text.trim(),
    )
  })
})

describe('configuration', () => {
  const invalid = (error: unknown) => isPicketError(error, 'CONFIG_INVALID')

  test('mail.server', () => {
    const s = (url: string, host: string, port: number, isImplicitTls: boolean, user?: string) =>
      deepEqual(parseServer(url), { host, port, isImplicitTls, user }, url)
    s('smtp://user@mail.example.com:2525', 'mail.example.com', 2525, false, 'user')
    s('smtp://mail.example.com', 'mail.example.com', 587, false)
    s('smtps://mail.example.com/', 'mail.example.com', 465, true)
    s('smtps://a%40b.example@[2001:db8::1]:4650', '2001:db8::1', 4650, true, 'a@b.example')
  })

  test('mail.server mistakes say what to write', () => {
    for (const url of [
      'mail.example.com:587',
      'http://mail.example.com',
      'smtp://',
      'smtp://a b',
      'smtp://h:587/x',
      'smtp://h?x=1',
      'nonsense',
    ]) {
      throws(
        () => parseServer(url),
        (error: unknown) => invalid(error) && /mail\.server.*smtp:\/\//.test((error as Error).message),
        url,
      )
    }
  })

  test('a password in the URL is refused and not repeated', () => {
    throws(
      () => parseServer('smtp://user:hunter2@mail.example.com'),
      (error: unknown) =>
        invalid(error) && /passwordFile/.test((error as Error).message) && !/hunter2/.test(String(error)),
    )
  })

  test('a user needs a password; addresses must be plain', () => {
    throws(() => openMailer(config(25, { server: 'smtp://user@127.0.0.1' }), undefined), invalid)
    throws(() => openMailer(config(25, { from: 'Picket <picket@example.com>' }), undefined), invalid)
    throws(
      () => openMailer(config(25, { tlsCa: '/nonexistent/ca.pem' }), undefined),
      (error: unknown) => isPicketError(error, 'CONFIG_UNREADABLE'),
    )
  })

  test('the password file ends with the line that an editor adds', () => {
    const folder = mkdtempSync(join(tmpdir(), 'picket-mail-'))
    const passwordFile = join(folder, 'secret')
    writeFileSync(passwordFile, ' correct horse \r\n')
    equal(readPassword({ passwordFile }), ' correct horse ')
    equal(readPassword({}), undefined)
    rmSync(folder, { recursive: true })
    throws(
      () => readPassword({ passwordFile }),
      (error: unknown) => isPicketError(error, 'CONFIG_UNREADABLE'),
    )
  })
})
