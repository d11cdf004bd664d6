// Mails on their way: written with the alerts they tell of, taken by notify/outbox-sender.ts, kept for the console.
import type { Database } from 'better-sqlite3'
import { faultPoint } from '../../base/fault-point.ts'
import type { Outbox, OutboxEntry } from '../store.ts'

type Row = {
  readonly id: number
  readonly message_id: string
  readonly recipient: string
  readonly subject: string
  readonly text: string
  readonly html: string
  readonly created_at: number
  readonly attempts: number
  readonly next_attempt_at: number
  readonly state: OutboxEntry['state']
  readonly last_error: string | null
}

/** The outbox over an open state database. Every change is durable when its call returns. */
export function createOutbox(db: Database): Outbox {
  const add = db.prepare(
    `INSERT INTO outbox (message_id, recipient, subject, text, html, created_at, next_attempt_at)
     VALUES (@messageId, @to, @subject, @text, @html, @at, @at)`,
  )
  const due = db.prepare<[number, number], Row>(
    `SELECT * FROM outbox WHERE state = 'pending' AND next_attempt_at <= ? ORDER BY id LIMIT ?`,
  )
  const nextDue = db
    .prepare<[], number | null>(`SELECT min(next_attempt_at) FROM outbox WHERE state = 'pending'`)
    .pluck()
  const sent = db.prepare(
    `UPDATE outbox SET state = 'sent', attempts = attempts + 1, sent_at = ?, last_error = NULL WHERE id = ? AND state = 'pending'`,
  )
  const retry = db.prepare(
    `UPDATE outbox SET attempts = attempts + 1, next_attempt_at = ?, last_error = ? WHERE id = ? AND state = 'pending'`,
  )
  const failed = db.prepare(
    `UPDATE outbox SET state = 'failed', attempts = attempts + 1, last_error = ? WHERE id = ? AND state = 'pending'`,
  )
  const counts = db.prepare<[], { state: OutboxEntry['state']; n: number }>(
    'SELECT state, count(*) AS n FROM outbox GROUP BY state',
  )
  const recent = db.prepare<[number], Row>('SELECT * FROM outbox ORDER BY id DESC LIMIT ?')
  const prune = db.prepare(`DELETE FROM outbox WHERE state <> 'pending' AND created_at < ?`)

  return {
    add: (mail, at) => {
      const { messageId, to, subject, text, html } = mail
      add.run({ messageId, to, subject, text, html, at })
      faultPoint('outbox-inserted')
    },
    due: (now, limit) => due.all(now, limit).map(toEntry),
    nextDueAt: () => nextDue.get() ?? undefined,
    markSent: (id, at) => {
      sent.run(at, id)
    },
    markRetry: (id, nextAttemptAt, error) => {
      retry.run(nextAttemptAt, error, id)
    },
    markFailed: (id, error) => {
      failed.run(error, id)
    },
    counts: () => {
      const sums = { pending: 0, sent: 0, failed: 0 }
      for (const { state, n } of counts.all()) sums[state] = n
      return sums
    },
    recent: limit => recent.all(limit).map(toEntry),
    prune: before => prune.run(before).changes,
  }
}

function toEntry(row: Row): OutboxEntry {
  return {
    id: row.id,
    messageId: row.message_id,
    to: row.recipient,
    subject: row.subject,
    text: row.text,
    html: row.html,
    createdAt: row.created_at,
    attempts: row.attempts,
    nextAttemptAt: row.next_attempt_at,
    state: row.state,
    lastError: row.last_error,
  }
}
