// Sources → hosts: one row per host with its channels, the worst state first. Pure.
import { channels } from '../../../src/model/channel.ts'
import { sourceStates } from '../../../src/model/source.ts'
import type { Channel, SourceAnswer, SourceState } from '../api/answers.ts'
import { clause } from '../search/clause.ts'

/** One channel of a host, however many peers and transports it comes by. */
export type HostChannel = {
  readonly channel: Channel
  readonly state: SourceState
  readonly muted: boolean
  readonly last_seen: string | null
}

export type Host = {
  /** Its host name, or the peer of those who give none. */
  readonly name: string
  readonly sources: readonly SourceAnswer[]
  readonly channels: readonly HostChannel[]
  readonly state: SourceState
  /** What is silent is only a part of what it sends. */
  readonly isPart: boolean
  /** Everything that is not retired is muted. */
  readonly muted: boolean
  readonly last_seen: string | null
  /** The usual pause of its busiest source, seconds. */
  readonly usualPauseSeconds: number | null
  /** The source whose clock is off furthest; undefined while all clocks are right or not known. */
  readonly clock: SourceAnswer | undefined
  readonly peers: readonly string[]
  readonly transports: readonly string[]
  readonly hours: readonly number[]
  /** The search for its records. */
  readonly query: string
}

export type HostFilter = { readonly state: SourceState | undefined; readonly text: string }

/** As they are listed and offered as a filter: what needs somebody first. */
export const statesByUrgency = ['silent', 'late', 'new', 'live', 'retired'] as const satisfies readonly SourceState[]

/** A message on its way and a clock that drifts between two NTP answers are no news. */
const clockToleranceSeconds = 5

export function hostsOf(sources: readonly SourceAnswer[]): readonly Host[] {
  const byHost = Map.groupBy(sources, source => source.hostname ?? source.peer)
  return [...byHost]
    .map(([name, members]) => hostOf(name, members))
    .toSorted((a, b) => urgency(a) - urgency(b) || a.name.localeCompare(b.name, 'en', { numeric: true }))
}

/** The filter of the URL; a state that is not known is every state. */
export function readHostFilter(query: { readonly [name: string]: string | undefined }): HostFilter {
  return { state: sourceStates.find(state => state === query['state']), text: query['text'] ?? '' }
}

/** Hosts with a channel in the state, and every word somewhere in name, peers, transports or channels. */
export function filterHosts(hosts: readonly Host[], { state, text }: HostFilter): readonly Host[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean)
  return hosts.filter(host => {
    if (state !== undefined && !hasState(host, state)) return false
    const inside = [host.name, ...host.peers, ...host.transports, ...host.channels.map(each => each.channel)]
    const haystack = inside.join(' ').toLowerCase()
    return words.every(word => haystack.includes(word))
  })
}

export function hasState(host: Host, state: SourceState): boolean {
  return host.channels.some(channel => channel.state === state)
}

/** True when the sender's clock is so far from Picket's that a person should look. */
export function isClockOff(source: SourceAnswer): boolean {
  const { clock_offset_seconds: offset, suggested_zone: zone } = source
  return zone !== null || (offset !== null && Math.abs(offset) > clockToleranceSeconds)
}

function hostOf(name: string, members: readonly SourceAnswer[]): Host {
  const sources = members.toSorted(
    (a, b) => channels.indexOf(a.channel) - channels.indexOf(b.channel) || a.peer.localeCompare(b.peer),
  )
  const heard = channelsOf(sources)
  const activeChannels = heard.filter(({ state }) => state !== 'retired')
  const watched = activeChannels.filter(({ muted }) => !muted)
  const active = sources.filter(({ state }) => state !== 'retired')
  // Nobody waits for what is muted: its silence is not the host's.
  const state = worst(watched.length > 0 ? watched : activeChannels)
  const pauses = active.map(source => source.usual_pause_seconds).filter(pause => pause !== null)
  const [first] = sources
  return {
    name,
    sources,
    channels: heard,
    state,
    isPart: state === 'silent' && activeChannels.some(channel => channel.state !== 'silent'),
    muted: activeChannels.length > 0 && watched.length === 0,
    last_seen: latest(sources),
    usualPauseSeconds: pauses.length === 0 ? null : Math.min(...pauses),
    clock: active.filter(isClockOff).toSorted((a, b) => offsetOf(b) - offsetOf(a))[0],
    peers: distinct(sources.map(source => source.peer)),
    transports: distinct(sources.map(source => source.transport ?? '')),
    hours: sumOfHours(sources),
    query: first?.hostname === null ? clause('peer', name) : clause('host', name),
  }
}

/** A channel is as its newest source is: a host that has a new address has not fallen silent at the old one. */
function channelsOf(sources: readonly SourceAnswer[]): readonly HostChannel[] {
  return [...Map.groupBy(sources, source => source.channel)].map(([channel, members]) => {
    const active = members.filter(({ state }) => state !== 'retired')
    const newest = (active.length > 0 ? active : members).reduce((a, b) => (heardAt(b) > heardAt(a) ? b : a))
    return { channel, state: newest.state, muted: newest.muted, last_seen: newest.last_seen }
  })
}

function heardAt({ last_seen: at }: SourceAnswer): string {
  return at ?? ''
}

function worst(given: readonly HostChannel[]): SourceState {
  return statesByUrgency.find(state => given.some(channel => channel.state === state)) ?? 'retired'
}

/** Muted hosts stand behind all that are watched, before the retired. */
function urgency(host: Host): number {
  return statesByUrgency.indexOf(host.muted ? 'live' : host.state) + (host.muted ? 0.5 : 0)
}

function latest(sources: readonly SourceAnswer[]): string | null {
  return sources.reduce<string | null>((last, { last_seen: at }) => {
    if (at === null) return last
    return last === null || at > last ? at : last
  }, null)
}

function offsetOf(source: SourceAnswer): number {
  return Math.abs(source.clock_offset_seconds ?? 0)
}

function distinct(values: readonly string[]): readonly string[] {
  return [...new Set(values)].filter(value => value !== '').toSorted()
}

function sumOfHours(sources: readonly SourceAnswer[]): readonly number[] {
  return Array.from({ length: 24 }, (_, hour) => sources.reduce((sum, { hours }) => sum + (hours[hour] ?? 0), 0))
}
