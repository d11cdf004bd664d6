// The hits behind a checkpoint, with their records, for alerting. What damage made unreadable is left out and told of, so
// that one bad page does not keep people from being alerted of everything that comes later.
import type { Hit } from '../../model/alert.ts'
import { excerptOf } from '../../model/excerpt.ts'
import { type RecordJson, recordToJson } from '../../model/record.ts'
import { recordId } from '../../model/row.ts'
import type { HitCheckpoint, HitHelping, UnreadableHits } from '../store.ts'
import type { BlockView } from './block-view.ts'
import { BlockDamage, isDamage } from './damage.ts'
import type { BlockRow, OpenDay, RowDecoder, Scan } from './scan.ts'

/** A helping ends early behind so many bytes: it is kept in memory. */
const maxHelpingBytes = 8 << 20
/** From here on a hit brings an excerpt of its record: alerts keep it in picket.db. */
const longFrame = 4096
/** A damaged page of the hit list is passed by trying one number after the other, so many in one helping: some 50 ms. */
const maxNumbersTried = 5000

/** `record` is empty, or the record as older versions kept it. */
type HitRow = { readonly n: number; readonly seq: number; readonly rules: string; readonly record: string }

export function hitsAfter(
  scan: Scan,
  decoder: RowDecoder,
  checkpoint: HitCheckpoint | undefined,
  limit: number,
): HitHelping {
  const hits: Hit[] = []
  const unreadable: UnreadableHits[] = []
  let reached: HitCheckpoint | undefined
  let bytes = 0
  let left = limit

  function take(file: OpenDay, after: number): void {
    const { day } = file
    const recordAt = recordsOf(scan, file, decoder)
    const { rows, upTo } = rowsAfter(file, after, left, noteGap)
    for (const row of rows) {
      left--
      reached = { day, n: row.n }
      let ruleIds: readonly string[] = []
      try {
        ruleIds = parsed<string[]>(row.rules)
        const record =
          row.record === '' ? recordAt(row.seq) : { ...parsed<RecordJson>(row.record), id: recordId(day, row.seq) }
        hits.push({ n: row.n, day, ruleIds, record })
        bytes += sizeOf(record)
      } catch (error) {
        if (!isDamage(error)) throw error
        unreadable.push({ day, reason: (error as Error).message, rulesOfHits: [ruleIds] })
      }
      if (bytes >= maxHelpingBytes) return
    }
    if (upTo > after) reached = { day, n: upTo }

    function noteGap(error: Error): void {
      unreadable.push({ day, reason: error.message, rulesOfHits: [] })
    }
  }

  // nobody asks for hits of older days any more, and an open file cannot leave WAL mode
  if (checkpoint !== undefined) scan.letGoBefore(checkpoint.day)
  for (const name of scan.days()) {
    const day = name.slice(0, 8)
    if (checkpoint !== undefined && day < checkpoint.day) continue
    try {
      const file = scan.openDay(name)
      if (file === undefined) continue
      // one snapshot: a merge in between would move records from block to block
      file.db.exec('BEGIN')
      try {
        take(file, day === checkpoint?.day ? checkpoint.n : 0)
      } finally {
        // a COMMIT after damage fails
        if (file.db.inTransaction) file.db.exec('ROLLBACK')
      }
    } catch (error) {
      if (!isDamage(error)) throw error
      unreadable.push({ day, reason: (error as Error).message, rulesOfHits: [] })
    }
    if (left <= 0 || bytes >= maxHelpingBytes) break
  }
  return { hits, checkpoint: reached, unreadable }
}

/** The rows of the hit list behind `after`, as far as they can be read, and the number up to which that is all. */
function rowsAfter(
  file: OpenDay,
  after: number,
  limit: number,
  noteGap: (error: Error) => void,
): { readonly rows: readonly HitRow[]; readonly upTo: number } {
  const { hits, lastHit } = file.statements
  try {
    const rows = hits.all(after, limit) as HitRow[]
    return { rows, upTo: rows.at(-1)?.n ?? after }
  } catch (error) {
    if (!isDamage(error)) throw error
    noteGap(error as Error)
  }
  const rows: HitRow[] = []
  const last = (lastHit.get() as number | undefined) ?? 0
  let upTo = after
  for (let tried = 0; upTo < last && tried < maxNumbersTried && rows.length < limit; tried++) {
    try {
      const row = hits.all(upTo, 1)[0] as HitRow | undefined
      if (row === undefined) break
      rows.push(row)
      upTo = row.n
    } catch (error) {
      if (!isDamage(error)) throw error
      upTo++
    }
  }
  return { rows, upTo }
}

/** The records of one day by sequence number, asked for in rising order: the block of the last one stays unpacked. */
function recordsOf(scan: Scan, file: OpenDay, decoder: RowDecoder): (seq: number) => RecordJson {
  let open: { readonly block: BlockRow; readonly view: BlockView } | undefined
  return seq => {
    if (open === undefined || seq < open.block.first_seq || seq >= open.block.first_seq + open.block.count) {
      open = undefined
      const block = file.statements.blockOf.get(seq) as BlockRow | undefined
      if (block === undefined || seq >= block.first_seq + block.count)
        throw new BlockDamage(`record ${seq} of a hit is not there`)
      open = { block, view: scan.view(file, block) }
    }
    const row = open.view.row(seq - open.block.first_seq)
    const record = recordToJson(decoder.recordOf(row, recordId(file.day, seq)))
    return row.bytes.length > longFrame ? excerptOf(record) : record
  }
}

function parsed<T>(text: string): T {
  try {
    return JSON.parse(text) as T // written by this store
  } catch (cause) {
    throw new BlockDamage(`a hit is damaged: ${(cause as Error).message}`, { cause })
  }
}

/** About what a record takes, in characters; an excerpt bounds the rest. */
function sizeOf({ message, fields, structured_data }: RecordJson): number {
  return message.length + JSON.stringify([fields, structured_data]).length
}
