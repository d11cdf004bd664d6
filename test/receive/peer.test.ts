import { equal, ok, throws } from 'node:assert/strict'
import { test } from 'node:test'
import { isPicketError } from '../../src/base/errors.ts'
import { canonicalAddress, parseAllowList } from '../../src/receive/peer.ts'
import { createUdpSources } from '../../src/receive/udp-sources.ts'

test('one form of an address', () => {
  const f = (address: string, want: string) => equal(canonicalAddress(address), want)
  f('192.0.2.7', '192.0.2.7')
  f('::ffff:192.0.2.7', '192.0.2.7')
  f('2001:db8::1', '2001:db8::1')
  f('fe80::1%eth0', 'fe80::1')
  f('::ffff:1', '::ffff:1')
})

test('an empty list allows everyone', () => {
  ok(parseAllowList([])('203.0.113.9'))
})

test('addresses and networks', () => {
  const allow = parseAllowList(['10.0.0.0/8', '192.0.2.7', '2001:db8::/32', '::1'])
  for (const peer of ['10.1.2.3', '192.0.2.7', '2001:db8:1::5', '::1']) ok(allow(peer), peer)
  for (const peer of ['11.0.0.1', '192.0.2.8', '2001:db9::1', '::2', '']) ok(!allow(peer), peer)
})

test('everything and one address', () => {
  ok(parseAllowList(['0.0.0.0/0'])('203.0.113.9'))
  ok(!parseAllowList(['0.0.0.0/0'])('2001:db8::1'))
  ok(parseAllowList(['::/0'])('2001:db8::1'))
  ok(parseAllowList(['192.0.2.7/32'])('192.0.2.7'))
})

test('an entry that is neither is refused', () => {
  for (const entry of ['', 'x', '10.0.0.0/33', '10.0.0.0/', '10.0.0.0/8/8', '::/129', '10.0.0.0/-1', 'web01']) {
    throws(
      () => parseAllowList([entry]),
      error => isPicketError(error, 'CONFIG_INVALID'),
      entry,
    )
  }
})

test('sources of datagrams: the same object while the peer is recent, and a bound on how many', () => {
  const sourceOf = createUdpSources(() => true)
  const first = sourceOf('192.0.2.1')
  for (let n = 0; n < 4000; n++) sourceOf(`10.0.${n >> 8}.${n & 255}`)
  equal(sourceOf('192.0.2.1'), first, 'still the same')
  for (let n = 0; n < 20_000; n++) sourceOf(`10.1.${n >> 8}.${n & 255}`)
  ok(sourceOf('192.0.2.1') !== first, 'forgotten after thousands of others')
})
