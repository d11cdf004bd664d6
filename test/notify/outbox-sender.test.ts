// Mails wait for their server and arrive in order, once; on a real state database, with a fake and a real mail server.
import { deepEqual, equal, match } from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { openMailer, type SendResult } from '../../src/notify/mail.ts'
import { giveUpAfterMs, type OutboxSender, startOutboxSender } from '../../src/notify/outbox-sender.ts'
import { openState, type State } from '../../src/store/sqlite/state.ts'
import type { OutboxEntry } from '../../src/store/store.ts'
import { turnableClock } from './samples.ts'
import { readMail, smtpServerMissing, startSmtpServer } from './smtp-server.ts'

const minute = 60_000
let folder: string
let state: State
let clock: ReturnType<typeof turnableClock>
let warnings: string[]
const log = { info: () => {}, warn: (_: object, message: string) => warnings.push(message) }

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'picket-outbox-'))
  clock = turnableClock()
  state = openState(join(folder, 'picket.db'), clock)
  warnings = []
})
afterEach(() => {
  state.close()
  rmSync(folder, { recursive: true })
})

function queue(...names: readonly string[]): void {
  for (const name of names) {
    const to = `${name}@example.com`
    state.outbox.add(
      { messageId: `<${name}-${state.outbox.recent(1000).length}@x>`, to, subject: name, text: 't', html: 'h' },
      clock.now(),
    )
  }
}

/** A mailer that records what it was given and answers what the test says. */
function fakeMailer(answer: (entry: { readonly to: string }) => SendResult) {
  const asked: string[] = []
  return {
    asked,
    send: async (entry: { readonly to: string }) => {
      asked.push(entry.to.replace('@example.com', ''))
      return answer(entry)
    },
  }
}

const sent: SendResult = { outcome: 'sent', response: '250 ok' }
const serverAway: SendResult = { outcome: 'retry', scope: 'server', error: 'connection refused' }
const greylisted: SendResult = { outcome: 'retry', scope: 'mail', error: '450 greylisted' }

async function tried(sender: OutboxSender): Promise<void> {
  sender.wake()
  await sender.idle()
}

describe('sending', () => {
  test('mails left over from before go first, oldest first, each once', async () => {
    queue('a', 'b')
    const mailer = fakeMailer(() => sent)
    const results: string[] = []
    await using sender = startOutboxSender({
      outbox: state.outbox,
      mailer,
      clock,
      log,
      onResult: (result, entry: OutboxEntry) => results.push(`${result} ${entry.to}`),
    })
    await sender.idle()
    queue('c')
    await tried(sender)
    deepEqual(mailer.asked, ['a', 'b', 'c'])
    deepEqual(results, ['sent a@example.com', 'sent b@example.com', 'sent c@example.com'])
    deepEqual(state.outbox.counts(), { pending: 0, sent: 3, failed: 0 })
  })

  test('more than one batch', async () => {
    queue(...Array.from({ length: 75 }, (_, i) => `n${i}`))
    const mailer = fakeMailer(() => sent)
    await using sender = startOutboxSender({ outbox: state.outbox, mailer, clock, log })
    await sender.idle()
    deepEqual(
      mailer.asked,
      Array.from({ length: 75 }, (_, i) => `n${i}`),
    )
  })

  test("one recipient's trouble does not stop the others", async () => {
    queue('gone', 'grey', 'fine')
    const mailer = fakeMailer(({ to }) => {
      if (to.startsWith('gone')) return { outcome: 'failed', error: '550 no such user' }
      return to.startsWith('grey') ? greylisted : sent
    })
    await using sender = startOutboxSender({ outbox: state.outbox, mailer, clock, log })
    await sender.idle()
    deepEqual(mailer.asked, ['gone', 'grey', 'fine'])
    deepEqual(state.outbox.counts(), { pending: 1, sent: 1, failed: 1 })
    equal(state.outbox.recent(3).find(entry => entry.state === 'failed')?.lastError, '550 no such user')
    match(warnings[0] ?? '', /given up/)
  })

  test('a mail put off waits 1, 2, 4 … 30 minutes and fails after 48 hours, in sight', async () => {
    queue('grey')
    const mailer = fakeMailer(() => greylisted)
    await using sender = startOutboxSender({ outbox: state.outbox, mailer, clock, log })
    await sender.idle()
    const pauses: number[] = []
    let last = 0
    for (let passed = 1; state.outbox.counts().pending > 0; passed++) {
      clock.turn(minute)
      const before = mailer.asked.length
      await tried(sender)
      if (mailer.asked.length === before) continue
      pauses.push(passed - last)
      last = passed
    }
    deepEqual(pauses.slice(0, 8), [1, 2, 4, 8, 16, 30, 30, 30])
    equal(last >= giveUpAfterMs / minute && last <= giveUpAfterMs / minute + 30, true)
    const [entry] = state.outbox.recent(1)
    equal(entry?.state, 'failed')
    equal(entry?.lastError, '450 greylisted')
    equal(entry?.attempts, mailer.asked.length)
  })

  test('six hours without a server: few attempts, then everything in order', async () => {
    let isAway = true
    const mailer = fakeMailer(() => (isAway ? serverAway : sent))
    await using sender = startOutboxSender({ outbox: state.outbox, mailer, clock, log })
    const names: string[] = []
    for (let passed = 0; passed < 360; passed++) {
      if (passed % 5 === 0) {
        names.push(`n${passed}`)
        queue(`n${passed}`)
      }
      await tried(sender)
      clock.turn(minute)
    }
    equal(mailer.asked.length < 20, true, `${mailer.asked.length} attempts`)
    equal(state.outbox.counts().pending, 72)
    isAway = false
    mailer.asked.length = 0
    clock.turn(30 * minute)
    await tried(sender)
    deepEqual(mailer.asked, names)
    deepEqual(state.outbox.counts(), { pending: 0, sent: 72, failed: 0 })
  })

  test('a mail that breaks its session does not block the queue; a server that breaks every session is left alone', async () => {
    queue('poison', 'b', 'c')
    const broken: SendResult = { outcome: 'retry', scope: 'session', error: 'connection closed' }
    let isBroken = false
    const mailer = fakeMailer(({ to }) => (isBroken || to.startsWith('poison') ? broken : sent))
    await using sender = startOutboxSender({ outbox: state.outbox, mailer, clock, log })
    await sender.idle()
    deepEqual(mailer.asked.splice(0), ['poison', 'b', 'c'])
    isBroken = true
    queue('d', 'e', 'f')
    await tried(sender)
    deepEqual(mailer.asked.splice(0), ['d', 'e'], 'the third is not tried')
    isBroken = false
    clock.turn(minute)
    await tried(sender)
    deepEqual(mailer.asked.toSorted(), ['d', 'e', 'f', 'poison'])
    equal(state.outbox.counts().sent, 5)
  })

  test('an outbox that cannot be written: the mail is not sent twice', async () => {
    queue('a')
    let isFull = true
    const markSent = (id: number, now: number) => {
      if (isFull) throw new Error('database or disk is full')
      state.outbox.markSent(id, now)
    }
    const mailer = fakeMailer(() => sent)
    await using sender = startOutboxSender({ outbox: { ...state.outbox, markSent }, mailer, clock, log })
    await sender.idle()
    clock.turn(2 * minute)
    await tried(sender)
    isFull = false
    clock.turn(2 * minute)
    await tried(sender)
    deepEqual(mailer.asked, ['a'])
    equal(state.outbox.counts().sent, 1)
    match(warnings[0] ?? '', /cannot be read or written/)
  })

  test('stopping finishes the running transaction and starts no other', async () => {
    queue('a', 'b')
    const { promise, resolve } = Promise.withResolvers<SendResult>()
    const asked: string[] = []
    const mailer = {
      send: (entry: { readonly to: string }) => {
        asked.push(entry.to)
        return promise
      },
    }
    const sender = startOutboxSender({ outbox: state.outbox, mailer, clock, log })
    const stopped = sender[Symbol.asyncDispose]()
    resolve(sent)
    await stopped
    sender.wake()
    await sender.idle()
    deepEqual(asked, ['a@example.com'])
    deepEqual(state.outbox.counts(), { pending: 1, sent: 1, failed: 0 })
  })
})

test('waiting mails do not keep the process alive', () => {
  queue('grey')
  const url = (name: string) => JSON.stringify(import.meta.resolve(`../../src/${name}`))
  const script = `
    const { openState } = await import(${url('store/sqlite/state.ts')})
    const { startOutboxSender } = await import(${url('notify/outbox-sender.ts')})
    const clock = { now: () => ${clock.now()}, monotonic: () => 0 }
    const log = { info: () => {}, warn: () => {} }
    const mailer = { send: async () => ({ outcome: 'retry', scope: 'mail', error: '450' }) }
    const { outbox } = openState(process.argv[1], clock)
    await startOutboxSender({ outbox, mailer, clock, log }).idle()
    console.log(JSON.stringify(outbox.counts()))`
  const args = ['--input-type=module', '-e', script, join(folder, 'picket.db')]
  const { status, stdout } = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 20_000 })
  equal(status, 0)
  deepEqual(JSON.parse(stdout), { pending: 1, sent: 0, failed: 0 })
})

describe('with a real server', { skip: smtpServerMissing }, () => {
  const mailerFor = (port: number) =>
    openMailer(
      {
        server: `smtp://127.0.0.1:${port}`,
        requireTls: false,
        from: 'picket@example.com',
        to: ['a@example.com'],
        minLevel: 'low',
      },
      undefined,
    )

  test('the server is down, then up', async () => {
    const down = await startSmtpServer()
    await down[Symbol.asyncDispose]()
    queue('a', 'b')
    await using sender = startOutboxSender({ outbox: state.outbox, mailer: mailerFor(down.port), clock, log })
    await sender.idle()
    deepEqual(state.outbox.counts(), { pending: 2, sent: 0, failed: 0 })
    await using up = await startSmtpServer({ port: down.port })
    await tried(sender)
    equal(up.received.length, 0, 'the pause holds')
    clock.turn(minute)
    await tried(sender)
    await up.waitFor(2)
    deepEqual(
      up.received.map(one => one.rcptTo),
      [['a@example.com'], ['b@example.com']],
    )
    deepEqual(state.outbox.counts(), { pending: 0, sent: 2, failed: 0 })
  })

  test('450, then 250; 550 for one recipient', async () => {
    const rcptReplies = { 'grey@example.com': ['450 4.2.0 greylisted'], 'gone@example.com': '550 5.1.1 no such user' }
    await using server = await startSmtpServer({ rcptReplies })
    queue('gone', 'grey', 'fine')
    await using sender = startOutboxSender({ outbox: state.outbox, mailer: mailerFor(server.port), clock, log })
    await sender.idle()
    clock.turn(minute)
    await tried(sender)
    await server.waitFor(2)
    deepEqual(
      server.asked,
      ['gone', 'grey', 'fine', 'grey'].map(name => `${name}@example.com`),
    )
    deepEqual(
      server.received.map(one => one.rcptTo),
      [['fine@example.com'], ['grey@example.com']],
    )
    deepEqual(state.outbox.counts(), { pending: 0, sent: 2, failed: 1 })
  })

  test('we die between the acceptance and the mark: the repeat has the same Message-ID', async () => {
    await using server = await startSmtpServer()
    queue('a')
    const dead = () => {
      throw new Error('killed')
    }
    const first = startOutboxSender({
      outbox: { ...state.outbox, markSent: dead },
      mailer: mailerFor(server.port),
      clock,
      log,
    })
    await first.idle()
    await first[Symbol.asyncDispose]()
    state.close()
    state = openState(join(folder, 'picket.db'), clock)
    await using second = startOutboxSender({ outbox: state.outbox, mailer: mailerFor(server.port), clock, log })
    await second.idle()
    await server.waitFor(2)
    const ids = server.received.map(one => readMail(one.raw).headers['message-id']?.[0])
    deepEqual(ids, ['<a-0@x>', '<a-0@x>'])
    equal(state.outbox.counts().sent, 1)
  })

  test('the server takes the mail and dies before it says so: the repeat has the same Message-ID', async () => {
    await using server = await startSmtpServer({ dataReplies: { 'a@example.com': ['drop'] } })
    queue('a')
    await using sender = startOutboxSender({ outbox: state.outbox, mailer: mailerFor(server.port), clock, log })
    await sender.idle()
    equal(state.outbox.counts().pending, 1)
    clock.turn(minute)
    await tried(sender)
    await server.waitFor(2)
    const ids = server.received.map(one => readMail(one.raw).headers['message-id']?.[0])
    deepEqual(ids, ['<a-0@x>', '<a-0@x>'])
    const dates = server.received.map(one => readMail(one.raw).headers.date?.[0])
    equal(dates[0], dates[1])
  })
})
