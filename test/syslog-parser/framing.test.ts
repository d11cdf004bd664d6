// Framing: the vectors as given and however the stream is cut, and the bounds on hostile streams.
import { deepEqual, equal, ok } from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { createFramer, type EmptyFrame, type FramingFlaw } from '../../src/syslog-parser/framing.ts'

type Cut = {
  readonly frames: readonly string[]
  readonly flaws: readonly FramingFlaw[]
  readonly empty: readonly EmptyFrame[]
}
type Vector = {
  readonly id: string
  readonly note: string
  readonly transport: string
  readonly options?: { readonly max_frame: number }
  readonly chunks_b64: readonly string[]
  readonly frames_b64: readonly string[]
  readonly error: FramingFlaw | null
}

const file = join(import.meta.dirname, '..', 'fixtures', 'framing-dev.jsonl')
const vectors: Vector[] = readFileSync(file, 'utf8')
  .trimEnd()
  .split('\n')
  .map(line => JSON.parse(line))
const tcpVectors = vectors.filter(vector => vector.transport === 'tcp')
const maxFrameBytes = 256 * 1024

function cutStream(chunks: Iterable<Uint8Array>, max = maxFrameBytes): Cut {
  const frames: string[] = []
  const flaws: FramingFlaw[] = []
  const empty: EmptyFrame[] = []
  let last: Uint8Array | undefined
  const framer = createFramer({
    maxFrameBytes: max,
    onFrame: (bytes, start, end) => {
      // What is not the chunk itself is the framer's own memory.
      if (bytes !== last) ok(bytes.byteLength <= max + 64 * 1024, `${bytes.byteLength}`)
      frames.push(Buffer.from(bytes.subarray(start, end)).toString('base64'))
    },
    onError: flaw => flaws.push(flaw),
    onEmptyFrame: kind => empty.push(kind),
  })
  for (const chunk of chunks) {
    last = chunk
    framer.push(chunk)
  }
  framer.end()
  return { frames, flaws, empty }
}

/** The stream in pieces of these sizes, taken in turn; each piece is its own memory. */
function* pieces(stream: Uint8Array, sizes: readonly number[]): Generator<Uint8Array> {
  for (let at = 0, n = 0; at < stream.length; n++) {
    const size = sizes[n % sizes.length] ?? 1
    yield Uint8Array.from(stream.subarray(at, at + size))
    at += size
  }
}

test('there are 36 TCP vectors', () => equal(tcpVectors.length, 36))

for (const vector of tcpVectors) {
  const chunks = vector.chunks_b64.map(chunk => Buffer.from(chunk, 'base64'))
  const stream = Buffer.concat(chunks)
  const max = vector.options?.max_frame ?? maxFrameBytes
  test(`${vector.id}: ${vector.note}`, () => {
    const given = cutStream(chunks, max)
    deepEqual(given.frames, vector.frames_b64)
    equal(given.flaws[0] ?? null, vector.error)
    deepEqual(cutStream([stream], max), given, 'in one piece')
    deepEqual(cutStream(pieces(stream, [1]), max), given, 'byte by byte')
  })
  test(`${vector.id}: any cut`, () => {
    const want = cutStream([stream], max)
    const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 12 })
    fc.assert(
      fc.property(sizes, sizes => deepEqual(cutStream(pieces(stream, sizes), max), want)),
      { numRuns: 100 },
    )
  })
}

const message = fc.constantFrom(
  '<13>a',
  '<14>Nov 23 11:00:00 h app: text',
  '{"a":1}',
  '\ufeff<13>x',
  'no pri',
  '<1 x',
  '<191>',
  '',
  ' <13>b',
)
const piece = fc.oneof(
  message.map(text => `${Buffer.byteLength(text)} ${text}`),
  fc
    .tuple(message, fc.constantFrom('\n', '\r\n', '\0', '\r', '\n\0', '\r\0\r\n', ' '))
    .map(([text, ending]) => text + ending),
  fc
    .tuple(fc.constantFrom('0', '3', '007', '12', '99', '16777217', '12345678901', '4294967296'), message)
    .map(([n, text]) => `${n} ${text}`),
  fc
    .array(fc.constantFrom('<', '>', '1', '23', ' ', '\t', '\r', '\n', '\0', 'x', '{', '\ufeff'), { maxLength: 12 })
    .map(list => list.join('')),
  fc.constantFrom('A'.repeat(70), '\r'.repeat(80), ' '.repeat(90), '1'.repeat(300), '\0'.repeat(3)),
)
const streams = fc.array(piece, { maxLength: 12 }).map(list => Buffer.from(list.join('')))
const sizes = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 10 })

test('what is announced and brings nothing is told of; line ends between frames are nothing', () => {
  const emptyIn = (text: string) => cutStream([Buffer.from(text)]).empty
  deepEqual(emptyIn('<13>a\n\n\r\n\0<13>b\n'), [])
  deepEqual(emptyIn('5 <13>a0 00 5 <13>b'), ['empty', 'empty'])
  deepEqual(emptyIn('5 <13>a99999999999 \n'), ['bad_frame'])
  deepEqual(emptyIn('5 <13>a7 '), ['bad_frame'])
  deepEqual(emptyIn('5 <13>a7 <13>'), [])
})

test('any cut of any stream gives the same frames and errors', () => {
  const property = fc.property(streams, sizes, fc.constantFrom(1, 24, 64, 4096), (stream, sizes, max) => {
    const want = cutStream([stream], max)
    deepEqual(cutStream(pieces(stream, sizes), max), want)
    deepEqual(cutStream(pieces(stream, [1]), max), want)
  })
  fc.assert(property, { numRuns: 3000 })
})

test('runs of digits and blanks as long as is looked at give the same frames at any cut', () => {
  for (const length of [255, 256, 257, 1023, 1024, 1025]) {
    for (const run of ['1'.repeat(length), ' '.repeat(length)]) {
      const stream = Buffer.from(`5 <13>a${run} <13>b\n<13>c\n`)
      deepEqual(cutStream(pieces(stream, [stream.length]), 64), cutStream(pieces(stream, [1]), 64), `${length}`)
    }
  }
})

test('any cut of long chunks gives the same frames', () => {
  const property = fc.property(
    fc.array(piece, { minLength: 100, maxLength: 300 }),
    fc.integer({ min: 500, max: 3000 }),
    (list, size) => {
      const stream = Buffer.from(list.join(''))
      deepEqual(cutStream(pieces(stream, [size]), 64), cutStream(pieces(stream, [1]), 64))
    },
  )
  fc.assert(property, { numRuns: 60 })
})

test('frames that lie whole in a chunk are delivered where they lie', () => {
  const chunk = Buffer.from(`<13>one\n<13>two\n${'<13>three\n'.repeat(100)}<13>f`)
  const seen: [Uint8Array, string][] = []
  const framer = createFramer({
    maxFrameBytes,
    onFrame: (bytes, from, to) => seen.push([bytes, Buffer.from(bytes.subarray(from, to)).toString()]),
  })
  framer.push(chunk)
  equal(seen.length, 102)
  ok(seen.every(([bytes]) => bytes === chunk))
  const second = Buffer.from(`our\n${'<13>five\n'.repeat(300)}`)
  framer.push(second)
  deepEqual(seen[102]?.[1], '<13>four')
  equal(seen.length, 403)
  equal(seen.at(-1)?.[0], second)
})

test('a CR or NUL at the end waits for the next byte or the idle timer', () => {
  const frames: string[] = []
  const framer = createFramer({
    maxFrameBytes,
    onFrame: (bytes, start, end) => frames.push(Buffer.from(bytes.subarray(start, end)).toString()),
  })
  framer.push(Buffer.from('<13>one\0'))
  deepEqual(frames, [])
  framer.idle()
  deepEqual(frames, ['<13>one'])
  framer.push(Buffer.from('<13>two'))
  framer.idle()
  deepEqual(frames, ['<13>one'], 'an unfinished line waits')
  framer.push(Buffer.from('\r'))
  framer.push(Buffer.from('\n7 <13>ab\0'))
  framer.idle()
  deepEqual(frames, ['<13>one', '<13>two', '<13>ab\0'])
  framer.push(Buffer.from('9 <13>ab\0'))
  framer.idle()
  deepEqual(frames, ['<13>one', '<13>two', '<13>ab\0'], 'a counted frame waits for its octets')
  framer.end()
  deepEqual(frames.at(-1), '<13>ab\0')
})

test('a line over the limit ends at the next delimiter, also for senders that use NUL', () => {
  const { frames, flaws } = cutStream([Buffer.from(`<13>${'x'.repeat(500)}\0<13>next\0`)], 64)
  deepEqual(
    frames.map(frame => Buffer.from(frame, 'base64').toString()),
    [`<13>${'x'.repeat(60)}`, '<13>next'],
  )
  deepEqual(flaws, ['oversize'])
})

test('hostile streams: frames and memory stay bounded, work grows with length only', () => {
  const megabytes = (text: string) => Buffer.alloc(1024 * 1024, text)
  for (const text of ['x', ' ', '7', '\r', '<', '\r<', '\r<1', '9 <', '1 ', '[']) {
    const { frames } = cutStream(pieces(megabytes(text), [1460]))
    for (const frame of frames) ok(Buffer.from(frame, 'base64').length <= maxFrameBytes)
  }
  const slow = cutStream(pieces(Buffer.alloc(600_000, '\r'), [1]))
  deepEqual(slow, { frames: [], flaws: [], empty: [] })
  equal(cutStream(pieces(Buffer.alloc(600_000, 'y'), [1])).frames.length, 1)
})
