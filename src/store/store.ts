// What the rest of Picket may ask of a store; types only. Engines: sqlite/. Records go in as batches, come out by query.
import type { Alert, AlertComment, AlertState, Hit } from '../model/alert.ts'
import type { Channel } from '../model/channel.ts'
import type { RecordJson, Transport } from '../model/record.ts'
import type { ClockJump, SourceState } from '../model/source.ts'
import type { Query } from '../query/ast.ts'

// ── alerts, outbox, people: the state database, on the main thread ──────────────────────────────

/** Where alerting stands in the hits of the day files: everything up to and including `n` of `day` has become alerts. */
export type HitCheckpoint = { readonly day: string; readonly n: number }

/** What alerting takes at a time. */
export type HitHelping = {
  readonly hits: readonly Hit[]
  /** Up to where hits were looked at, readable or not; undefined when there were none. */
  readonly checkpoint: HitCheckpoint | undefined
  /** What is left out because stored bytes are damaged. A day, or a part of its list, is told of each time. */
  readonly unreadable: readonly UnreadableHits[]
}

export type UnreadableHits = {
  readonly day: string
  readonly reason: string
  /** Of each hit whose record cannot be read the ids of its rules; empty when the list of hits itself is damaged. */
  readonly rulesOfHits: readonly (readonly string[])[]
}

/** A mail to send: stored in the same transaction as the alerts it tells of. */
export type OutboxEntry = {
  readonly id: number
  /** RFC 5322 Message-ID, fixed when the entry is made, so that a repeat after a crash can be recognised. */
  readonly messageId: string
  readonly to: string
  readonly subject: string
  readonly text: string
  readonly html: string
  readonly createdAt: number
  readonly attempts: number
  readonly nextAttemptAt: number
  readonly state: 'pending' | 'sent' | 'failed'
  readonly lastError: string | null
}

export type NewMail = Pick<OutboxEntry, 'messageId' | 'to' | 'subject' | 'text' | 'html'>

/** What one round of alerting changes; applied in one transaction. */
export type AlertChanges = {
  /** Absent for alerts that come of no hits. */
  readonly checkpoint?: HitCheckpoint
  readonly opened: readonly Omit<Alert, 'id' | 'state' | 'changedBy' | 'changedAt'>[]
  /** `count` is the number of new hits, to be added. */
  readonly repeated: readonly {
    readonly id: number
    readonly count: number
    readonly lastAt: number
    readonly lastRecord: RecordJson
    /** Replaces the alert's note. */
    readonly note?: string | undefined
  }[]
}

/** What people are told of alerts in one step: queued and marked in one transaction. */
export type Telling = {
  readonly mails: readonly NewMail[]
  /** Alerts that the mails tell of. */
  readonly told: readonly number[]
  /** Alerts that wait for the next digest. */
  readonly later: readonly number[]
}

/** What a digest has to tell of one rule: alerts that no mail told of yet, and told ones that were hit again. */
export type WaitingRule = {
  readonly ruleId: string
  readonly ruleTitle: string
  readonly level: Alert['level']
  /** Alerts that wait for their first mail. */
  readonly opened: number
  /** Alerts that a mail told of, hit again since. */
  readonly repeated: number
  /** Hits that no mail told of. */
  readonly hits: number
  readonly lastAt: number
  /** The newest of these alerts, at most five. */
  readonly samples: readonly Alert[]
}

export interface AlertBox {
  checkpoint(): HitCheckpoint | undefined
  /** The alert with this key that is not closed, if any. */
  openAlert(key: string): Alert | undefined
  /** Applies the changes in one durable transaction and returns the opened alerts with their ids.
   *  `mails` is called inside the transaction with them; what it returns is queued in the same transaction.
   *  Changes whose checkpoint is not later than the stored one were applied before: nothing happens. */
  apply(changes: AlertChanges, mails: (opened: readonly Alert[]) => readonly NewMail[] | Telling): readonly Alert[]
  /** Tells what waits, rule by rule, in one durable transaction: alerts put off with `later`, and open alerts hit
   *  again that were last told of before `toldBefore`. `compose` returns the mails and the ids of the rules that
   *  they tell of; the other rules go on waiting. Nothing is called when nothing waits. */
  tellWaiting(
    toldBefore: number,
    compose: (waiting: readonly WaitingRule[]) => {
      readonly mails: readonly NewMail[]
      readonly ruleIds: readonly string[]
    },
  ): void
  list(filter: {
    readonly state?: AlertState | undefined
    readonly limit: number
    readonly before?: number | undefined
  }): readonly Alert[]
  counts(): { readonly [state in AlertState]: number }
  find(id: number): (Alert & { readonly comments: readonly AlertComment[] }) | undefined
  /** Changes the state; undefined when there is no such alert. Closed is final: reopening is a new alert.
   *  Errors: CONFLICT when it is closed and should be something else. */
  setState(id: number, state: AlertState, by: string, at: number): Alert | undefined
  comment(id: number, comment: AlertComment): boolean
  /** Removes closed alerts whose last hit and last change were before this time; how many. */
  prune(before: number): number
}

export interface Outbox {
  add(mail: NewMail, at: number): void
  /** Pending entries that are due, oldest first. */
  due(now: number, limit: number): readonly OutboxEntry[]
  /** When the next pending entry is due, or undefined when none waits. */
  nextDueAt(): number | undefined
  markSent(id: number, at: number): void
  markRetry(id: number, nextAttemptAt: number, error: string): void
  markFailed(id: number, error: string): void
  counts(): { readonly pending: number; readonly sent: number; readonly failed: number }
  recent(limit: number): readonly OutboxEntry[]
  /** Removes sent and failed mails made before this time; how many. */
  prune(before: number): number
}

export const roles = ['viewer', 'analyst', 'admin'] as const
export type Role = (typeof roles)[number]
export type User = {
  readonly name: string
  readonly role: Role
  readonly createdAt: number
  readonly passwordHash: string
}
export type Session = {
  readonly user: string
  readonly createdAt: number
  readonly seenAt: number
  readonly csrf: string
}
export type ApiToken = {
  readonly name: string
  readonly user: string
  readonly createdAt: number
  readonly lastUsedAt: number | null
}

/** One line of the audit trail: who did what to what, from where. */
export type AuditEntry = {
  readonly at: number
  readonly by: string
  readonly from: string
  readonly action: string
  readonly object: string
}

export interface People {
  users(): readonly User[]
  findUser(name: string): User | undefined
  /** Errors: CONFLICT when the name exists. */
  addUser(user: User): void
  setPassword(name: string, passwordHash: string): boolean
  removeUser(name: string): boolean
  /** Sessions and tokens are kept under the SHA-256 of their secret, never the secret. */
  addSession(hash: string, session: Session): void
  findSession(hash: string): Session | undefined
  touchSession(hash: string, seenAt: number): void
  removeSession(hash: string): void
  removeSessionsOf(user: string): void
  removeSessionsBefore(createdAt: number, seenAt: number): void
  addToken(hash: string, token: ApiToken): void
  findToken(hash: string): ApiToken | undefined
  touchToken(hash: string, lastUsedAt: number): void
  tokens(): readonly ApiToken[]
  removeToken(name: string): boolean
  audit(entry: AuditEntry): void
  /** The newest lines of the audit trail, newest first. */
  trail(limit: number): readonly AuditEntry[]
}

// ── sources: who sends what ──────────────────────────────────────────────────────────────────────

/** A row of the table of sources as it is kept (asset/source-table.ts changes it in memory). */
export type StoredSource = {
  readonly id: number
  readonly peer: string
  readonly hostname: string
  readonly transport: Transport | null
  readonly channel: Channel
  timeZone: string
  readonly firstAt: number
  lastAt: number | null
  records: number
  lastId: string | null
  state: SourceState
  mutedUntil: number | null
  /** Watched time at its first and last record, ms. */
  firstWatched: number
  lastWatched: number
  /** Times it came, records close together counted once. */
  appearances: number
  /** asset/rhythm.ts; null while no pause was longer than a minute. */
  rhythm: number[] | null
  /** Day (since 1970) up to which the rhythm has faded. */
  fadedDay: number
  /** Records by hour of the day, and the hour (since 1970) counted last. */
  hours: number[]
  hoursAt: number
  clock: { samples: number[]; sampledAt: number; settled: number | null; jumps: readonly ClockJump[] }
  /** An alert about its present silence was raised. */
  isSilenceTold: boolean
  alertId: number | null
}

/** What a person decides about a source; what is absent stays. `mutedUntil: null` ends a mute. */
export type SourceDecision = {
  readonly mutedUntil?: number | null | undefined
  readonly isRetired?: boolean | undefined
}

export type StoredSources = {
  readonly rows: readonly StoredSource[]
  /** How long Picket has watched in all its runs, and the next free id. */
  readonly watch: { readonly watchedMs: number; readonly nextId: number }
}

export interface SourceBox {
  load(): StoredSources
  /** Stores rows, the watch, and that others are gone, in one transaction. What people decided is not touched. */
  save(rows: readonly StoredSource[], dropped: readonly number[], watch: StoredSources['watch']): void
  /** Notes what a person decided; false when there is no such source. A running Picket takes it up within seconds. */
  decide(id: number, decision: SourceDecision): boolean
  /** Decisions behind this number, oldest first; each has a number of its own. */
  decisionsAfter(n: number): readonly { readonly n: number; readonly id: number; readonly decision: SourceDecision }[]
}

// ── reading records ──────────────────────────────────────────────────────────────────────────────

/** Receive-time bounds, ms since 1970 UTC; `from` inclusive, `to` exclusive. */
export type TimeRange = { readonly from?: number | undefined; readonly to?: number | undefined }

export type SearchRequest = TimeRange & {
  readonly query: Query
  readonly limit: number
  /** Continue behind (older than) this record id: the `next_cursor` of the page before. */
  readonly cursor?: string | undefined
  /** Only records newer than this id (live tail). */
  readonly after?: string | undefined
  /** Add the frame's bytes. */
  readonly raw?: boolean | undefined
  /** After this long the page ends, full or not, and its `nextCursor` goes on from there. Without `after` only. */
  readonly budgetMs?: number | undefined
}

/** A part of the stored records: `of` shares with the same `of` and every `index` below it are all records, once. */
export type Share = { readonly index: number; readonly of: number }

/** How much a count may cost before it is content with the newest matching records. */
export type CountBounds = {
  /** Extracted fields are counted over so many matching records. */
  readonly matching: number
  /** So many records may be read from their text to see whether they match. */
  readonly judged: number
}

/** A sender as the records show it. Times in ms since 1970 UTC, exact to a block of records. */
export type HostSeen = {
  readonly hostname: string
  readonly peer: string
  readonly records: number
  readonly firstSeen: number
  readonly lastSeen: number
  /** Facility number → when it last came. */
  readonly facilities: readonly (readonly [number, number])[]
}

export type StoreTotals = {
  readonly records: number
  readonly bytes: number
  readonly days: number
  readonly oldest?: number | undefined
  readonly newest?: number | undefined
}

/** A day of which an answer lacks what damage made unreadable. As the API tells it. */
export type DamagedDay = {
  readonly day: string
  /** At least so many blocks of up to some 16,000 records; null: the whole file, or nobody knows how much of it. */
  readonly blocks_unreadable: number | null
  /** Of the first damage that was met. */
  readonly reason: string
}

/** What is returned is right; what had to be left out stands here. Absent when nothing was. */
type MayLack = { readonly damaged?: readonly DamagedDay[] | undefined }

export type SearchPage = MayLack & {
  /** Newest first. */
  readonly records: readonly RecordJson[]
  /** Null when there is nothing older. A page may be short of its limit, or empty, and still have one. */
  readonly nextCursor: string | null
  /** Records in the blocks that were opened and tested. */
  readonly scanned: number
  /** With `after`: all matching records since then, of which `records` are the newest. */
  readonly matched?: number | undefined
}

export type Histogram = MayLack & {
  readonly buckets: readonly {
    readonly from: number
    readonly to: number
    readonly count: number
    readonly bySeverity: readonly number[]
  }[]
  readonly total: number
}

export type Facets = { readonly [field: string]: readonly { readonly value: string; readonly count: number }[] }

export type FacetCounts = MayLack & {
  readonly facets: Facets
  /** By field: counted over so many of the newest matching records only. Fields that are not here: over all of them. */
  readonly sampled: { readonly [field: string]: number }
}

export interface Reader {
  search(request: SearchRequest): SearchPage
  histogram(
    request: TimeRange & { readonly query: Query; readonly buckets: number; readonly share?: Share | undefined },
  ): Histogram
  /** The commonest values of each field; without bounds over every matching record. */
  facets(
    request: TimeRange & {
      readonly query: Query
      readonly fields: readonly string[]
      readonly limit: number
      readonly bounds?: CountBounds | undefined
      readonly share?: Share | undefined
    },
  ): FacetCounts
  hosts(range: TimeRange): readonly HostSeen[]
  totals(): StoreTotals
  /** Hits behind the checkpoint, oldest first. Damage makes a helping smaller, it does not end it. */
  hitsAfter(checkpoint: HitCheckpoint | undefined, limit: number): HitHelping
  close(): void
}
