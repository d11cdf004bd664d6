// What the web server needs from the rest of Picket. app/ implements it over the store and the receivers; tests over fakes.
import type { Logger } from 'pino'
import type { Clock } from '../base/clock.ts'
import type { LedgerJson } from '../model/books.ts'
import type { RecordJson, Transport } from '../model/record.ts'
import type { RuleInfo } from '../model/rule.ts'
import type { Source } from '../model/source.ts'
import type { AlertBox, DamagedDay, FacetCounts, Histogram, Outbox, People, SourceDecision } from '../store/store.ts'

/** A query text that parses, with receive-time bounds in ms since 1970 UTC: `from` inclusive, `to` exclusive. */
type Selection = { readonly q: string; readonly from?: number | undefined; readonly to?: number | undefined }

type RecordsRequest = Selection & {
  readonly limit: number
  /** The `next_cursor` of the page before; outsiders' text, so it may be nonsense: BAD_REQUEST. */
  readonly cursor?: string | undefined
  /** Add the frame's bytes. */
  readonly raw?: boolean | undefined
}
type HistogramRequest = Selection & { readonly buckets: number }
type FacetsRequest = Selection & { readonly fields: readonly string[]; readonly limit: number }
type TailRequest = { readonly q: string }
type ExportRequest = Selection & { readonly limit?: number | undefined }

/** The answer of `GET records`, as it is printed. */
type RecordsPage = {
  /** Newest first. */
  readonly records: readonly RecordJson[]
  readonly next_cursor: string | null
  readonly scanned: number
  readonly took_ms: number
  /** Days of which the page lacks what damage made unreadable. */
  readonly damaged?: readonly DamagedDay[] | undefined
}

/**
 * Searches on behalf of web requests. Every method ends early when its signal fires (the client went away, the server
 * stops). Errors: QUERY_INVALID, BAD_REQUEST (cursor, field name), SEARCH_BUSY, SEARCH_TIMEOUT, SEARCH_FAILED; the
 * streaming ones throw them from the iterator.
 */
export interface SearchService {
  /** Somebody has come who will soon search. */
  warm(): void
  /** A page may be short of its limit, or empty, and still have a `next_cursor`: its time was up. */
  records(request: RecordsRequest, signal: AbortSignal): Promise<RecordsPage>
  histogram(request: HistogramRequest, signal: AbortSignal): Promise<Histogram & { readonly took_ms: number }>
  facets(request: FacetsRequest, signal: AbortSignal): Promise<FacetCounts & { readonly took_ms: number }>
  /** Matching records as they are stored, oldest first. When the reader is slow, the service keeps a bounded buffer
   *  and says in `skipped` how many it left out since the batch before. */
  tail(request: TailRequest, signal: AbortSignal): AsyncIterable<TailBatch>
  /** All matching records, newest first, page by page; the next page is read when it is asked for. */
  export(request: ExportRequest, signal: AbortSignal): AsyncIterable<readonly RecordJson[]>
}

export type TailBatch = { readonly records: readonly RecordJson[]; readonly skipped: number }

/** A sender: its host name, the address it came from last, and when each kind of log last came. Times in ms since 1970 UTC. */
export type HostStatus = {
  readonly hostname: string
  readonly peer: string
  readonly records: number
  readonly firstSeen: number
  readonly lastSeen: number
  /** Kinds of log: facility names such as `auth`, `cron`, `kern`, or what app/ finds useful (`history`, `audit`). */
  readonly channels: readonly { readonly name: string; readonly lastSeen: number }[]
}

export type ListenerStatus = {
  readonly transport: Transport
  readonly address: string
  readonly port: number
  readonly frames: number
  readonly bytes: number
  /** Mean of the last minute. */
  readonly framesPerSecond: number
  /** Open connections; undefined for UDP. */
  readonly connections?: number | undefined
  /** Dropped frames by reason. */
  readonly dropped: { readonly [reason: string]: number }
}

export type SystemStatus = {
  readonly version: string
  /** ms since 1970 UTC, like the other times here. */
  readonly startedAt: number
  readonly receive: readonly ListenerStatus[]
  readonly store: {
    readonly records: number
    readonly bytes: number
    readonly days: number
    readonly oldest?: number | undefined
    readonly newest?: number | undefined
  }
  /** Mean of the last minute. */
  readonly recordsPerSecond: number
  readonly disk: { readonly freeBytes: number; readonly totalBytes: number }
  /** Sentences for the person in charge: what is wrong and what to do. */
  readonly warnings: readonly string[]
}

/** A loaded rule, or one that could not be loaded and why. */
type RuleStatus = RuleInfo & { readonly error?: string | undefined }

export type HttpServices = {
  readonly people: People
  readonly alerts: AlertBox
  readonly outbox: Pick<Outbox, 'counts'>
  readonly search: SearchService
  rules(): readonly RuleStatus[]
  /** `file:line:col reason` of everything wrong in the rule folders. */
  ruleFindings(): readonly string[]
  /** The table of sources; `decide` gives false when there is no such source. */
  readonly sources: { list(): readonly Source[]; decide(id: number, decision: SourceDecision): boolean }
  hosts(): Promise<readonly HostStatus[]>
  status(): Promise<SystemStatus>
  /** The books, at most a second old. */
  ledger(): LedgerJson
  metrics(): Promise<{ readonly contentType: string; readonly body: string }>
  /** True when requests can be served; otherwise the reason in words. */
  ready(): boolean | string
  readonly clock: Clock
  readonly log: Logger
}
