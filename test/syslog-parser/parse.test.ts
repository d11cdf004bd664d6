// parseMessage beyond the vectors: one list of facts per rule, then what must hold for any bytes.
import { deepEqual, equal, ok, partialDeepStrictEqual } from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseMessage } from '../../src/syslog-parser/parse.ts'
import type { ParseOptions, SyslogMessage } from '../../src/syslog-parser/types.ts'
import { readVectors } from './vectors.ts'

const receivedAt = Date.parse('2026-11-23T12:00:00Z')
const at = (iso: string) => Date.parse(iso)

function f(line: string | Buffer, want: Partial<SyslogMessage>, options: Partial<ParseOptions> = {}): void {
  const frame = typeof line === 'string' ? Buffer.from(line) : line
  partialDeepStrictEqual(parseMessage(frame, { receivedAt, ...options }), want, String(line))
}

test('R1, R3, R4: the edges of a frame and PRI', () => {
  f('', { facility: 1, severity: 5, message: '', format: 'raw' })
  f('\r\n\0', { message: '', format: 'raw' })
  f('<13>', { facility: 1, severity: 5, message: '', format: 'raw' })
  f('text  \r\n', { message: 'text  ' })
  f('\n\0 <34>x', { facility: 4, severity: 2, message: 'x' })
  f('12 <34>x', { facility: 4, severity: 2, message: 'x' })
  f('12 <x', { message: '12 <x', format: 'raw' })
  f('  continuation', { message: '  continuation', format: 'raw' })
  f('<12345678901234567890123456789012>x', { facility: 1, message: 'x' })
  f('<123456789012345678901234567890123>x', { message: '<123456789012345678901234567890123>x' })
  f('<?xml version="1.0"?>', { message: '<?xml version="1.0"?>', format: 'raw' })
  f('\ufeff\ufeff<13>x', { message: '\ufeff<13>x' })
})

test('R2: charsets', () => {
  const bytes = (...list: number[]) => Buffer.from([...Buffer.from('<13>'), ...list])
  f(bytes(0xe9, 0x20), { message: 'é ' })
  f(bytes(0x80, 0x20), { message: '€ ' }, { charset: 'no-such-charset' })
  f(bytes(0xc3, 0xa9, 0xc3, 0xa9, 0xff, 0x20), { message: 'éé\ufffd ' })
  f(bytes(0xc3, 0xa9, 0xff, 0x20), { message: 'Ã©ÿ ' })
  f(bytes(0xf0, 0x9f, 0x99), { message: '\ufffd' })
  f(bytes(0xed, 0xa0, 0x80, 0x41), { message: 'í\u00a0€A' })
  f(bytes(0x95, 0x32, 0x82, 0x36, 0x41), { message: '\ud840\udc00A' }, { charset: 'gb2312' })
})

test('R5: RFC 5424 headers', () => {
  f('<13>1 2026-11-23 11:42:03 h a p m - x', {
    timestamp: at('2026-11-23T11:42:03Z'),
    hostname: 'h',
    msgId: 'm',
    message: 'x',
  })
  f('<13>1 2026-11-23T11:42:03 h a p m - x', { timestamp: at('2026-11-23T10:42:03Z') }, { timeZone: 'Europe/Berlin' })
  f('<13>1 2026-11-23T11:42:03Z h a [x@1 k="v"] text', {
    appName: 'a',
    procId: undefined,
    structuredData: sd({ 'x@1': { k: 'v' } }),
    message: 'text',
  })
  f('<13>1 - h a p m -', { timestamp: undefined, hostname: 'h', message: '', format: 'rfc5424' })
  f('<13>1 2026-11-23T11:42:03+24:00 h', { timestamp: undefined, hostname: 'h', format: 'rfc5424' })
  f('<13>999 2026-11-23T11:42:03Z h a p m - x', { hostname: 'h', format: 'rfc5424' })
  f('<13>1000 2026-11-23T11:42:03Z h a p m - x', { hostname: undefined, format: 'raw' })
  f('<192>1 2026-11-23T11:42:03Z h a p m - x', { facility: 1, hostname: 'h', format: 'rfc5424' })
  f('1 - h a p m - x', { format: 'raw', message: '1 - h a p m - x' })
  f('<13>1 2026-11-23T11:42:03Z h a p m - \ufeffx', { message: 'x' })
})

test('R6: structured data', () => {
  const data = (text: string) => parseMessage(Buffer.from(`<13>1 - h a p m ${text}`), { receivedAt })
  deepEqual(data('[ x@1  k="v" ]glued').structuredData, sd({ 'x@1': { k: 'v' } }))
  equal(data('[ x@1  k="v" ]glued').message, 'glued')
  deepEqual(data('[x k="1"][x k="2" j="3"]').structuredData, sd({ x: { k: ['1', '2'], j: '3' } }))
  deepEqual(data('[__proto__ constructor="1"]').structuredData, sd({ ['__proto__']: { constructor: '1' } }))
  for (const bad of [
    '[a b]',
    '[]',
    '[k=v]',
    '[x k="v"',
    '[x k="v"j="w"]',
    '[x k="v"w"]',
    '[x k="v"][y',
    '[x k = "v"]',
    '[a:"b"; c:"d"]',
  ]) {
    deepEqual([data(`${bad} t`).structuredData, data(`${bad} t`).message], [undefined, `${bad} t`])
  }
})

test('R7: timestamps', () => {
  const t = (time: string, iso: string | undefined, options: Partial<ParseOptions> = {}) =>
    f(
      `<13>${time} web1 app: x`,
      { timestamp: iso === undefined ? undefined : at(iso), hostname: 'web1', appName: 'app' },
      options,
    )
  t('Mon Nov 23 11:00:00 2026', '2026-11-23T11:00:00Z')
  t('Monday, Nov 23 11:00:00', '2026-11-23T11:00:00Z')
  t('Mon Nov 23 11:00:00 UTC 2025', '2025-11-23T11:00:00Z')
  t('Nov 23 11:00:00 +0200', '2026-11-23T09:00:00Z')
  t('Nov 23 11:00:00 GMT+2', '2026-11-23T09:00:00Z')
  t('Nov 23 1:00:00 AM', '2026-11-23T01:00:00Z')
  t('Nov 23 12:30:00 AM', '2026-11-23T00:30:00Z')
  t('Nov 23 13:30:00 PM', undefined)
  t('Nov 23 11:00:60', '2026-11-23T11:01:00Z')
  t('Nov 23 11:00:61', undefined)
  t('Nov 23 24:00:00', undefined)
  t('2026/11/23 11:00:00.123456789012', '2026-11-23T11:00:00.123Z')
  t('2026-11-23T11:00:00+02', '2026-11-23T09:00:00Z')
  t('2026-11-23 11:00:00 +0200', '2026-11-23T09:00:00Z')
  t('2026-02-29T11:00:00Z', undefined)
  t('0000-01-01T00:00:00Z', '0000-01-01T00:00:00Z')
  t('1795431600.5', '2026-11-23T11:00:00.5Z')
  t('2026:11:23-11:00:00', '2026-11-23T11:00:00Z')
  f('<13>Nov 23 11:00:00 2001:db8::1 app: x', { timestamp: at('2026-11-23T11:00:00Z'), hostname: '2001:db8::1' })
  f('<13>9999999999 web1 app: x', { timestamp: undefined, message: '9999999999 web1 app: x', format: 'raw' })
})

test('R8: year, daylight saving, ambiguous zone names', () => {
  const t = (time: string, iso: string | undefined, received: string, timeZone: string) =>
    f(
      `<13>${time} web1 app: x`,
      { timestamp: iso === undefined ? undefined : at(iso) },
      { receivedAt: at(received), timeZone },
    )
  t('Dec 31 16:00:00', '2027-01-01T00:00:00Z', '2027-01-01T00:00:01Z', 'America/Los_Angeles')
  t('Jan 01 08:00:00', '2027-01-01T00:00:00Z', '2026-12-31T23:59:00Z', 'Asia/Shanghai')
  t('Feb 29 08:00:00', undefined, '2026-11-23T12:00:00Z', 'UTC')
  t('Oct 25 02:30:00', '2026-10-25T00:30:00Z', '2026-10-25T00:30:05Z', 'Europe/Berlin')
  t('Oct 25 02:30:00', '2026-10-25T01:30:00Z', '2026-10-25T01:30:05Z', 'Europe/Berlin')
  t('Mar 29 02:30:00', '2026-03-29T01:30:00Z', '2026-03-29T01:31:00Z', 'Europe/Berlin')
  t('Nov 23 11:00:00 IST', '2026-11-23T05:30:00Z', '2026-11-23T12:00:00Z', 'UTC')
  t('Nov 23 11:00:00 IST', '2026-11-23T09:00:00Z', '2026-11-23T12:00:00Z', 'Asia/Jerusalem')
  t('Nov 23 11:00:00 CST', '2026-11-23T17:00:00Z', '2026-11-23T18:00:00Z', 'Europe/Berlin')
  t('Nov 23 11:00:00', '2026-11-23T03:00:00Z', '2026-11-23T12:00:00Z', '+08:00')
  t('Nov 23 11:00:00', '2026-11-23T11:00:00Z', '2026-11-23T12:00:00Z', 'No/Such_Zone')
})

test('R9: host and tag', () => {
  const t = (rest: string, want: Partial<SyslogMessage>) => f(`<13>Nov 23 11:00:00 ${rest}`, want)
  t('[192.0.2.7] app: x', { hostname: '192.0.2.7', appName: 'app', message: 'x' })
  t('[2001:db8::7] app: x', { hostname: '2001:db8::7', appName: 'app' })
  t('[12.5] text', { hostname: undefined, appName: undefined, message: '[12.5] text' })
  t('fe80::1%eth0 app: x', { hostname: 'fe80::1%eth0' })
  t('fw-dmz: %ASA-6-302013: x', { hostname: 'fw-dmz', appName: '%ASA-6-302013', message: 'x' })
  t('fwdmz: %ASA-6-302013: x', { hostname: 'fwdmz', appName: '%ASA-6-302013', message: 'x' })
  t('rechner-für-müller app: x', { hostname: 'rechner-für-müller' })
  t('web1 app[7] : x', { appName: 'app', procId: '7', message: 'x' })
  t('web1 - app[7]: x', { hostname: 'web1', appName: 'app' })
  t('web1 fe80::1 is gone', { hostname: 'web1', appName: undefined, message: 'fe80::1 is gone' })
  t('web1 192.0.2.1:22 is gone', { appName: undefined, message: '192.0.2.1:22 is gone' })
  t('web1 C:\\Windows is full', { appName: undefined, message: 'C:\\Windows is full' })
  t('web1 std::bad_alloc thrown', { appName: undefined, message: 'std::bad_alloc thrown' })
  t('web1 d41d8cd98f00b204e9800998ecf8427e is empty', {
    appName: undefined,
    message: 'd41d8cd98f00b204e9800998ecf8427e is empty',
  })
  t('web1 [ID 702911 auth.info] x', { msgId: '702911', message: 'x' })
  t('web1 --- last message repeated 1 time ---', {
    hostname: 'web1',
    appName: undefined,
    message: '--- last message repeated 1 time ---',
  })
  t('authpriv.notice dropbear[9]: x', { hostname: undefined, appName: 'dropbear', facility: 1 })
  t('mail.info is a host', { hostname: 'mail.info', message: 'is a host' })
  t('MSWinEventLog\t1\tx', { hostname: undefined, appName: 'MSWinEventLog', message: '1\tx' })
  t('CEF:0|a|b|c', { hostname: undefined, appName: undefined, message: 'CEF:0|a|b|c' })
})

test('R10, R11: no timestamp, Cisco', () => {
  f('<13>name[5] x', { appName: 'name', procId: '5', message: 'x', format: 'rfc3164' })
  f('<13>name:x', { appName: undefined, message: 'name:x', format: 'raw' })
  f('<13>12: x', { appName: undefined, message: '12: x', format: 'raw' })
  f('<13>app: Nov 23 11:00:00 x', { appName: 'app', timestamp: undefined, message: 'Nov 23 11:00:00 x' })
  f('<189>12: 13: Nov 23 11:00:00: %SYS-5-X: y', {
    timestamp: at('2026-11-23T11:00:00Z'),
    appName: '%SYS-5-X',
    message: 'y',
  })
  f('<189>: %SYS-5-X: y', { appName: '%SYS-5-X', message: 'y' })
  f('<189>r1: %SYS-5-X: y', { hostname: 'r1', appName: '%SYS-5-X', message: 'y' })
  f('<189>12: r1: 1w2d: %SYS-5-X: y', { hostname: 'r1', timestamp: undefined, appName: '%SYS-5-X' })
  f('<189>Nov 23 11:00:00 UTC: *%SYS-5-X: y', { appName: '%SYS-5-X', message: 'y' })
})

test('R12: control characters', () => {
  f('<13>a\r\nb\x7f\x1b', { message: 'a\nb#177#033' })
  f('<13>1 - h\x01 a p m [x k="\x02"] \x03', {
    hostname: 'h#001',
    structuredData: sd({ x: { k: '#002' } }),
    message: '#003',
  })
})

function sd(data: Record<string, Record<string, string | string[]>>): NonNullable<SyslogMessage['structuredData']> {
  const copy = Object.create(null)
  for (const id of Object.keys(data)) copy[id] = Object.assign(Object.create(null), data[id])
  return copy
}

// oxlint-disable-next-line no-control-regex -- control characters are the subject
const control = /[\u0000-\u0008\u000b-\u001f\u007f]/

function checkAny(frame: Buffer, options: ParseOptions): void {
  const message = parseMessage(frame, options)
  const { facility, severity, timestamp, format } = message
  ok(Number.isInteger(facility) && facility >= 0 && facility <= 23)
  ok(Number.isInteger(severity) && severity >= 0 && severity <= 7)
  ok(timestamp === undefined || Number.isInteger(timestamp), String(timestamp))
  ok(['raw', 'rfc3164', 'rfc5424'].includes(format))
  for (const text of [message.message, message.hostname, message.appName, message.procId, message.msgId]) {
    ok(text === undefined || !control.test(text))
  }
  for (const name of [message.hostname, message.appName, message.procId, message.msgId]) ok(name !== '')
}

const anyOptions = fc.record({
  receivedAt: fc.integer({ min: 0, max: 4_102_444_800_000 }),
  timeZone: fc.constantFrom('UTC', 'Europe/Berlin', 'Asia/Kathmandu', undefined),
  charset: fc.constantFrom(undefined, 'gbk', 'utf-16le', 'shift_jis'),
})

test('any bytes: never throws, no control characters but TAB and LF', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), anyOptions, (bytes, options) =>
      checkAny(Buffer.from(bytes), options),
    ),
    { numRuns: 5000 },
  )
})

test('mutated vectors: the same', () => {
  const frames = readVectors().map(vector => Buffer.from(vector.raw_b64, 'base64').subarray(0, 400))
  const edit = fc.record({ at: fc.nat(120), remove: fc.nat(6), insert: fc.uint8Array({ maxLength: 6 }) })
  const property = fc.property(
    fc.constantFrom(...frames),
    fc.array(edit, { maxLength: 4 }),
    anyOptions,
    (frame, edits, options) => {
      let bytes = frame
      for (const { at, remove, insert } of edits)
        bytes = Buffer.concat([bytes.subarray(0, at), insert, bytes.subarray(at + remove)])
      checkAny(bytes, options)
    },
  )
  fc.assert(property, { numRuns: 10_000 })
})

test('long hostile frames: work grows with length, not with its square', () => {
  const heads = [
    '',
    '<13>',
    '<13>Nov 23 11:00:00 ',
    '<13>Nov 23 11:00:00 h ',
    '<13>1 - ',
    '<13>1 - h a p m ',
    '<189>1: ',
    'date=2026-11-23 time=11:00:00 ',
  ]
  const bodies = [
    'a',
    ' ',
    ':',
    '[',
    ']',
    '[x k="',
    '[x k="v"]',
    '[x ',
    '"',
    '\\',
    '-',
    '1',
    '1: ',
    'a:',
    'a: ',
    '%',
    '%a-',
    '#011',
    '\t',
    '\r',
    '\0',
    '<',
    '. ',
    'a|',
    ' devname="',
    ' tz=',
    '\xff',
    '\xe4\xbd',
  ]
  for (const head of heads) {
    for (const body of bodies) {
      const frame = Buffer.concat([Buffer.from(head), Buffer.alloc(256 * 1024, body, 'latin1'), Buffer.from('\x01')])
      // Linear is some ms for all of them; with a square of 256 Ki this test would not end.
      checkAny(frame, { receivedAt })
    }
  }
})
