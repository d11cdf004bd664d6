// Small stores to tamper with.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { createBatchBuilder } from '../../../../src/app/batch-builder.ts'
import { dayOf, type Origin } from '../../../../src/model/row.ts'
import { type Appender, type Batch, openAppender } from '../../../../src/store/sqlite/append.ts'
import { dayPath } from '../../../../src/store/sqlite/day-file.ts'

export const noon = Date.UTC(2026, 10, 23, 12)
export const dayMs = 86_400_000
export const origin: Origin = { peer: '192.0.2.7', transport: 'tcp', timeZone: 'UTC', charset: 'windows-1252' }
const other: Origin = { ...origin, peer: '192.0.2.8', transport: 'tls', cert: 'web02.example.com' }

export const frames = [
  '<86>2026-11-23T11:59:59.123456+00:00 web01 sshd[812]: Failed password for root from 203.0.113.9 port 4022 ssh2',
  '<14>Nov 23 11:59:58 web02 root: HISTORY:PID=1 PPID=2 SID=1 USER=alice CMD=chattr +i /etc/resolv.conf',
  '<78>Nov 23 11:59:57 db01 CRON[77]: (root) CMD (run-parts --report /etc/cron.hourly)',
  '<34>1 2026-11-23T11:59:59Z gw1 app 17 ID1 [ex@32473 k="v"] one two',
  '<13>no header at all, only words like useradd',
  '<13>1 2026-11-23T11:59:59.5Z h2 app - - - plain',
  '<13>Nov 23 11:59:59 h3 app: line one\nline two useradd',
  '<13>Nov 23 11:59:59 caf\u00e9 app: gr\u00fc\u00dfe \u8ba2\u5355\u53f7 9',
  '<191>Feb 29 11:59:59 h4 app[x7]: odd pid',
].map(line => Buffer.from(line))

const builder = createBatchBuilder([])

export function batchOf(lines: readonly Uint8Array[], receivedAt = noon): Batch {
  lines.forEach((line, i) => {
    builder.take(Buffer.from(line), 0, line.length, receivedAt + i, i % 3 === 2 ? other : origin)
  })
  return builder.batch(dayOf(receivedAt))
}

export function withFolder(run: (dir: string) => void): void {
  const dir = mkdtempSync(join(tmpdir(), 'picket-integrity-'))
  try {
    run(dir)
  } finally {
    rmSync(dir, { recursive: true })
  }
}

/** Fills a store; returns what `fill` does. */
export function withAppender(dir: string, fill: (appender: Appender) => void, now: () => number = () => noon): void {
  const appender = openAppender(dir, now)
  fill(appender)
  appender.close()
}

/** Six batches: 1..9, 10, 11, 12..20, 21..29, 30; and a heartbeat. */
export function fillSmall(dir: string, receivedAt = noon): void {
  withAppender(
    dir,
    appender => {
      appender.append([batchOf(frames, receivedAt)])
      appender.append([
        batchOf(frames.slice(0, 1), receivedAt + 20),
        batchOf(frames.slice(1, 2), receivedAt + 21),
        batchOf(frames.toReversed(), receivedAt + 30),
      ])
      appender.append([batchOf(frames, receivedAt + 60)])
      appender.heartbeat()
      appender.append([batchOf(frames.slice(3, 4), receivedAt + 90)])
    },
    () => receivedAt,
  )
}

/** Changes a day's file behind Picket's back. */
export function tamper(dir: string, change: (db: InstanceType<typeof Database>) => void, receivedAt = noon): void {
  const db = new Database(dayPath(dir, dayOf(receivedAt)))
  change(db)
  db.close()
}
