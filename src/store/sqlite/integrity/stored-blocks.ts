// The blocks of a day as a check reads them: in order, batch by batch, with an eye on records that no batch accounts for.
import type { Db } from '../day-file.ts'
import { type BatchReader, openBatches } from './batches.ts'
import { type Finding, isIoError } from './finding.ts'
import { recordsDigest } from './records-digest.ts'

type BlockRow = {
  readonly first_seq: number
  readonly count: number
  readonly min_received: number
  readonly max_received: number
}

export type StoredBlocks = ReturnType<typeof readBlocks>

/** Told what is found, and of records that are in front of the chain. */
type BlockEvents = { find(finding: Finding): void; addBefore(records: number): void }

/** The blocks of a day in order; each is opened once and read from its first row to its last. */
export function readBlocks(db: Db, day: string, run: BlockEvents) {
  const rows = db
    .prepare('SELECT first_seq, count, min_received, max_received FROM block ORDER BY first_seq')
    .all() as BlockRow[]
  const columnData = db.prepare('SELECT data FROM column_data WHERE id = ?').pluck()
  let next = 0
  let current: { readonly row: BlockRow; readonly reader: BatchReader; seq: number } | undefined
  let unreadable: BlockRow | undefined

  function inserted(row: BlockRow, from = row.first_seq): void {
    const lastSeq = row.first_seq + row.count - 1
    run.find({
      kind: 'inserted',
      day,
      seq: from,
      lastSeq,
      text: `${day}: no batch has the records ${from} to ${lastSeq}`,
    })
  }

  function leave(): void {
    if (current !== undefined && current.seq < current.row.first_seq + current.row.count)
      inserted(current.row, current.seq)
    current = undefined
  }

  function enter(row: BlockRow): BatchReader | undefined {
    try {
      const read = (id: number): Buffer => columnData.get(row.first_seq * 16 + id) as Buffer
      const reader = openBatches(row.count, read)
      if (!hasBounds(reader.received, row))
        run.find({
          kind: 'altered',
          day,
          seq: row.first_seq,
          lastSeq: row.first_seq + row.count - 1,
          text: `${day}: the receive times that searches use are not those of the records from ${row.first_seq} on`,
        })
      return reader
    } catch (error) {
      if (isIoError(error)) throw error
      return undefined
    }
  }

  return {
    /** Passes the blocks in front of the day's first link. */
    skipBefore(firstSeq: number, isBeforeChain: boolean): void {
      for (; next < rows.length && (rows[next] as BlockRow).first_seq < firstSeq; next++) {
        const row = rows[next] as BlockRow
        if (isBeforeChain) run.addBefore(row.count)
        else inserted(row)
      }
    },
    /** The digest of the batch of these records, or why there is none. */
    digest(seq: number, count: number): Uint8Array | 'missing' | 'unreadable' {
      if (current === undefined || seq >= current.row.first_seq + current.row.count) {
        leave()
        for (; next < rows.length && (rows[next] as BlockRow).first_seq < seq; next++)
          if (rows[next] !== unreadable) inserted(rows[next] as BlockRow)
        const row = rows[next]
        if (row === undefined || row.first_seq !== seq) return unreadable === undefined ? 'missing' : 'unreadable'
        next++
        const reader = enter(row)
        unreadable = reader === undefined ? row : undefined
        if (reader === undefined) return 'unreadable'
        current = { row, reader, seq }
      }
      if (current.seq !== seq || seq + count > current.row.first_seq + current.row.count) return 'missing'
      current.seq += count
      try {
        return recordsDigest(current.reader.take(count))
      } catch {
        unreadable = current.row
        current = undefined
        return 'unreadable'
      }
    },
    /** What is left behind the day's last link. */
    end(): void {
      leave()
      for (; next < rows.length; next++) inserted(rows[next] as BlockRow)
    },
  }
}

function hasBounds(received: Float64Array, row: BlockRow): boolean {
  let least = Number.POSITIVE_INFINITY
  let most = Number.NEGATIVE_INFINITY
  for (const at of received) {
    if (at < least) least = at
    if (at > most) most = at
  }
  return least === row.min_received && most === row.max_received
}
