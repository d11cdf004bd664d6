// RELP sessions over a fake socket and a fake store: the vectors at any cut, hostile bytes, and when answers leave.
import { deepEqual, equal, match, ok } from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import { Duplex } from 'node:stream'
import { test } from 'node:test'
import fc from 'fast-check'
import { createCounters } from '../../src/receive/listener.ts'
import { createRepeats, type Repeats } from '../../src/receive/relp-repeats.ts'
import { createRelpSession } from '../../src/receive/relp-session.ts'

type Vector = {
  readonly id: string
  readonly note: string
  readonly transport: string
  readonly chunks_b64: readonly string[]
  readonly frames_b64: readonly string[]
  readonly responses: readonly { readonly txnr: number; readonly code: number | null }[]
  readonly server_closes: boolean
  readonly error: string | null
}

const fixture = (name: string) =>
  readFileSync(join(import.meta.dirname, '../fixtures', name), 'utf8')
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line) as unknown)
const vectors = (fixture('framing-dev.jsonl') as Vector[]).filter(({ transport }) => transport === 'relp')
const hostile = fixture('hostile-dev.jsonl') as { readonly id: string; readonly vector: string; raw_b64: string }[]

const open = '1 open 30 relp_version=0\ncommands=syslog\n'
const opened = '1 rsp 58 200 OK\nrelp_version=0\nrelp_software=picket\ncommands=syslog\n'
const syslog = (txnr: number, text: string): string => `${txnr} syslog ${Buffer.byteLength(text)} ${text}\n`

type Options = { readonly maxFrameBytes?: number; readonly repeats?: Repeats; readonly instant?: boolean }

/** A session whose store commits when told to; `instant`: a frame is stored as soon as its chunk is read. */
function start({ maxFrameBytes = 131_072, repeats = createRepeats(), instant = false }: Options = {}) {
  const writes: string[] = []
  let hasEnded = false
  const socket = new Duplex({
    read() {},
    write(chunk, _encoding, done) {
      writes.push(String(chunk))
      done()
    },
    final(done) {
      hasEnded = true
      done()
    },
  })
  const counters = createCounters()
  const frames: string[] = []
  const errors: string[] = []
  const repeated: string[] = []
  let now = 0
  let isHeld = false
  let batch = 1
  const session = createRelpSession(
    {
      socket: socket as unknown as Socket, // of a socket only the stream is used
      source: { peer: '192.0.2.7', transport: 'relp', id: 1 },
      counters,
      hold: () => void (isHeld = true),
      release: () => void (isHeld = false),
    },
    {
      sink: {
        frame(bytes, from, to, source) {
          const text = Buffer.from(bytes.subarray(from, to)).toString('base64')
          frames.push(text)
          if (source.repeat === true) repeated.push(Buffer.from(text, 'base64').toString())
          return batch
        },
      },
      maxFrameBytes,
      repeats,
      monotonic: () => now,
      onWaiting() {},
      onError: error => errors.push(error),
    },
  )
  return {
    counters,
    frames,
    errors,
    repeated,
    writes,
    session,
    text: () => writes.join(''),
    hasEnded: () => hasEnded,
    isDestroyed: () => socket.destroyed,
    isHeld: () => isHeld,
    commit: () => session.stored(batch++),
    nextBatch: () => void batch++,
    at: (time: number) => void (now = time),
    push(data: string | Uint8Array) {
      session.push(Buffer.from(data))
      if (instant) session.stored(batch++)
    },
    drop() {
      session.end()
      socket.destroy()
    },
  }
}

/** The answers in order; code null is an empty one. */
function answersOf(text: string): { txnr: number; code: number | null }[] {
  const answers: { txnr: number; code: number | null }[] = []
  let rest = text
  while (rest !== '') {
    const [head, txnr, command, length] = /^(\d+) (rsp|serverclose) (\d+)/.exec(rest) ?? []
    ok(head !== undefined, rest)
    const end = Number(length) === 0 ? head.length : head.length + 1 + Number(length)
    equal(rest[end], '\n', rest)
    if (command === 'rsp') {
      const data = rest.slice(head.length + 1, end)
      answers.push({ txnr: Number(txnr), code: data === '' ? null : Number(data.slice(0, 3)) })
    }
    rest = rest.slice(end + 1)
  }
  return answers
}

function run(chunks: Iterable<Uint8Array>) {
  const peer = start({ instant: true })
  for (const chunk of chunks) peer.push(chunk)
  const serverCloses = peer.hasEnded()
  peer.session.end()
  return { frames: peer.frames, answers: answersOf(peer.text()), serverCloses, errors: peer.errors }
}

function* pieces(stream: Uint8Array, sizes: readonly number[]): Generator<Uint8Array> {
  for (let at = 0, n = 0; at < stream.length; n++) {
    const size = sizes[n % sizes.length] ?? 1
    yield Uint8Array.from(stream.subarray(at, at + size))
    at += size
  }
}

/** Our word for an offer that does not fit covers more than the vectors' one. */
const wordOf: Readonly<Record<string, string>> = { no_syslog_offer: 'invalid_offer' }

test('there are 9 vectors', () => equal(vectors.length, 9))

for (const vector of vectors) {
  test(`${vector.id}: ${vector.note}`, () => {
    const chunks = vector.chunks_b64.map(chunk => Buffer.from(chunk, 'base64'))
    const stream = Buffer.concat(chunks)
    const given = run(chunks)
    deepEqual(given.frames, vector.frames_b64)
    deepEqual(given.answers, vector.responses)
    equal(given.serverCloses, vector.server_closes)
    if (vector.error !== null) equal(given.errors[0], wordOf[vector.error] ?? vector.error)
    deepEqual(run([stream]), given, 'in one piece')
    const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 12 })
    fc.assert(
      fc.property(sizes, sizes => deepEqual(run(pieces(stream, sizes)), given)),
      { numRuns: 100 },
    )
  })
}

test('hostile bytes: the session ends, or goes on as RELP says', () => {
  const after: Record<string, { readonly answers: readonly number[]; readonly error?: string }> = {
    'relp-open-empty': { answers: [500], error: 'invalid_offer' },
    'relp-version-1': { answers: [200] },
    'relp-offers-65': { answers: [500], error: 'invalid_offer' },
    'relp-offer-nul': { answers: [500], error: 'invalid_offer' },
    'relp-second-open': { answers: [200, 500], error: 'second_open' },
    'mail-crlf-host': { answers: [200, 200] },
    'relp-len-max-plus-1': { answers: [200, 200] },
    'relp-len-10digits': { answers: [200], error: 'invalid_frame' },
    'relp-txnr-repeat': { answers: [200, 200], error: 'invalid_txnr' },
    'relp-txnr-10digits': { answers: [200], error: 'invalid_frame' },
    'relp-cmd-digit': { answers: [200], error: 'invalid_frame' },
    'relp-cmd-unknown': { answers: [200, 500], error: 'unknown_command' },
    'relp-trailer-crlf': { answers: [200], error: 'invalid_frame' },
    'relp-rsp-from-client': { answers: [200, 500], error: 'unknown_command' },
    'relp-payload-lf-nul': { answers: [200, 200] },
    'relp-after-close': { answers: [200, 0] },
    'relp-zero-data-syslog': { answers: [200, 200, 200] },
  }
  const vectors = hostile.filter(({ vector }) => vector === 'relp' || vector === 'relp-open')
  deepEqual(vectors.map(({ id }) => id).toSorted(), Object.keys(after).toSorted())
  for (const { id, vector, raw_b64 } of vectors) {
    const bytes = Buffer.concat([Buffer.from(vector === 'relp' ? '' : open), Buffer.from(raw_b64, 'base64')])
    const { answers, errors, serverCloses } = run([bytes])
    const want = after[id]
    deepEqual(
      { answers: answers.map(({ code }) => code ?? 0), error: errors[0] },
      { answers: want?.answers, error: want?.error },
      id,
    )
    equal(serverCloses, want?.error !== undefined || id === 'relp-after-close', id)
    deepEqual(run(pieces(bytes, [1])), { ...run([bytes]) }, `${id} byte by byte`)
  }
})

test('answers only for what is stored, in order, in one write for a batch', () => {
  const peer = start()
  peer.push(`${open}${syslog(2, 'a')}${syslog(3, 'b')}`)
  equal(peer.text(), opened)
  peer.nextBatch()
  peer.push(`${syslog(4, 'c')}5 syslog 0\n6 close 0\n`)
  peer.session.stored(1)
  deepEqual(peer.writes.slice(1), ['2 rsp 6 200 OK\n3 rsp 6 200 OK\n'])
  equal(peer.hasEnded(), false, 'the close waits for what came before it')
  peer.commit()
  deepEqual(peer.writes.slice(2), ['4 rsp 6 200 OK\n5 rsp 6 200 OK\n6 rsp 0\n0 serverclose 0\n'])
  equal(peer.counters.frames, 3)
  equal(peer.counters.dropped.empty, 1)
})

test('any order of frames and commits: nothing is answered before it is stored, and everything once', () => {
  const steps = fc.array(fc.constantFrom('frame', 'commit', 'frames'), { maxLength: 60 })
  fc.assert(
    fc.property(steps, steps => {
      const peer = start()
      peer.push(open)
      let sent = 0
      let stored = 0
      for (const step of steps) {
        if (step === 'commit') {
          peer.commit()
          stored = sent
        } else {
          for (let n = step === 'frame' ? 1 : 5; n > 0; n--) peer.push(syslog(sent++ + 2, `m${sent}`))
        }
        deepEqual(
          answersOf(peer.text()).map(({ txnr }) => txnr),
          Array.from({ length: stored + 1 }, (_, n) => n + 1),
        )
      }
    }),
  )
})

test('while nothing can be stored nothing is answered; then the session is closed without an answer', () => {
  const peer = start()
  peer.push(`${open}${syslog(2, 'a')}`)
  peer.at(119_999)
  peer.session.sweep?.(119_999)
  equal(peer.isDestroyed(), false)
  peer.session.sweep?.(120_000)
  equal(peer.isDestroyed(), true)
  deepEqual(peer.errors, ['unanswered'])
  equal(peer.text(), opened)
})

test('frames of a session that broke before their commit are kept; a commit later finds nobody and does no harm', () => {
  const peer = start()
  peer.push(`${open}${syslog(2, 'a')}3 syslog 5 hel`)
  peer.drop()
  equal(peer.commit(), false)
  deepEqual(peer.frames, [Buffer.from('a').toString('base64')])
  deepEqual(peer.errors, ['incomplete'])
})

test('a sender with too many unanswered frames is not read until they are stored', () => {
  const peer = start()
  peer.push(open)
  for (let n = 0; n < 8192; n++) {
    equal(peer.isHeld(), false)
    peer.push(syslog(n + 2, 'x'))
  }
  equal(peer.isHeld(), true)
  peer.commit()
  equal(peer.isHeld(), false)
})

test('longer frames are cut, counted and acknowledged; a gigabyte that is announced takes no memory', () => {
  const peer = start({ maxFrameBytes: 1024, instant: true })
  peer.push(`${open}${syslog(2, 'x'.repeat(5000))}${syslog(3, 'after')}`)
  deepEqual(
    peer.frames.map(frame => Buffer.from(frame, 'base64').length),
    [1024, 5],
  )
  equal(peer.counters.flaws.oversize, 1)
  match(peer.text(), /2 rsp 6 200 OK\n3 rsp 6 200 OK\n$/)
  peer.push('4 syslog 999999999 ')
  for (let n = 0; n < 100; n++) peer.push('y'.repeat(100_000))
  equal(peer.frames.length, 2)
})

test('ten digits are no transaction number', () => {
  const peer = start({ instant: true })
  peer.push(open)
  peer.push('1000000000 syslog 1 a\n')
  deepEqual(peer.errors, ['invalid_frame'])
})

test('what a new session repeats of the unanswered end of the last one is marked, the rest is not', () => {
  const repeats = createRepeats()
  const first = start({ repeats })
  first.push(`${open}${syslog(2, 'a')}${syslog(3, 'b')}`)
  first.commit()
  first.push(`${syslog(4, 'c')}${syslog(5, 'd')}`)
  first.drop()

  const second = start({ repeats })
  second.push(`${open}${syslog(2, 'c')}${syslog(3, 'd')}${syslog(4, 'e')}${syslog(5, 'c')}`)
  deepEqual(second.repeated, ['c', 'd'])
  equal(second.counters.repeats, 2)
  second.drop()

  const other = start({ repeats })
  other.push(`${open}${syslog(2, 'x')}${syslog(3, 'c')}`)
  deepEqual(other.repeated, [], 'repeats come first or not at all')
})

test('repeats begin at the first unanswered frame or before it', () => {
  const repeats = createRepeats()
  const first = start({ repeats })
  first.push(`${open}${syslog(2, 'a')}${syslog(3, 'b')}${syslog(4, 'c')}`)
  first.drop()
  const second = start({ repeats })
  second.push(`${open}${syslog(2, 'c')}`)
  deepEqual(second.repeated, [], 'a and b had no answer either: this is a new message that looks like c')
})
