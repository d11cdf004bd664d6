// Hits and alerts: a hit is one record that matched rules; an alert is what a person is told, many hits with one key.
import type { RecordJson } from './record.ts'
import type { Level } from './rule.ts'

/** One stored record that matched one or more rules; written in the record's own transaction. */
export type Hit = {
  /** Position in the day's hit list; the checkpoint of alerting is `{day, n}`. */
  readonly n: number
  readonly day: string
  readonly ruleIds: readonly string[]
  readonly record: RecordJson
}

export const alertStates = ['open', 'acknowledged', 'closed'] as const
export type AlertState = (typeof alertStates)[number]

export type Alert = {
  readonly id: number
  /** rule + host + user + source: repeats with the same key while the alert is not closed only raise `count`. */
  readonly key: string
  readonly ruleId: string
  readonly ruleTitle: string
  readonly level: Level
  readonly hostname: string | null
  readonly user: string | null
  readonly source: string | null
  readonly state: AlertState
  readonly count: number
  /** ms since 1970 UTC, receive time of the first and last hit. */
  readonly firstAt: number
  readonly lastAt: number
  readonly firstRecord: RecordJson
  readonly lastRecord: RecordJson
  /** What Picket itself says of it, where no single record explains it: lines of text. */
  readonly note?: string | undefined
  readonly changedBy: string | null
  readonly changedAt: number | null
}

export type AlertComment = { readonly at: number; readonly by: string; readonly text: string }
