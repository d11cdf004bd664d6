// What the System and Overview pages, /metrics and /readyz tell of the running service.
import { statfsSync } from 'node:fs'
import type { Clock } from '../base/clock.ts'
import type { HostStatus, ListenerStatus, SystemStatus } from '../http/services.ts'
import { facilityNames } from '../model/severity.ts'
import { dayPath, listDamaged } from '../store/sqlite/day-file.ts'
import type { HostSeen } from '../store/store.ts'
import type { Intake } from './intake.ts'
import type { ListenerState } from './messages.ts'
import type { SearchPool } from './search-pool.ts'
import type { Writer } from './writer.ts'

/** Hosts are counted over this many days; older ones are gone from the list, not from the store. */
const hostDays = 30
const dayMs = 86_400_000

export type Rate = {
  /** Tells of records stored just now. */
  add(records: number): void
  /** Mean of the last minute, per second. */
  perSecond(): number
}

/** Counts records in one-second steps over the last minute. */
export function createRate(clock: Pick<Clock, 'monotonic'>): Rate {
  const seconds = new Float64Array(60)
  const startedAt = clock.monotonic()
  let last = Math.floor(startedAt / 1000)
  function turnTo(second: number): void {
    for (let s = last + 1; s <= Math.min(second, last + 60); s++) seconds[s % 60] = 0
    last = Math.max(last, second)
  }
  return {
    add(records) {
      const second = Math.floor(clock.monotonic() / 1000)
      turnTo(second)
      seconds[second % 60] = (seconds[second % 60] as number) + records
    },
    perSecond() {
      const now = clock.monotonic()
      turnTo(Math.floor(now / 1000))
      const span = Math.min(60, Math.max(1, (now - startedAt) / 1000))
      return seconds.reduce((sum, count) => sum + count, 0) / span
    },
  }
}

export type ListenerRates = {
  /** The counters of all listeners at one moment. */
  note(listeners: readonly ListenerState[]): void
  /** Frames of the last minute, per second. */
  perSecond(listener: Pick<ListenerState, 'transport' | 'port'>): number
}

export function createListenerRates(clock: Pick<Clock, 'monotonic'>): ListenerRates {
  const known = new Map<string, { readonly rate: Rate; frames: number }>()
  const nameOf = ({ transport, port }: Pick<ListenerState, 'transport' | 'port'>): string => `${transport} ${port}`
  return {
    note(listeners) {
      for (const listener of listeners) {
        const one = known.get(nameOf(listener)) ?? { rate: createRate(clock), frames: 0 }
        known.set(nameOf(listener), one)
        one.rate.add(listener.counters.frames - one.frames)
        one.frames = listener.counters.frames
      }
    },
    perSecond: listener => known.get(nameOf(listener))?.rate.perSecond() ?? 0,
  }
}

type StatusParts = {
  readonly version: string
  readonly dataDir: string
  readonly startedAt: number
  readonly clock: Clock
  readonly pool: SearchPool
  readonly intake: () => Intake | undefined
  readonly writer: Writer
  readonly rate: Rate
  readonly listenerRates: ListenerRates
  /** Sentences of other parts: rule findings, mail that fails. */
  readonly warnings: () => readonly string[]
}

export async function systemStatus(parts: StatusParts): Promise<SystemStatus> {
  const totals = await parts.pool.run({ method: 'totals', q: '', request: {} })
  const { bsize, bavail, blocks } = statfsSync(parts.dataDir)
  const disk = { freeBytes: bavail * bsize, totalBytes: blocks * bsize }
  const trouble = parts.writer.trouble()
  const warnings = [
    ...(trouble === undefined
      ? []
      : [`Records cannot be stored: ${trouble}. Senders by TCP wait; datagrams are dropped and counted.`]),
    ...((totals.newest ?? 0) > parts.clock.now() + dayMs
      ? ['The newest record was received in the future: this machine had a wrong clock. Newer records join its day.']
      : []),
    ...listDamaged(parts.dataDir).map(
      name =>
        `A damaged file was set aside: ${dayPath(parts.dataDir, name)}. Searches read what is left of it; \`picket doctor\` says what to do.`,
    ),
    ...parts.warnings(),
  ]
  return {
    version: parts.version,
    startedAt: parts.startedAt,
    receive: (parts.intake()?.listeners() ?? []).map(listener => listenerStatus(listener, parts.listenerRates)),
    store: totals,
    recordsPerSecond: parts.rate.perSecond(),
    disk,
    warnings,
  }
}

export async function hostStatus(pool: SearchPool, now: number): Promise<readonly HostStatus[]> {
  const hosts = await pool.run({ method: 'hosts', q: '', request: { from: now - hostDays * dayMs } })
  return hosts
    .map(({ facilities, ...host }: HostSeen) => ({
      ...host,
      channels: facilities.map(([facility, lastSeen]) => ({
        name: facilityNames[facility] ?? String(facility),
        lastSeen,
      })),
    }))
    .toSorted((a, b) => b.lastSeen - a.lastSeen)
}

function listenerStatus(listener: ListenerState, rates: ListenerRates): ListenerStatus {
  const { transport, address, port, counters } = listener
  const { frames, bytes, dropped, kernelDrops, openConnections } = counters
  const framesPerSecond = rates.perSecond(listener)
  const base = {
    transport,
    address,
    port,
    frames,
    bytes,
    framesPerSecond,
    dropped: { ...dropped, kernel: kernelDrops },
  }
  return transport === 'udp' ? base : { ...base, connections: openConnections }
}
