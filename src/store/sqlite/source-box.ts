// The table of sources at rest, and what people decided about single sources: the commands write decisions beside a
// running service, which takes them up.
import type { Database } from 'better-sqlite3'
import { type Channel, channels } from '../../model/channel.ts'
import type { Transport } from '../../model/record.ts'
import { type SourceState, sourceStates } from '../../model/source.ts'
import type { SourceBox, SourceDecision, StoredSource, StoredSources } from '../store.ts'

type Row = {
  readonly id: number
  readonly peer: string
  readonly hostname: string
  readonly transport: Transport | null
  readonly channel: Channel
  readonly state: SourceState
  readonly records: number
  readonly first_at: number
  readonly last_at: number | null
  readonly last_id: string | null
  readonly muted_until: number | null
  readonly alert_id: number | null
  readonly memory: string
}

type Meta = { get(key: string): string | undefined; set(key: string, value: string): void }

const watchKey = 'sources.watch'
/** A running service reads decisions within seconds; more need not be kept for it. */
const keptDecisions = 1000

export function createSourceBox(db: Database, meta: Meta): SourceBox {
  const all = db.prepare<[], Row>('SELECT * FROM sources ORDER BY id')
  const upsert = db.prepare(
    `INSERT OR REPLACE INTO sources (id, peer, hostname, transport, channel, state, records, first_at, last_at, last_id,
       muted_until, alert_id, memory)
     VALUES (@id, @peer, @hostname, @transport, @channel, @state, @records, @firstAt, @lastAt, @lastId,
       @mutedUntil, @alertId, @memory)`,
  )
  const remove = db.prepare('DELETE FROM sources WHERE id = ?')
  const find = db.prepare<[number], Row>('SELECT * FROM sources WHERE id = ?')
  const change = db.prepare('UPDATE sources SET muted_until = ?, state = ? WHERE id = ?')
  const addDecision = db.prepare('INSERT INTO source_decisions (source_id, decision) VALUES (?, ?)')
  const forget = db.prepare('DELETE FROM source_decisions WHERE n <= (SELECT max(n) FROM source_decisions) - ?')
  const after = db.prepare<[number], { readonly n: number; readonly id: number; readonly decision: string }>(
    'SELECT n, source_id AS id, decision FROM source_decisions WHERE n > ? ORDER BY n',
  )

  return {
    load: () => {
      const rows = all.all().map(toSource)
      const watch = meta.get(watchKey)
      const nextId = (rows.at(-1)?.id ?? 0) + 1
      if (watch === undefined) return { rows, watch: { watchedMs: 0, nextId } }
      const saved = JSON.parse(watch) as StoredSources['watch']
      return { rows, watch: { ...saved, nextId: Math.max(saved.nextId, nextId) } }
    },
    save: (rows, dropped, watch) =>
      db
        .transaction(() => {
          for (const id of dropped) remove.run(id)
          for (const row of rows) upsert.run(toRow(row))
          meta.set(watchKey, JSON.stringify(watch))
        })
        .immediate(),
    decide: (id, decision) =>
      db
        .transaction(() => {
          const row = find.get(id)
          if (row === undefined) return false
          const { mutedUntil = row.muted_until, isRetired } = decision
          change.run(mutedUntil, isRetired === true ? 'retired' : row.state, id)
          addDecision.run(id, JSON.stringify(decision))
          forget.run(keptDecisions)
          return true
        })
        .immediate(),
    decisionsAfter: n =>
      after.all(n).map(({ decision, ...place }) => ({ ...place, decision: JSON.parse(decision) as SourceDecision })),
  }
}

function toRow(source: StoredSource) {
  const { id, peer, hostname, transport, channel, state, records } = source
  const { firstAt, lastAt, lastId, mutedUntil, alertId } = source
  const columns = {
    id,
    peer,
    hostname,
    transport,
    channel,
    state,
    records,
    firstAt,
    lastAt,
    lastId,
    mutedUntil,
    alertId,
  }
  return { ...columns, memory: JSON.stringify(memoryOf(source)) }
}

/** What only a running Picket looks at. */
function memoryOf(source: StoredSource) {
  const { timeZone, firstWatched, lastWatched, appearances, rhythm, fadedDay } = source
  const { hours, hoursAt, clock, isSilenceTold } = source
  return { timeZone, firstWatched, lastWatched, appearances, rhythm, fadedDay, hours, hoursAt, clock, isSilenceTold }
}

function toSource(row: Row): StoredSource {
  if (!channels.includes(row.channel) || !sourceStates.includes(row.state)) throw new Error('BUG: a source of no kind')
  return {
    id: row.id,
    peer: row.peer,
    hostname: row.hostname,
    transport: row.transport,
    channel: row.channel,
    state: row.state,
    records: row.records,
    firstAt: row.first_at,
    lastAt: row.last_at,
    lastId: row.last_id,
    mutedUntil: row.muted_until,
    alertId: row.alert_id,
    // written by toRow
    ...(JSON.parse(row.memory) as ReturnType<typeof memoryOf>),
  }
}
