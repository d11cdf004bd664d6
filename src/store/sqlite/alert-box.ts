// Alerts at rest: opened and counted by detect/alerts.ts, told by notify/, changed by people.
import type { Database } from 'better-sqlite3'
import type { Clock } from '../../base/clock.ts'
import { PicketError } from '../../base/errors.ts'
import type { Alert, AlertComment, AlertState } from '../../model/alert.ts'
import { type Level, levels } from '../../model/rule.ts'
import type { AlertBox, AlertChanges, HitCheckpoint, Outbox, Telling, WaitingRule } from '../store.ts'

type Row = {
  readonly id: number
  readonly key: string
  readonly rule_id: string
  readonly rule_title: string
  readonly level: Level
  readonly hostname: string | null
  readonly user: string | null
  readonly source: string | null
  readonly state: AlertState
  readonly count: number
  readonly first_at: number
  readonly last_at: number
  readonly first_record: string
  readonly last_record: string
  readonly note: string | null
  readonly changed_by: string | null
  readonly changed_at: number | null
}

type WaitingRow = {
  readonly rule_id: string
  readonly opened: number
  readonly repeated: number
  readonly hits: number
  readonly last_at: number
}

type Meta = { get(key: string): string | undefined; set(key: string, value: string): void }

const checkpointKey = 'alerts.checkpoint'
const samplesPerRule = 5

/** Which alerts a digest tells of: put off, or told of before the time `?` and hit again. Each half has its index. */
export const isWaiting = `id IN (
  SELECT id FROM alerts WHERE waiting = 1
  UNION ALL
  SELECT id FROM alerts INDEXED BY alerts_risen
  WHERE state = 'open' AND told_at IS NOT NULL AND count > told_count AND waiting = 0 AND told_at < ?)`

/** The alert box over an open state database. Every change is durable when its call returns. */
export function createAlertBox(parts: { db: Database; outbox: Outbox; meta: Meta; clock: Clock }): AlertBox {
  const { db, outbox, meta, clock } = parts
  const openByKey = db.prepare<[string], Row>(`SELECT * FROM alerts WHERE key = ? AND state <> 'closed'`)
  const insert = db.prepare(
    `INSERT INTO alerts (key, rule_id, rule_title, level, hostname, user, source, state, count,
       first_at, last_at, first_record, last_record, note)
     VALUES (@key, @ruleId, @ruleTitle, @level, @hostname, @user, @source, 'open', @count,
       @firstAt, @lastAt, @firstRecord, @lastRecord, @note)`,
  )
  const raise = db.prepare(
    'UPDATE alerts SET count = count + ?, last_at = max(last_at, ?), last_record = ?, note = coalesce(?, note) WHERE id = ?',
  )
  const told = db.prepare('UPDATE alerts SET waiting = 0, told_at = ?, told_count = count WHERE id = ?')
  const later = db.prepare('UPDATE alerts SET waiting = 1 WHERE id = ?')
  const waiting = db.prepare<[number], WaitingRow>(
    `SELECT rule_id, sum(waiting) AS opened, sum(1 - waiting) AS repeated, sum(count - told_count) AS hits,
       max(last_at) AS last_at
     FROM alerts WHERE ${isWaiting} GROUP BY rule_id ORDER BY rule_id`,
  )
  const samples = db.prepare<[string, number, number], Row>(
    `SELECT * FROM alerts WHERE rule_id = ? AND ${isWaiting} ORDER BY last_at DESC, id DESC LIMIT ?`,
  )
  const toldRule = db.prepare(
    `UPDATE alerts SET waiting = 0, told_at = ?, told_count = count WHERE rule_id = ? AND ${isWaiting}`,
  )
  const list = db.prepare<[number, number], Row>('SELECT * FROM alerts WHERE id < ? ORDER BY id DESC LIMIT ?')
  const listOfState = db.prepare<[AlertState, number, number], Row>(
    'SELECT * FROM alerts WHERE state = ? AND id < ? ORDER BY id DESC LIMIT ?',
  )
  const counts = db.prepare<[], { state: AlertState; n: number }>(
    'SELECT state, count(*) AS n FROM alerts GROUP BY state',
  )
  const byId = db.prepare<[number], Row>('SELECT * FROM alerts WHERE id = ?')
  const comments = db.prepare<[number], AlertComment>(
    'SELECT at, by, text FROM alert_comments WHERE alert_id = ? ORDER BY id',
  )
  const change = db.prepare(`UPDATE alerts SET state = ?, changed_by = ?, changed_at = ? WHERE id = ?`)
  const addComment = db.prepare('INSERT INTO alert_comments (alert_id, at, by, text) VALUES (?, ?, ?, ?)')
  const prune = db.prepare(
    `DELETE FROM alerts WHERE state = 'closed' AND waiting = 0 AND max(last_at, coalesce(changed_at, 0)) < ?`,
  )

  function checkpoint(): HitCheckpoint | undefined {
    const stored = meta.get(checkpointKey)
    return stored === undefined ? undefined : JSON.parse(stored)
  }

  function find(id: number): Alert | undefined {
    const row = byId.get(id)
    return row === undefined ? undefined : toAlert(row)
  }

  function open(draft: AlertChanges['opened'][number]): Alert {
    const { firstRecord, lastRecord, note, ...plain } = draft
    const { lastInsertRowid } = insert.run({
      ...plain,
      firstRecord: JSON.stringify(firstRecord),
      lastRecord: JSON.stringify(lastRecord),
      note: note ?? null,
    })
    return { ...draft, id: Number(lastInsertRowid), state: 'open', changedBy: null, changedAt: null }
  }

  function queue(telling: Telling): void {
    const now = clock.now()
    for (const mail of telling.mails) outbox.add(mail, now)
    for (const id of telling.told) told.run(now, id)
    for (const id of telling.later) later.run(id)
  }

  return {
    checkpoint,
    openAlert: key => {
      const row = openByKey.get(key)
      return row === undefined ? undefined : toAlert(row)
    },
    apply: (changes, mails) =>
      inTransaction(db, () => {
        if (changes.checkpoint !== undefined && !isBehind(checkpoint(), changes.checkpoint)) return []
        const opened = changes.opened.map(open)
        for (const { id, count, lastAt, lastRecord, note } of changes.repeated) {
          raise.run(count, lastAt, JSON.stringify(lastRecord), note ?? null, id)
        }
        const telling = mails(opened)
        queue('mails' in telling ? telling : { mails: telling, told: [], later: [] })
        if (changes.checkpoint !== undefined) meta.set(checkpointKey, JSON.stringify(changes.checkpoint))
        return opened
      }),
    tellWaiting: (toldBefore, compose) =>
      inTransaction(db, () => {
        const rules = waiting.all(toldBefore).map((row): WaitingRule => {
          const newest = samples.all(row.rule_id, toldBefore, samplesPerRule).map(toAlert)
          return {
            ruleId: row.rule_id,
            ruleTitle: newest[0]?.ruleTitle ?? row.rule_id,
            level: highest(newest.map(alert => alert.level)),
            opened: row.opened,
            repeated: row.repeated,
            hits: row.hits,
            lastAt: row.last_at,
            samples: newest,
          }
        })
        if (rules.length === 0) return
        const { mails, ruleIds } = compose(rules)
        const now = clock.now()
        for (const mail of mails) outbox.add(mail, now)
        for (const ruleId of ruleIds) toldRule.run(now, ruleId, toldBefore)
      }),
    list: ({ state, limit, before = Number.MAX_SAFE_INTEGER }) => {
      const rows = state === undefined ? list.all(before, limit) : listOfState.all(state, before, limit)
      return rows.map(toAlert)
    },
    counts: () => {
      const sums = { open: 0, acknowledged: 0, closed: 0 }
      for (const { state, n } of counts.all()) sums[state] = n
      return sums
    },
    find: id => {
      const alert = find(id)
      return alert === undefined ? undefined : { ...alert, comments: comments.all(id) }
    },
    setState: (id, state, by, at) =>
      inTransaction(db, () => {
        const alert = find(id)
        if (alert === undefined || alert.state === state) return alert
        if (alert.state === 'closed')
          throw new PicketError('CONFLICT', `alert ${id} is closed; a new hit opens a new alert`)
        change.run(state, by, at, id)
        return find(id)
      }),
    comment: (id, { at, by, text }) =>
      inTransaction(db, () => byId.get(id) !== undefined && addComment.run(id, at, by, text).changes > 0),
    prune: before => prune.run(before).changes,
  }
}

/** Takes the write lock first, so that a reader turned writer never meets SQLITE_BUSY_SNAPSHOT. */
function inTransaction<Result>(db: Database, step: () => Result): Result {
  return db.transaction(step).immediate()
}

function isBehind(stored: HitCheckpoint | undefined, next: HitCheckpoint): boolean {
  if (stored === undefined) return true
  return next.day === stored.day ? next.n > stored.n : next.day > stored.day
}

function highest(of: readonly Level[]): Level {
  return of.reduce((a, b) => (levels.indexOf(b) > levels.indexOf(a) ? b : a), levels[0])
}

function toAlert(row: Row): Alert {
  return {
    id: row.id,
    key: row.key,
    ruleId: row.rule_id,
    ruleTitle: row.rule_title,
    level: row.level,
    hostname: row.hostname,
    user: row.user,
    source: row.source,
    state: row.state,
    count: row.count,
    firstAt: row.first_at,
    lastAt: row.last_at,
    firstRecord: JSON.parse(row.first_record),
    lastRecord: JSON.parse(row.last_record),
    ...(row.note === null ? {} : { note: row.note }),
    changedBy: row.changed_by,
    changedAt: row.changed_at,
  }
}
