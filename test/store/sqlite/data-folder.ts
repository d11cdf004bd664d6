// A data folder as a stopped Picket leaves it: full and small blocks, a hit a day, an account with a session.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { createBatchBuilder } from '../../../src/app/batch-builder.ts'
import { engine } from '../../../src/cli/engine.ts'
import { type RecordJson, recordToJson } from '../../../src/model/record.ts'
import { dayOf, type Origin } from '../../../src/model/row.ts'
import { recordOf, rowOfFrame } from '../../../src/parse/record.ts'
import { openAppender } from '../../../src/store/sqlite/append.ts'
import { openState } from '../../../src/store/sqlite/state.ts'

const noon = Date.UTC(2026, 10, 21, 12)
const dayMs = 86_400_000
const origin: Origin = { peer: '192.0.2.7', transport: 'tcp', timeZone: 'UTC', charset: 'windows-1252' }

/** Makes the folder if need be and appends so many lines, received `day` days after 2026-11-21; the first of them is a hit. */
export function appendDay(dataDir: string, day: number, lines: number): void {
  mkdirSync(dataDir, { recursive: true })
  const appender = openAppender(dataDir)
  const builder = createBatchBuilder([])
  const at = noon + day * dayMs
  for (let from = 0; from < lines; from += 1000) {
    const frames = Array.from({ length: Math.min(1000, lines - from) }, (_, i) => frameOf(day, from + i))
    frames.forEach((frame, i) => {
      builder.take(frame, 0, frame.length, at + from + i, origin)
    })
    const first = recordToJson(recordOf(rowOfFrame(frameOf(day, 0), at, origin), ''))
    const hits = from === 0 ? [{ row: 0, ruleIds: ['test-rule'], record: first }] : []
    appender.append([{ ...builder.batch(dayOf(at)), hits }])
    while (appender.merge());
  }
  appender.close()
}

function frameOf(day: number, n: number): Buffer {
  if (n % 10 === 3) return Buffer.from(`<13>no header ${day} ${n} \xff`, 'latin1')
  return Buffer.from(`<13>Nov 23 12:00:00 host${n % 7} app[${n}]: =1+1 day ${day} line ${n}`)
}

/** An admin with an open session. */
export function addAccount(dataDir: string): void {
  const state = openState(join(dataDir, 'picket.db'))
  state.people.addUser({ name: 'alice', role: 'admin', createdAt: noon, passwordHash: 'hash' })
  state.people.addSession('session', { user: 'alice', createdAt: noon, seenAt: noon, csrf: 'csrf' })
  state.close()
}

/** Every record with its bytes, oldest first, as its JSON reads. */
export async function allRecords(dataDir: string): Promise<readonly RecordJson[]> {
  const reader = await engine.openReader(dataDir)
  try {
    const found: RecordJson[] = []
    let cursor: string | undefined
    do {
      const page = reader.search({ query: { kind: 'all' }, limit: 1000, cursor, raw: true })
      found.push(...page.records)
      cursor = page.nextCursor ?? undefined
    } while (cursor !== undefined)
    return JSON.parse(JSON.stringify(found.toReversed())) as readonly RecordJson[]
  } finally {
    reader.close()
  }
}
