// fields.ts, time.ts and address.ts.
import { deepEqual, equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { formatAddress, parseAddress, parseIpv4, parseNetwork } from '../../src/query/address.ts'
import { findField, listFields, nearestField, verbatimFields } from '../../src/query/fields.ts'
import { parseTime, resolveTime } from '../../src/query/time.ts'

test('fields', () => {
  const names = 'message host app facility severity procid msgid peer transport format received timestamp'.split(' ')
  for (const name of names) equal(findField(name)?.name, name)
  const f = (alias: string, name: string, kind: string) =>
    deepEqual([findField(alias)?.name, findField(alias)?.kind], [name, kind], alias)
  f('hostname', 'host', 'keyword')
  f('app_name', 'app', 'keyword')
  f('msg', 'message', 'text')
  f('program', 'app', 'keyword')
  f('level', 'severity', 'severity')
  f('user', 'user.name', 'keyword')
  f('cmd', 'process.command_line', 'text')
  f('src', 'source.ip', 'address')
  f('Time', 'received', 'time')
  f('@timestamp', 'timestamp', 'time')
  f('sd.Ex@1.K', 'sd.Ex@1.K', 'keyword')
  f('fields.cfgPath', 'fields.cfgPath', 'keyword')
  f('fields.user.name', 'user.name', 'keyword')
  f('fields.host', 'fields.host', 'keyword')
  equal(findField('fields.'), undefined)
  equal(findField('toString'), undefined)
  equal(findField('sd.'), undefined)
  for (const name of verbatimFields) equal(findField(name)?.name, name)
  ok(listFields().some(field => field.alias === 'cmd' && field.name === 'process.command_line'))
  equal(nearestField('sevrity'), 'severity')
  equal(nearestField('proces.pid'), 'process.pid')
  equal(nearestField('command_lin'), 'command_line')
  equal(nearestField('xyzzy'), undefined)
  equal(nearestField('x'.repeat(5000)), undefined)
})

test('times', () => {
  const t = (text: string, start: string, end: string) =>
    deepEqual(parseTime(text), { start: Date.parse(start), end: Date.parse(end) }, text)
  t('2026', '2026-01-01', '2027-01-01')
  t('2026-12', '2026-12-01', '2027-01-01')
  t('2024-02-29', '2024-02-29', '2024-03-01')
  t('2026-11-23T12:30', '2026-11-23T12:30Z', '2026-11-23T12:31Z')
  t('2026-11-23 12:30:05', '2026-11-23T12:30:05Z', '2026-11-23T12:30:06Z')
  t('2026-11-23T12:30:05.5+01:00', '2026-11-23T11:30:05.500Z', '2026-11-23T11:30:05.501Z')
  t('1763899200000', '2025-11-23T12:00:00Z', '2025-11-23T12:00:00.001Z')
  for (const bad of [
    '',
    '2026-13',
    '2026-02-30',
    '2026-11-23T24:00',
    '2026-11-23T12:60',
    '26-11-23',
    '2026-11-23T12:00+25:00',
    'now',
  ]) {
    equal(parseTime(bad), undefined, bad)
  }
  const now = Date.UTC(2026, 10, 23, 12)
  equal(resolveTime('now', now), now)
  equal(resolveTime('now-1h+30m', now), now - 1_800_000)
  equal(resolveTime('now-1d/d', now), Date.UTC(2026, 10, 22))
  equal(resolveTime('now-1w', now), now - 7 * 86_400_000)
  equal(resolveTime('now-1y', now), undefined)
})

test('addresses', () => {
  const same = (text: string, canonical: string) => {
    const address = parseAddress(text)
    equal(address && formatAddress(address), canonical, text)
  }
  same('192.0.2.7', '192.0.2.7')
  same('0.0.0.0', '0.0.0.0')
  same('::', '::')
  same('2001:DB8:0:0:1:0:0:1', '2001:db8::1:0:0:1')
  same('1:0:3:4:5:6:7:8', '1:0:3:4:5:6:7:8')
  same('fe80::', 'fe80::')
  same('::ffff:192.0.2.7', '::ffff:c000:207')
  for (const bad of [
    '',
    '1.2.3',
    '1.2.3.4.5',
    '256.1.1.1',
    '01.2.3.4',
    '1.2.3.',
    ':',
    ':::',
    '1::2::3',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    'g::',
    '1.2.3.4::',
    '::1%eth0',
    '12345::',
  ]) {
    equal(parseAddress(bad), undefined, bad)
  }
  deepEqual(parseNetwork('10.1.2.3/8'), { version: 4, from: 10n << 24n, to: (11n << 24n) - 1n })
  equal(parseNetwork('10.0.0.0/33'), undefined)
  equal(parseNetwork('10.0.0.0'), undefined)
  equal(parseNetwork('x/8'), undefined)
  fc.assert(fc.property(fc.ipV4(), text => equal(formatAddress({ version: 4, value: BigInt(parseIpv4(text)) }), text)))
  fc.assert(
    fc.property(fc.ipV6(), text => {
      const address = parseAddress(text)
      ok(address !== undefined, text)
      deepEqual(parseAddress(formatAddress(address)), address)
    }),
  )
})
