// The fast path: when it says yes, parseMessage says the same, and the header can be printed again, byte for byte.
import { deepEqual, equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseMessage } from '../../src/syslog-parser/parse.ts'
import { formatOfLayout, HeaderScan, printHeader, scanHeader } from '../../src/syslog-parser/scan.ts'
import { readVectors } from './vectors.ts'

const noon = Date.parse('2026-11-23T12:00:00Z')
const shared = new HeaderScan()

/** True when the scan took the frame; fails when it disagrees with parseMessage or cannot print what it read. */
function check(frame: Buffer, receivedAt = noon, zone?: string): boolean {
  // Neighbours that would change the meaning if the scan looked beyond the frame.
  const before = Buffer.from('1<13>')
  const bytes = Buffer.concat([before, frame, Buffer.from(': x - - [1]: 7\n')])
  const [start, end] = [before.length, before.length + frame.length]
  const text = (from: number, to: number) => (from === to ? undefined : bytes.toString('latin1', from, to))
  if (!scanHeader(bytes, start, end, receivedAt, zone, shared)) return false
  const scan = shared
  const line = JSON.stringify(frame.toString('latin1'))
  const [host, app, procId] = [
    text(scan.hostStart, scan.hostEnd),
    text(scan.appStart, scan.appEnd),
    text(scan.procIdStart, scan.procIdEnd),
  ]
  const scanned = {
    facility: scan.pri >> 3,
    severity: scan.pri & 7,
    timestamp: Number.isNaN(scan.timestampMicros) ? undefined : Math.floor(scan.timestampMicros / 1000),
    hostname: host,
    appName: app,
    procId,
    msgId: undefined,
    structuredData: undefined,
    message: bytes.toString('latin1', scan.messageStart, end),
    format: formatOfLayout(scan.layout),
  }
  deepEqual(scanned, parseMessage(frame, { receivedAt, timeZone: zone }), line)
  ok(Number.isInteger(scan.layout) && scan.layout > 0 && scan.layout < 2 ** 31, line)
  const printed = printHeader(scan.layout, scan.pri, scan.timestampMicros, host, app, procId)
  equal(printed, bytes.toString('latin1', start, scan.messageStart), line)
  return true
}

const taken = [
  "<34>Oct 11 22:14:15 mymachine su: 'su root' failed for lonvick on /dev/pts/8",
  '<86>Nov  3 04:05:06 web1 sshd[812]: Failed password for root from 192.0.2.1 port 22 ssh2',
  '<86>Nov 03 04:05:06 web1 sshd[812]: zero padded',
  '<30>Nov 23 10:30:06 web1 systemd[1]:',
  '<30>Nov 23 10:30:06 web1 app:',
  '<30>Nov 23 10:30:06 web1 app: ',
  '<22>2026-11-23T11:30:00.605850+00:00 web1 postfix/smtpd[5]: connect',
  '<22>2026-11-23T11:30:00Z web1 app: a\tb',
  '<22>2026-11-23T11:30:00.1-03:30 web1 sshd(pam_unix)[5]:  two blanks',
  '<22>2026-11-23T11:30:00-00:00 192.0.2.7 app: unknown offset',
  '<34>1 2003-10-11T22:14:15.003Z mymachine.example.com su - - - text',
  '<13>1 - - - - - -',
  '<13>1 - - - - - - ',
  '<165>1 2003-08-24T05:14:15.000003-07:00 192.0.2.1 myproc 8710 - - %% make the do-nuts.',
  '<0>1 2026-11-23T11:00:00Z 2001:db8::1 a:b 1 - -  keep one blank',
]
const refused = [
  '<013>Nov 23 10:30:06 web1 app: x',
  '<192>Nov 23 10:30:06 web1 app: x',
  'Nov 23 10:30:06 web1 app: x',
  '<13>Nov 3 10:30:06 web1 app: x',
  '<13>Nov 31 10:30:06 web1 app: x',
  '<13>NOV 23 10:30:06 web1 app: x',
  '<13>Nov 23 24:30:06 web1 app: x',
  '<13>Nov 23 23:59:60 web1 app: x',
  '<13>Nov 23 10:30:06 2026 web1 app: x',
  '<13>Nov 23 10:30:06 CET app: x',
  '<13>Nov 23 10:30:06 UTC-6 app: x',
  '<13>Nov 23 10:30:06 pm app: x',
  '<13>Nov 23 10:30:06 From aix1: su: x',
  '<13>Nov 23 10:30:06 From aix1: x',
  '<13>Nov 23 10:30:06 notice tmsh[1]: x',
  '<13>Nov 23 10:30:06 daemon.warn app: x',
  '<13>Nov 23 10:30:06 - app: x',
  '<13>Nov 23 10:30:06 app: x y: z',
  '<13>Nov 23 10:30:06 web1 /usr/sbin/cron[1]: x',
  '<13>Nov 23 10:30:06 web1 %ASA-6-302013: x',
  '<13>Nov 23 10:30:06 web1 CEF: x',
  '<13>Nov 23 10:30:06 web1 app:glued',
  '<13>Nov 23 10:30:06 web1 app[]: x',
  '<13>Nov 23 10:30:06 web1 app: [ID 800047 auth.info] x',
  '<13>Nov 23 10:30:06 web1 last message repeated 2 times',
  '<13>Nov 23 10:30:06 web1 app: caf\u00e9',
  '<13>Nov 23 10:30:06 web1 app: x\n',
  '<13>Nov 23 10:30:06 web1 app: a\rb',
  '<13>2026-11-23T11:30:00.1234567Z web1 app: x',
  '<13>2026-11-23T11:30:00 web1 app: x',
  '<13>2026-11-23T11:30:00+24:00 web1 app: x',
  '<13>2026-02-29T11:30:00Z web1 app: x',
  '<13>2025-27-05T11:30:00Z web1 app: x',
  '<13>1 2026-11-23T11:30:00Z h a p m - x',
  '<13>1 2026-11-23T11:30:00Z h a p - [x@1 k="v"] x',
  '<13>1 2026-11-23T11:30:00Z h [x] p - - x',
  '<13>1 2026-11-23T11:30:00Z  h a p - - x',
  '<13>1 2026-11-23T11:30:00Z h a p - -x',
  '<13>2 2026-11-23T11:30:00Z h a p - - x',
  '<13>1 2026-11-23T11:30:00Z h a p',
  '<13>',
  '',
]

test('takes the common forms', () => {
  for (const line of taken) ok(check(Buffer.from(line, 'latin1')), line)
})

test('refuses what could mean something else', () => {
  for (const line of refused) equal(check(Buffer.from(line, 'latin1')), false, line)
})

test('agrees with parseMessage on every vector and on every beginning of it', () => {
  let count = 0
  for (const vector of readVectors()) {
    const frame = Buffer.from(vector.raw_b64, 'base64').subarray(0, 300)
    const receivedAt = Date.parse(vector.received_at)
    for (let end = 0; end <= frame.length; end++)
      if (check(frame.subarray(0, end), receivedAt, vector.assumed_tz)) count++
  }
  ok(count > 1000, `${count}`)
})

const zones = [
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'Asia/Shanghai',
  'Asia/Kathmandu',
  'Australia/Lord_Howe',
  '+05:45',
  '-0330',
  'No/Such_Zone',
]
const anyZone = fc.constantFrom(...zones, undefined)
const anyReceivedAt = fc.oneof(
  fc.constant(noon),
  fc.integer({ min: Date.UTC(1990, 0), max: Date.UTC(2090, 0) }),
  fc.constantFrom(
    Date.UTC(2027, 0, 1, 0, 0, 3),
    Date.UTC(2026, 11, 31, 23, 59, 59),
    Date.UTC(2024, 1, 29, 6),
    Date.UTC(2026, 9, 25, 1, 0, 5),
  ),
)

test('agrees with parseMessage on mutated lines', () => {
  const alphabet = [
    ' ',
    ':',
    '-',
    '.',
    '[',
    ']',
    '<',
    '>',
    '0',
    '1',
    '9',
    'T',
    'Z',
    '+',
    'a',
    'F',
    '%',
    '#',
    '\t',
    '\n',
    '\0',
    '\x80',
    '|',
    '=',
    '"',
  ]
  const lines = [
    ...taken,
    ...refused,
    ...readVectors().map(vector => Buffer.from(vector.raw_b64, 'base64').toString('latin1').slice(0, 120)),
  ]
  const edit = fc.record({ at: fc.nat(70), remove: fc.nat(3), insert: fc.constantFrom('', ...alphabet) })
  const property = fc.property(
    fc.constantFrom(...lines),
    fc.array(edit, { minLength: 1, maxLength: 3 }),
    anyReceivedAt,
    anyZone,
    (line, edits, receivedAt, zone) => {
      let text = line
      for (const { at, remove, insert } of edits) text = text.slice(0, at) + insert + text.slice(at + remove)
      check(Buffer.from(text, 'latin1'), receivedAt, zone)
    },
  )
  fc.assert(property, { numRuns: 20_000 })
})

/** Mostly within the usual, sometimes beyond. */
const often = <T>(usual: fc.Arbitrary<T>, odd: fc.Arbitrary<T>) =>
  fc.oneof({ arbitrary: usual, weight: 5 }, { arbitrary: odd, weight: 1 })
const two = (limit: number) => fc.nat(limit).map(n => String(n).padStart(2, '0'))
const month = fc.constantFrom('Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec')
const clock = fc
  .tuple(often(two(23), two(24)), often(two(59), two(60)), often(two(59), two(61)))
  .map(list => list.join(':'))
const bsdTime = fc
  .tuple(
    month,
    fc.oneof(
      two(31),
      fc.nat(28).map(n => String(n).padStart(2)),
    ),
    clock,
  )
  .map(list => list.join(' '))
const isoTime = fc
  .tuple(
    often(
      fc.constantFrom('2026', '2000', '1971', '2099', '2100'),
      fc.nat(9999).map(n => String(n).padStart(4, '0')),
    ),
    often(two(12), two(99)),
    often(two(28), two(32)),
    clock,
    fc.oneof(
      fc.constant(''),
      fc.nat(9_999_999).map(n => `.${n}`),
    ),
    fc.oneof(
      fc.constantFrom('Z', '-00:00', '+00:00', ''),
      fc.tuple(fc.constantFrom('+', '-'), two(24), two(59)).map(([s, h, m]) => `${s}${h}:${m}`),
    ),
  )
  .map(([y, m, d, t, fraction, offset]) => `${y}-${m}-${d}T${t}${fraction}${offset}`)
const word = often(
  fc.constantFrom('web1', 'db02.example.com', '10.0.0.7', 'kernel', 'sshd', 'CRON', 'a-b', 'x_1'),
  fc.oneof(
    fc.constantFrom(
      'web1',
      'db02.example.com',
      '10.0.0.7',
      '2001:db8::1',
      'kernel',
      'sshd',
      'CRON',
      'MST',
      'EST',
      'GMT',
      'TZ-6',
      'UTC+2',
      'am',
      'PM',
      'pm.5',
    ),
    fc.constantFrom(
      '-',
      '2026',
      '1999',
      'From',
      'last',
      'notice',
      'mail.info',
      'a'.repeat(32),
      'CEF',
      'LEEF',
      '@cee',
      'MSWinEventLog',
      'Message',
      'x=y',
      '(sd-pam)',
    ),
    fc.string({ unit: fc.constantFrom(...'abXYZ019._-/@+(){}"%[]:'), minLength: 1, maxLength: 8 }),
  ),
)
const text = fc.oneof(
  fc.constantFrom(
    '',
    'text',
    ' two',
    '[ID 1 a.b] x',
    '- x',
    '%X-1-Y: z',
    'last message repeated 1 time',
    ': %A-1-B: c',
    '[x@1 k="v"] t',
    '\ttab',
    'end ',
    '[pid]: x',
  ),
  fc.string({ unit: fc.constantFrom(...'ab :[]-%<>\t'), maxLength: 12 }),
)
const legacy = fc
  .tuple(
    fc.nat(200),
    fc.oneof(bsdTime, isoTime),
    word,
    word,
    often(fc.constantFrom('', '[4711]'), fc.constantFrom('[x.1-a]', '[]', '[a b]', '[x')),
    often(fc.constant(': '), fc.constantFrom(':', ' ', '')),
    text,
  )
  .map(([pri, time, host, app, pid, colon, rest]) => `<${pri}>${time} ${host} ${app}${pid}${colon}${rest}`)
const modern = fc
  .tuple(
    fc.nat(200),
    fc.oneof(isoTime, fc.constant('-')),
    word,
    word,
    word,
    often(fc.constant('-'), fc.constant('ID47')),
    often(fc.constant('-'), fc.constantFrom('', '[x@1]')),
    often(fc.constant(' '), fc.constant('')),
    text,
  )
  .map(
    ([pri, time, host, app, procId, msgId, data, blank, rest]) =>
      `<${pri}>1 ${time} ${host} ${app} ${procId} ${msgId} ${data}${blank}${rest}`,
  )

test('agrees with parseMessage on generated lines', () => {
  let count = 0
  const property = fc.property(fc.oneof(legacy, modern), anyReceivedAt, anyZone, (line, receivedAt, zone) => {
    if (check(Buffer.from(line), receivedAt, zone)) count++
  })
  fc.assert(property, { numRuns: 20_000 })
  ok(count > 2000, `${count}`)
})

test('agrees on every hour of a year in zones with and without daylight saving', () => {
  const names = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
  for (const zone of zones) {
    for (let at = Date.UTC(2026, 0, 1, 0, 30); at < Date.UTC(2027, 0, 1); at += 3_600_000) {
      const [, m, d, t] = /\d+-(\d\d)-(\d\d)T(.{8})/.exec(new Date(at).toISOString()) ?? []
      const line = `<13>${names[Number(m) - 1]} ${d?.replace(/^0/, ' ')} ${t} web1 app: x`
      ok(check(Buffer.from(line), at + 1000, zone), `${line} ${zone}`)
    }
  }
})

test('finds any byte that is not plain text, wherever it lies in a large buffer', () => {
  const head = '<13>Nov 23 10:30:06 web1 app: '
  const large = Buffer.alloc(8192, 0x07)
  for (let shift = 0; shift < 4; shift++) {
    const bytes = large.subarray(shift)
    for (let size = 0; size < 13; size++) {
      for (let place = 0; place < size; place++) {
        for (let byte = 0; byte < 256; byte++) {
          const start = 100
          const end = start + bytes.write(head + 'x'.repeat(size), start, 'latin1')
          bytes[start + head.length + place] = byte
          const isPlain = (byte >= 0x20 && byte <= 0x7e) || byte === 0x09
          equal(scanHeader(bytes, start, end, noon, undefined, shared), isPlain, `${byte} at ${place} of ${size}`)
        }
      }
    }
  }
})
