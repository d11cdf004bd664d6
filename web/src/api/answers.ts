// What the server answers; docs/api.md is the source. Records and levels are the server's own types.
import type { AlertState } from '../../../src/model/alert.ts'
import type { LedgerJson } from '../../../src/model/books.ts'
import type { Channel } from '../../../src/model/channel.ts'
import type { RecordJson } from '../../../src/model/record.ts'
import type { Level } from '../../../src/model/rule.ts'
import type { SourceState } from '../../../src/model/source.ts'

export type { AlertState, Channel, Level, RecordJson, SourceState }
export type LedgerAnswer = LedgerJson

type Role = 'viewer' | 'analyst' | 'admin'

export type SessionAnswer = {
  readonly user: { readonly name: string; readonly role: Role }
  readonly csrf: string | null
  readonly version: string
  readonly expires_at: string | null
}

export type SetupAnswer = { readonly needed: boolean; readonly expired: boolean }

/** A day of which an answer lacks what damage made unreadable. */
export type DamagedDay = { readonly day: string; readonly blocks_unreadable: number | null; readonly reason: string }

export type RecordsAnswer = {
  readonly damaged?: readonly DamagedDay[]
  readonly records: readonly RecordJson[]
  readonly next_cursor: string | null
  readonly scanned: number
  readonly took_ms: number
}

type HistogramBucket = {
  readonly from: string
  readonly to: string
  readonly count: number
  readonly by_severity: readonly number[]
}

export type HistogramAnswer = {
  readonly buckets: readonly HistogramBucket[]
  readonly total: number
  readonly took_ms: number
}

type FacetValue = { readonly value: string; readonly count: number }
export type FacetsAnswer = {
  readonly facets: { readonly [field: string]: readonly FacetValue[] }
  /** Fields that were counted over so many of the newest matching records only. */
  readonly sampled: { readonly [field: string]: number }
  readonly took_ms: number
}

type RuleSummary = {
  readonly id: string
  readonly title: string
  readonly level: Level
  readonly description: string | null
  readonly false_positives: readonly string[]
  readonly next_steps: string | null
  readonly techniques: readonly string[]
}

export type AlertSummary = {
  readonly id: number
  readonly rule: RuleSummary
  readonly hostname: string | null
  readonly user: string | null
  readonly source: string | null
  readonly state: AlertState
  readonly count: number
  readonly first_at: string
  readonly last_at: string
  readonly first_record: RecordJson
  readonly last_record: RecordJson
  /** What Picket itself says of an alert that no single record explains. */
  readonly note: string | null
  readonly changed_by: string | null
  readonly changed_at: string | null
}

export type AlertDetail = AlertSummary & {
  readonly comments: readonly { readonly at: string; readonly by: string; readonly text: string }[]
}

export type AlertsAnswer = {
  readonly alerts: readonly AlertSummary[]
  readonly counts: { readonly [state in AlertState]: number }
  readonly next_before: number | null
}

export type RuleRow = RuleSummary & { readonly file: string; readonly enabled: boolean; readonly error: string | null }
export type RulesAnswer = { readonly rules: readonly RuleRow[]; readonly findings: readonly string[] }

export type SourceAnswer = {
  readonly id: number
  readonly hostname: string | null
  /** '' while it is only expected and nothing has come yet. */
  readonly peer: string
  readonly transport: string | null
  readonly channel: Channel
  readonly state: SourceState
  readonly first_seen: string
  readonly last_seen: string | null
  readonly records: number
  readonly hours: readonly number[]
  readonly usual_pause_seconds: number | null
  readonly silent_after_seconds: number | null
  readonly expected: boolean
  readonly muted: boolean
  readonly muted_until: string | null
  readonly clock_offset_seconds: number | null
  readonly suggested_zone: { readonly offset: string; readonly zones: readonly string[] } | null
  readonly alert: number | null
}

export type SourcesAnswer = {
  readonly sources: readonly SourceAnswer[]
  readonly total: number
  readonly next_after: number | null
}

export type StatusAnswer = {
  readonly version: string
  readonly started_at: string
  readonly public_url: string | null
  readonly receive: readonly {
    readonly transport: string
    readonly address: string
    readonly port: number
    readonly frames: number
    readonly bytes: number
    readonly frames_per_second: number
    readonly connections: number | null
    readonly dropped: { readonly [reason: string]: number }
  }[]
  readonly store: {
    readonly records: number
    readonly bytes: number
    readonly days: number
    readonly oldest: string | null
    readonly newest: string | null
  }
  readonly records_per_second: number
  readonly outbox: { readonly pending: number; readonly sent: number; readonly failed: number }
  readonly disk: { readonly free_bytes: number; readonly total_bytes: number }
  readonly warnings: readonly string[]
}
