// Keeps the table of sources beside the running service: what is committed goes in, a look every few seconds raises and
// closes alerts about silence, and picket.db has it all in batches.
import { silentSourceRule } from '../asset/built-in-rules.ts'
import { belongs, describeSilence, groupSilent, quietSince } from '../asset/silence.ts'
import { compileSourceSettings } from '../asset/source-settings.ts'
import { createSourceTable, hostOf, type SourceRow } from '../asset/source-table.ts'
import type { Clock } from '../base/clock.ts'
import { isPicketError } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import type { Metrics } from '../base/metrics.ts'
import type { Config } from '../config/schema.ts'
import type { RecordJson } from '../model/record.ts'
import { parseRecordId, recordId } from '../model/row.ts'
import type { Source } from '../model/source.ts'
import type { OutboxSender } from '../notify/outbox-sender.ts'
import type { Teller } from '../notify/tell.ts'
import type { Committed } from '../store/sqlite/append.ts'
import type { AlertBox, SourceBox, SourceDecision } from '../store/store.ts'
import type { SearchPool } from './search-pool.ts'

const lookEveryMs = 2000
/** Rows of one save: some 20 ms on the main thread; the rest waits for the next look. */
const rowsPerSave = 2000
/** After more comments an alert says only that it is over. */
const maxComments = 30

export type Sources = AsyncDisposable & {
  observe(committed: Committed): void
  list(): readonly Source[]
  /** Notes a decision for good and takes it up at once; false when there is no such source. */
  decide(id: number, decision: SourceDecision): boolean
}

type SourcesParts = {
  readonly config: Config['sources']
  readonly box: SourceBox
  readonly alerts: AlertBox
  readonly pool: Pick<SearchPool, 'run'>
  readonly mail: { readonly teller: Teller; readonly sender: OutboxSender } | undefined
  /** Records are being received and stored at this moment. */
  readonly isWatching: () => boolean
  readonly metrics: Metrics
  readonly clock: Clock
  readonly log: Log
}

export function startSources(parts: SourcesParts): Sources {
  const { box, alerts, pool, mail, isWatching, metrics, clock, log } = parts
  const table = createSourceTable({ clock, settings: compileSourceSettings(parts.config), stored: box.load() })
  let decided = box.decisionsAfter(0).at(-1)?.n ?? 0
  let looking: Promise<void> | undefined
  const timer = setInterval(look, lookEveryMs).unref()

  function look(): void {
    looking ??= lookOnce()
      .catch((error: unknown) =>
        log.error({ err: error }, 'the table of sources could not be looked over; it is tried again'),
      )
      .finally(() => (looking = undefined))
  }

  async function lookOnce(): Promise<void> {
    takeDecisions()
    const { silent, ended } = table.look(isWatching())
    endAlerts(ended)
    await raise(silent)
    save(rowsPerSave)
  }

  function takeDecisions(): void {
    for (const { n, id, decision } of box.decisionsAfter(decided)) {
      table.decide(id, decision)
      decided = n
    }
  }

  function save(limit: number): void {
    const rows = table.takeChanged(limit)
    const dropped = table.takeDropped()
    metrics.add('picket_sources_dropped_total', {}, dropped.length)
    metrics.set('picket_sources', {}, table.size)
    box.save(rows, dropped, table.watched())
  }

  async function raise(silent: readonly SourceRow[]): Promise<void> {
    if (silent.length === 0) return
    const known = Map.groupBy(
      [...table.rows()].filter(row => row.alertId !== null),
      row => row.alertId as number,
    )
    const news: SourceRow[] = []
    const joined = new Map<number, SourceRow[]>()
    for (const row of silent) {
      const alert = known.entries().find(([id, members]) => isOpen(id) && belongs(row, members))
      if (alert === undefined) news.push(row)
      else joined.set(alert[0], [...(joined.get(alert[0]) ?? []), row])
    }
    for (const [id, rows] of joined) join(id, [...(known.get(id) ?? []), ...rows], rows)
    for (const rows of groupSilent(news)) await open(rows)
  }

  function isOpen(id: number): boolean {
    const alert = alerts.find(id)
    return alert !== undefined && alert.state !== 'closed'
  }

  function join(id: number, members: readonly SourceRow[], added: readonly SourceRow[]): void {
    const alert = alerts.find(id)
    if (alert === undefined) return
    const { note } = describeSilence(members, table, clock.now())
    const repeated = [{ id, count: added.length, lastAt: clock.now(), lastRecord: alert.lastRecord, note }]
    alerts.apply({ opened: [], repeated }, () => [])
    mark(added, id)
  }

  async function open(rows: readonly SourceRow[]): Promise<void> {
    const [first] = rows.toSorted((a, b) => quietSince(b) - quietSince(a))
    if (first === undefined) return
    const record = (await lastRecord(first)) ?? inventedRecord(first)
    const { title, hostname, level, note } = describeSilence(rows, table, clock.now())
    const key = JSON.stringify([silentSourceRule, hostOf(first), first.channel, quietSince(first)])
    const known = alerts.openAlert(key)
    if (known !== undefined) return mark(rows, known.id) // told, and then Picket died before it could save the rows
    const at = clock.now()
    const [opened] = alerts.apply(
      {
        opened: [
          {
            key,
            ruleId: silentSourceRule,
            ruleTitle: title,
            level,
            hostname,
            user: null,
            source: null,
            count: rows.length,
            firstAt: at,
            lastAt: at,
            firstRecord: record,
            lastRecord: record,
            note,
          },
        ],
        repeated: [],
      },
      news => mail?.teller.tellOpened(news) ?? [],
    )
    if (opened === undefined) return
    metrics.add('picket_alerts_total', {}, 1)
    log.info({ alert: opened.id, level, host: hostname }, `alert: ${title}`)
    mail?.sender.wake()
    mark(rows, opened.id)
  }

  function mark(rows: readonly SourceRow[], id: number): void {
    for (const row of rows) {
      row.alertId = id
      row.isSilenceTold = true
      row.isChanged = true
    }
  }

  /** Says in the alert who is back, and closes it when nobody is missing any more. */
  function endAlerts(ended: readonly SourceRow[]): void {
    for (const [id, rows] of Map.groupBy(ended, row => row.alertId as number)) {
      for (const row of rows) {
        row.alertId = null
        row.isChanged = true
      }
      const alert = alerts.find(id)
      if (alert === undefined || alert.state === 'closed') continue
      const missing = [...table.rows()].filter(row => row.alertId === id).length
      const text = `${rows
        .slice(0, 20)
        .map(row => howEnded(row))
        .join(
          '; ',
        )}${rows.length > 20 ? ` and ${rows.length - 20} more` : ''}.${missing === 0 ? '' : ` ${missing} are still silent.`}`
      const by = 'picket'
      if (missing === 0 || alert.comments.length < maxComments) alerts.comment(id, { at: clock.now(), by, text })
      if (missing === 0) alerts.setState(id, 'closed', by, clock.now())
    }
  }

  function howEnded(row: SourceRow): string {
    const name = `${hostOf(row)} ${row.channel}`
    if (row.state === 'retired') return `${name} is retired`
    if (row.state === 'silent') return `${name} is muted, or comes another way`
    return `${name} is back since ${new Date(row.lastAt ?? 0).toISOString()} (record ${row.lastId})`
  }

  async function lastRecord({ lastId }: SourceRow): Promise<RecordJson | undefined> {
    const place = lastId === null ? undefined : parseRecordId(lastId)
    if (place === undefined) return undefined
    const request = { limit: 1, cursor: recordId(place.day, place.seq + 1) }
    try {
      const { records } = await pool.run({ method: 'search', q: '', request })
      return records.find(record => record.id === lastId)
    } catch (error) {
      if (!isPicketError(error)) throw error
      return undefined // the alert is worth more than its record
    }
  }

  return {
    observe(committed) {
      for (const { firstSeq, counts } of committed.sources) table.observe(counts, committed.day, firstSeq)
    },
    list: () => Array.from(table.rows(), row => table.view(row)),
    decide(id, decision) {
      // the row may be newer than the last save
      save(Number.POSITIVE_INFINITY)
      const isKnown = box.decide(id, decision)
      takeDecisions()
      return isKnown
    },
    async [Symbol.asyncDispose]() {
      clearInterval(timer)
      await looking
      save(Number.POSITIVE_INFINITY)
    },
  }
}

/** For a source of which nothing is stored, or nothing any more. */
function inventedRecord(row: SourceRow): RecordJson {
  const at = new Date(quietSince(row)).toISOString()
  return {
    id: row.lastId ?? '',
    received_at: at,
    timestamp: null,
    peer: row.peer === '' ? hostOf(row) : row.peer,
    transport: row.transport ?? 'internal',
    facility: 5,
    severity: 4,
    hostname: row.hostname === '' ? null : row.hostname,
    app_name: 'picket',
    procid: null,
    msgid: null,
    structured_data: null,
    message:
      row.lastAt === null
        ? `nothing has come from ${hostOf(row)} in the channel ${row.channel}, which is expected`
        : `the last record of ${hostOf(row)} in the channel ${row.channel} is not stored any more`,
    format: 'raw',
    fields: {},
    problems: [],
  }
}
