// Sources → the rows of the Hosts page.
import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import type { SourceAnswer } from '../../../web/src/api/answers.ts'
import { filterHosts, hostsOf, readHostFilter } from '../../../web/src/hosts/host.ts'

const source = (given: Partial<SourceAnswer>): SourceAnswer => ({
  id: 1,
  hostname: 'web01',
  peer: '192.0.2.7',
  transport: 'tcp',
  channel: 'auth',
  state: 'live',
  first_seen: '2026-11-01T00:00:00.000Z',
  last_seen: '2026-11-23T12:00:00.000Z',
  records: 10,
  hours: Array.from({ length: 24 }, () => 1),
  usual_pause_seconds: 300,
  silent_after_seconds: 900,
  expected: false,
  muted: false,
  muted_until: null,
  clock_offset_seconds: 0,
  suggested_zone: null,
  alert: null,
  ...given,
})
const names = (sources: readonly SourceAnswer[]) => hostsOf(sources).map(host => host.name)

test('one row per host name, or per peer without one', () => {
  const [unnamed, web01, ...others] = hostsOf([
    source({ channel: 'cron', usual_pause_seconds: 3600, last_seen: '2026-11-23T11:00:00.000Z' }),
    source({ channel: 'auth', transport: 'udp', peer: '192.0.2.8' }),
    source({ channel: 'auth' }),
    source({ hostname: null, peer: '192.0.2.9' }),
    source({ channel: 'sudo', peer: '', transport: null, last_seen: null, usual_pause_seconds: null }),
  ])
  equal(others.length, 0)
  deepEqual([unnamed?.name, unnamed?.query], ['192.0.2.9', 'peer:192.0.2.9'])
  deepEqual([web01?.name, web01?.query], ['web01', 'host:web01'])
  deepEqual(
    web01?.channels.map(each => each.channel),
    ['auth', 'sudo', 'cron'],
  )
  deepEqual(
    [web01?.peers, web01?.transports],
    [
      ['192.0.2.7', '192.0.2.8'],
      ['tcp', 'udp'],
    ],
  )
  equal(web01?.last_seen, '2026-11-23T12:00:00.000Z')
  equal(web01?.usualPauseSeconds, 300)
  deepEqual(web01?.hours, Array(24).fill(4))
})

test('silence of a part is not silence of the host, and nobody waits for what is muted or retired', () => {
  const state = (...given: readonly Partial<SourceAnswer>[]) => {
    const [host] = hostsOf(given.map(source))
    return [host?.state, host?.isPart, host?.muted]
  }
  deepEqual(state({ state: 'silent' }), ['silent', false, false])
  deepEqual(state({ state: 'silent' }, { channel: 'cron' }), ['silent', true, false])
  deepEqual(state({ state: 'silent' }, { channel: 'cron', state: 'retired' }), ['silent', false, false])
  deepEqual(state({ state: 'silent', muted: true }, { channel: 'cron' }), ['live', false, false])
  deepEqual(state({ state: 'silent', muted: true }), ['silent', false, true])
  const before = '2026-11-22T12:00:00.000Z'
  deepEqual(
    state({ state: 'silent', peer: '192.0.2.200', last_seen: before }, {}),
    ['live', false, false],
    'a new address',
  )
  deepEqual(state({ peer: '192.0.2.200', last_seen: before }, { state: 'silent' }), ['silent', false, false])
  deepEqual(state({ state: 'retired' }), ['retired', false, false])
})

test('what needs somebody stands first, names by their numbers', () => {
  deepEqual(
    names([
      source({ hostname: 'gone', state: 'retired' }),
      source({ hostname: 'web10' }),
      source({ hostname: 'hushed', state: 'silent', muted: true }),
      source({ hostname: 'web9' }),
      source({ hostname: 'late', state: 'late' }),
      source({ hostname: 'silent', state: 'silent' }),
      source({ hostname: 'fresh', state: 'new' }),
    ]),
    ['silent', 'late', 'fresh', 'web9', 'web10', 'hushed', 'gone'],
  )
})

test('the clock that is off furthest, not a message on its way', () => {
  const clockOf = (...given: readonly Partial<SourceAnswer>[]) => hostsOf(given.map(source))[0]?.clock?.id
  equal(clockOf({ clock_offset_seconds: -4 }), undefined)
  equal(clockOf({ clock_offset_seconds: null }), undefined)
  equal(clockOf({ id: 1, clock_offset_seconds: 6 }, { id: 2, clock_offset_seconds: -312 }), 2)
})

test('the filter of the URL: a state that some channel has, and every word', () => {
  const hosts = hostsOf([
    source({ channel: 'history', state: 'silent' }),
    source({ channel: 'auth' }),
    source({ hostname: 'db01', transport: 'udp', peer: '198.51.100.3' }),
    source({ hostname: null, peer: '192.0.2.99' }),
  ])
  const found = (query: { readonly [name: string]: string }) =>
    filterHosts(hosts, readHostFilter(query)).map(host => host.name)
  deepEqual(found({}), ['web01', '192.0.2.99', 'db01'])
  deepEqual(found({ state: 'loud' }), ['web01', '192.0.2.99', 'db01'])
  deepEqual(found({ state: 'silent' }), ['web01'])
  deepEqual(found({ state: 'live', text: 'WEB  auth' }), ['web01'])
  deepEqual(found({ text: 'udp 198.51' }), ['db01'])
  deepEqual(found({ text: 'udp web01' }), [])
})
