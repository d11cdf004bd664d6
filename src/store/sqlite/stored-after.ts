// How many records of each transport stand behind a sequence number: what the books did not note before a crash.
import type { Transport } from '../../model/record.ts'
import { openBlock } from './block-view.ts'
import { isDamage } from './damage.ts'
import { type Db, listDays, openDayForReading } from './day-file.ts'

export type StoredAfter = { readonly lastSeq: number; readonly counts: ReadonlyMap<Transport, number> }

/** Counts the records with numbers above `seq`. `lastSeq` is the last one's number, `seq` when there is none. What is too
 *  damaged to be read is not counted. */
export function storedAfter(dataDir: string, seq: number): StoredAfter {
  const counts = new Map<Transport, number>()
  let lastSeq = seq
  for (const day of listDays(dataDir).toReversed()) {
    let db: Db | undefined
    try {
      db = openDayForReading(dataDir, day)
      if (db === undefined) continue
      const column = db.prepare('SELECT data FROM column_data WHERE id = ?').pluck()
      const blocks = db
        .prepare('SELECT first_seq, count FROM block WHERE first_seq + count > ? ORDER BY first_seq')
        .all(seq + 1) as { readonly first_seq: number; readonly count: number }[]
      for (const { first_seq, count } of blocks) {
        const view = openBlock(first_seq, count, id => column.get(first_seq * 16 + id) as Buffer | undefined)
        const { values, ids } = view.origins()
        for (let i = Math.max(0, seq + 1 - first_seq); i < count; i++) {
          const transport = values[ids[i] as number]?.transport
          if (transport !== undefined) counts.set(transport, (counts.get(transport) ?? 0) + 1)
        }
        lastSeq = Math.max(lastSeq, first_seq + count - 1)
      }
      // days are in the order of their sequence numbers
      if (blocks[0] === undefined || blocks[0].first_seq <= seq) break
    } catch (error) {
      if (!isDamage(error)) throw error
    } finally {
      db?.close()
    }
  }
  return { lastSeq, counts }
}
