// The table of sources: who sends what, how often, and who fell silent. Fed per batch with what was committed; looked
// over every few seconds. Knows no timers and no disk: the clock and the rows it begins with come in as arguments.
//
//   new ──rhythm known──► live ──half its time──► late ──all of it──► silent ──30 days──► retired
//    ▲                      ▲───────────── a record ──────────────────────┘                  │
//    └──────────────────────────────────── a record ─────────────────────────────────────────┘
//
// Silence is measured in watched time: while Picket is not running, or cannot store, nobody grows silent.
import type { Clock } from '../base/clock.ts'
import { type Channel, channels } from '../model/channel.ts'
import type { Transport } from '../model/record.ts'
import { recordId } from '../model/row.ts'
import { type Source, type SourceCounts, sourceColumn, sourceColumns } from '../model/source.ts'
import type { SourceDecision, StoredSource, StoredSources } from '../store/store.ts'
import { addOffset, clockOffset, emptyClockLedger } from './clock-ledger.ts'
import { emptyRhythm, fade, learnPause, usualPause } from './rhythm.ts'
import type { SourceSettings, WatchSettings } from './source-settings.ts'

const minuteMs = 60_000
const hourMs = 3_600_000
const dayMs = 86_400_000
/** Nothing counts as silent sooner, unless `silentAfter` says so. */
const leastAllowanceMs = 15 * minuteMs
/** What is expected, and has no time of its own, may take a day to come. */
const expectedWithinMs = dayMs
/** A rhythm is known after a day that holds at least so many appearances … */
const learningMs = dayMs
const leastAppearances = 8
/** … and settled after eight: a week's end was among them. */
const settlingMs = 8 * dayMs
/** After a start or a gap, senders need time to find Picket again. */
const returnMs = 5 * minuteMs
/** Silent for so long, or seen once and never again, a source is retired by itself. */
const retireMs = 30 * dayMs
/** Records closer together are one appearance. */
const appearanceMs = 1000
/** A look that comes later than this after the one before was not watching in between: the machine slept. */
const longestStepMs = 60_000
/** Each row takes about 1 KB. */
const maxSources = 50_000
/** Rows that are dropped together when the table is full: each time costs a sort. */
const dropShare = 0.05

/** The state of a row that this module changes; `Source` is what others see of it. */
export type SourceRow = StoredSource & {
  /** Newer than what is stored. */
  isChanged: boolean
  settings: WatchSettings
}

type Look = {
  /** Rows that became silent, and whose host says nothing else in this channel. */
  readonly silent: readonly SourceRow[]
  /** Rows that an alert tells of and that nobody need wait for any more. */
  readonly ended: readonly SourceRow[]
}

export type SourceTable = {
  /** Counts a committed batch. */
  observe(counts: SourceCounts, day: string, firstSeq: number): void
  /** Looks over all rows. `isWatching`: records are being received and stored at this moment. */
  look(isWatching: boolean): Look
  rows(): Iterable<SourceRow>
  find(id: number): SourceRow | undefined
  view(row: SourceRow): Source
  /** What a person decided; false when there is no such row. */
  decide(id: number, decision: SourceDecision): boolean
  /** Rows that are not stored as they are, at most `limit`; they count as stored from now on. */
  takeChanged(limit: number): readonly StoredSource[]
  /** Ids that were dropped for lack of room, since the last call. */
  takeDropped(): readonly number[]
  /** What must be stored beside the rows. */
  watched(): StoredSources['watch']
  readonly size: number
}

export function createSourceTable(options: {
  readonly clock: Clock
  readonly settings: SourceSettings
  readonly stored: StoredSources
  readonly limit?: number
}): SourceTable {
  const { clock, settings, stored, limit = maxSources } = options
  const byKey = new Map<string, SourceRow>()
  const byId = new Map<number, SourceRow>()
  /** Rows by host and channel: they stand in for each other. */
  const byHost = new Map<string, Set<SourceRow>>()
  let { watchedMs, nextId } = stored.watch
  let lookedAt = clock.monotonic()
  let wallOffset = clock.now() - lookedAt
  /** Watched time at which the present stretch of watching began. */
  let watchingFrom = watchedMs
  let dropped: number[] = []

  for (const row of stored.rows) add({ ...row, isChanged: false, settings: settings.watch(row.hostname, row.peer) })
  for (const hostname of settings.expectedHosts) expect(hostname)

  function add(row: SourceRow): void {
    if (byKey.size >= limit) dropOldest()
    byKey.set(keyOf(row.peer, row.transport ?? '', row.channel, row.hostname), row)
    byId.set(row.id, row)
    const host = hostOf(row)
    const rows = byHost.get(host)
    if (rows === undefined) byHost.set(host, new Set([row]))
    else rows.add(row)
  }

  function remove(row: SourceRow): void {
    byKey.delete(keyOf(row.peer, row.transport ?? '', row.channel, row.hostname))
    byId.delete(row.id)
    const host = hostOf(row)
    const rows = byHost.get(host)
    rows?.delete(row)
    if (rows?.size === 0) byHost.delete(host)
    dropped.push(row.id)
  }

  /** Those nobody has learned to know go first: a flood of invented names must not push out the real ones. */
  function dropOldest(): void {
    const rank = (row: SourceRow): number => (row.mutedUntil !== null ? 2 : row.state === 'new' ? 0 : 1)
    const oldest = [...byId.values()].toSorted((a, b) => rank(a) - rank(b) || (a.lastAt ?? 0) - (b.lastAt ?? 0))
    for (const row of oldest.slice(0, Math.max(1, Math.floor(limit * dropShare)))) remove(row)
  }

  function newRow(
    place: Pick<StoredSource, 'peer' | 'hostname' | 'transport' | 'channel' | 'timeZone'>,
    at: number,
  ): SourceRow {
    const row: SourceRow = {
      id: nextId++,
      ...place,
      firstAt: at,
      lastAt: null,
      records: 0,
      lastId: null,
      state: 'new',
      mutedUntil: null,
      firstWatched: watchedMs,
      lastWatched: watchedMs,
      appearances: 0,
      rhythm: null,
      fadedDay: Math.floor(at / dayMs),
      hours: [],
      hoursAt: Math.floor(at / hourMs),
      clock: emptyClockLedger(),
      isSilenceTold: false,
      alertId: null,
      isChanged: true,
      settings: settings.watch(place.hostname, place.peer),
    }
    add(row)
    return row
  }

  /** Rows for what should come and has not. */
  function expect(hostname: string, peer = ''): void {
    const wanted = settings.watch(hostname, peer).expect
    const rows = byHost.get(hostname === '' ? peer : hostname)
    for (const channel of wanted) {
      if ([...(rows ?? [])].some(row => row.channel === channel)) continue
      newRow({ peer: '', hostname, transport: null, channel, timeZone: '' }, clock.now())
    }
  }

  function seen(row: SourceRow, counts: SourceCounts, base: number, lastId: string): void {
    const { numbers } = counts
    const firstAt = numbers[base + sourceColumn.firstAt] as number
    const lastAt = numbers[base + sourceColumn.lastAt] as number
    const pauseMs = row.lastAt === null ? 0 : firstAt - row.lastAt
    if (row.lastAt === null || pauseMs >= appearanceMs) row.appearances++
    if (row.lastAt !== null && pauseMs >= minuteMs) {
      row.rhythm ??= emptyRhythm()
      // what Picket did not watch is no pause of the sender
      learnPause(row.rhythm, row.lastAt, Math.min(pauseMs, watchedMs - row.lastWatched + longestStepMs))
    }
    const records = numbers[base + sourceColumn.records] as number
    countHour(row, lastAt, records)
    row.records += records
    row.lastAt = Math.max(row.lastAt ?? 0, lastAt)
    row.lastId = lastId
    if (row.state === 'retired') {
      row.firstWatched = watchedMs
      row.appearances = 1
    }
    // a record between two looks is not as old as the look before it
    row.lastWatched = watchedMs + Math.min(longestStepMs, Math.max(0, clock.monotonic() - lookedAt))
    row.isSilenceTold = false
    row.state = isKnown(row) ? 'live' : 'new'
    row.isChanged = true
    addOffset(row.clock, numbers[base + sourceColumn.clockOffset] as number, lastAt)
  }

  function isKnown(row: SourceRow): boolean {
    if (row.settings.silentAfterMs !== undefined || row.settings.expect.includes(row.channel)) return true
    return watchedMs - row.firstWatched >= learningMs && row.appearances >= leastAppearances
  }

  function rhythmOf(row: SourceRow): number | null {
    if (row.lastAt === null || !isKnown(row)) return null
    if (row.rhythm === null) return minuteMs
    return usualPause(row.rhythm, row.lastAt, watchedMs - row.firstWatched >= settlingMs)
  }

  /** How long it may be silent, ms of watched time; undefined while nothing is expected of it. */
  function allowanceOf(row: SourceRow): number | undefined {
    const { silentAfterMs, expect } = row.settings
    if (silentAfterMs !== undefined) return silentAfterMs
    if (row.lastAt === null) return expectedWithinMs
    if (expect.includes(row.channel) && row.appearances < leastAppearances) return expectedWithinMs
    const rhythm = rhythmOf(row)
    return rhythm === null ? undefined : Math.max(leastAllowanceMs, 2 * rhythm)
  }

  /** Another peer or transport brings the same channel of the same host. */
  function isCovered(row: SourceRow): boolean {
    const rows = byHost.get(hostOf(row))
    if (rows === undefined) return false
    for (const other of rows)
      if (
        other !== row &&
        other.channel === row.channel &&
        other.lastAt !== null &&
        other.lastWatched > row.lastWatched
      )
        return true
    return false
  }

  function judge(row: SourceRow): void {
    if (row.state === 'retired') return
    const silentMs = watchedMs - row.lastWatched
    const allowance = allowanceOf(row)
    const before = row.state
    if (allowance === undefined) {
      if (silentMs > retireMs) row.state = 'retired'
    } else if (silentMs > allowance) row.state = silentMs > retireMs + allowance ? 'retired' : 'silent'
    else if (row.lastAt !== null) row.state = silentMs > allowance / 2 ? 'late' : 'live'
    if (row.state !== before) row.isChanged = true
  }

  function isMuted(row: SourceRow): boolean {
    return row.settings.isMuted || (row.mutedUntil !== null && row.mutedUntil > clock.now())
  }

  return {
    get size() {
      return byId.size
    },
    observe(counts, day, firstSeq) {
      const { origins, hosts, numbers } = counts
      for (let base = 0; base < numbers.length; base += sourceColumns) {
        const origin = origins[numbers[base + sourceColumn.origin] as number]
        if (origin === undefined) throw new Error('BUG: a source of no origin')
        const [peer, transport, timeZone] = origin
        if (transport === 'internal') continue // Picket's own records
        const hostname = hosts[numbers[base + sourceColumn.host] as number] ?? ''
        const channel = channels[numbers[base + sourceColumn.channel] as number] as Channel
        const at = numbers[base + sourceColumn.firstAt] as number
        let row = byKey.get(keyOf(peer, transport, channel, hostname))
        if (row === undefined) {
          const awaited = byKey.get(keyOf('', '', channel, hostname === '' ? peer : hostname))
          const isNewHost = byHost.get(hostname === '' ? peer : hostname) === undefined
          row = newRow({ peer, hostname, transport: transport as Transport, channel, timeZone }, at)
          if (awaited !== undefined) {
            row.alertId = awaited.alertId
            remove(awaited)
          }
          if (isNewHost) expect(hostname, peer)
        }
        row.timeZone = timeZone
        seen(row, counts, base, recordId(day, firstSeq + (numbers[base + sourceColumn.lastRow] as number)))
      }
    },
    look(isWatching) {
      const now = clock.monotonic()
      const step = now - lookedAt
      const offset = clock.now() - now
      const isGap = !isWatching || step > longestStepMs || Math.abs(offset - wallOffset) > longestStepMs
      lookedAt = now
      wallOffset = offset
      if (isGap) {
        watchingFrom = watchedMs
        return { silent: [], ended: [] }
      }
      watchedMs += step
      const today = Math.floor(clock.now() / dayMs)
      const silent: SourceRow[] = []
      const ended: SourceRow[] = []
      for (const row of byId.values()) {
        if (row.rhythm !== null && row.fadedDay < today) {
          fade(row.rhythm, today - row.fadedDay)
          row.fadedDay = today
        }
        judge(row)
        if (row.alertId !== null && (!row.isSilenceTold || row.state !== 'silent' || isMuted(row) || isCovered(row)))
          ended.push(row)
        if (row.state !== 'silent' || row.isSilenceTold || isMuted(row) || isCovered(row)) continue
        const allowance = allowanceOf(row) ?? 0
        if (watchedMs - watchingFrom >= Math.min(returnMs, allowance)) silent.push(row)
      }
      return { silent, ended }
    },
    rows: () => byId.values(),
    find: id => byId.get(id),
    view(row) {
      return {
        id: row.id,
        peer: row.peer,
        hostname: row.hostname,
        transport: row.transport,
        channel: row.channel,
        timeZone: row.timeZone,
        firstAt: row.firstAt,
        lastAt: row.lastAt,
        records: row.records,
        lastId: row.lastId,
        hours: lastHours(row, clock.now()),
        state: row.state,
        rhythmMs: rhythmOf(row),
        silentAfterMs: allowanceOf(row) ?? null,
        isExpected: row.settings.expect.includes(row.channel),
        isMuted: isMuted(row),
        mutedUntil: row.mutedUntil,
        clockOffsetMs: clockOffset(row.clock),
        clockJumps: row.clock.jumps,
        alertId: row.alertId,
      }
    },
    decide(id, decision) {
      const row = byId.get(id)
      if (row === undefined) return false
      if (decision.mutedUntil !== undefined) row.mutedUntil = decision.mutedUntil
      if (decision.isRetired) row.state = 'retired'
      row.isChanged = true
      return true
    },
    takeChanged(limit) {
      const taken: StoredSource[] = []
      for (const row of byId.values()) {
        if (!row.isChanged) continue
        if (taken.length === limit) break
        row.isChanged = false
        const { isChanged: _, settings: __, ...plain } = row
        taken.push(plain)
      }
      return taken
    },
    takeDropped() {
      const taken = dropped
      dropped = []
      return taken
    },
    watched: () => ({ watchedMs, nextId }),
  }
}

/** The name that a host goes by, or the address of a sender that gives none. */
export function hostOf({ hostname, peer }: Pick<Source, 'hostname' | 'peer'>): string {
  return hostname === '' ? peer : hostname
}

function keyOf(peer: string, transport: string, channel: string, hostname: string): string {
  return `${peer} ${transport} ${channel} ${hostname}`
}

function countHour(row: SourceRow, at: number, records: number): void {
  const hour = Math.floor(at / hourMs)
  if (row.hours.length === 0) row.hours = Array.from({ length: 24 }, () => 0)
  for (let h = Math.max(row.hoursAt + 1, hour - 23); h <= hour; h++) row.hours[h % 24] = 0
  row.hoursAt = Math.max(row.hoursAt, hour)
  if (hour > row.hoursAt - 24) row.hours[hour % 24] = (row.hours[hour % 24] as number) + records
}

function lastHours(row: SourceRow, now: number): readonly number[] {
  const hour = Math.floor(now / hourMs)
  return Array.from({ length: 24 }, (_, i) => {
    const h = hour - 23 + i
    return h > row.hoursAt || h <= row.hoursAt - 24 ? 0 : (row.hours[h % 24] ?? 0)
  })
}
