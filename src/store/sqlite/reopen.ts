// After the disk failed under the writer: which errors ask for a new connection, and whether the file that was opened anew
// holds what memory knows to be stored.
import { PicketError } from '../../base/errors.ts'
import { type Db, dayPath } from './day-file.ts'
import {
  type BatchRow,
  type ChainHead,
  eventDigest,
  headOf,
  linkHash,
  noDigest,
  prepareChain,
  unpackParts,
} from './integrity/chain.ts'
import { readBlocks } from './integrity/stored-blocks.ts'

/** An error after which nobody knows what the file holds; also that it holds something else. A full disk, a lock and a
 *  read-only file system are none: they leave the file as it was. */
export function isDiskFailure(error: unknown): boolean {
  const { code } = error as { code?: unknown }
  return typeof code === 'string' && /^(?:SQLITE_(?:IOERR|CORRUPT|NOTADB)|EIO$|STORE_FAILED$)/.test(code)
}

/**
 * Writes everything into the day's file once more and compares its end with memory.
 *
 * @param db the file, just opened
 * @param expected the newest link that was stored in it, if any
 * @throws PicketError STORE_FAILED when they differ; SQLite's error when the disk fails again
 */
export function checkReopened(dataDir: string, day: string, db: Db, expected: ChainHead | undefined): void {
  const path = dayPath(dataDir, day)
  const differs = (what: string): PicketError =>
    new PicketError('STORE_FAILED', `${path} is not as it was stored: ${what}; \`picket verify\` has the details`)
  // pages whose fsync failed count as clean: only what is written again reaches the disk
  const [state] = db.pragma('wal_checkpoint(FULL)') as [{ readonly busy: number }]
  if (state.busy !== 0) throw new PicketError('DATA_LOCKED', `${path} is being read; it is looked at once that ends`)
  for (const table of ['block', 'batch']) {
    const found = db.pragma(`quick_check(${table})`, { simple: true })
    if (found !== 'ok') throw differs(String(found))
  }
  const head = headOf(prepareChain(db))
  if (head?.n !== expected?.n || (head !== undefined && !head.hash.equals(expected?.hash ?? head.hash)))
    throw differs(`it ends with batch ${head?.n ?? 0} instead of ${expected?.n ?? 0}`)
  const problem = newestProblem(db, day)
  if (problem !== undefined) throw differs(problem)
}

/** What is wrong with the newest row of the chain that has records: they are read back and hashed. */
function newestProblem(db: Db, day: string): string | undefined {
  const row = db.prepare('SELECT * FROM batch WHERE count > 0 ORDER BY n DESC LIMIT 1').get() as BatchRow | undefined
  if (row === undefined) return undefined
  const eventBody = db.prepare('SELECT body FROM event WHERE n = ?').pluck()
  const blocks = readBlocks(db, day, { find: () => undefined, addBefore: () => undefined })
  blocks.skipBefore(row.first_seq, true)
  const parts = unpackParts(row)
  let n = row.n - parts.length
  let seq = row.first_seq
  let hash = row.previous
  for (const { count, at } of parts) {
    n++
    const body = eventBody.get(n) as string | undefined
    const digest = count > 0 ? blocks.digest(seq, count) : body === undefined ? noDigest : eventDigest(body)
    if (typeof digest === 'string') return `the records ${seq} to ${seq + count - 1} are ${digest}`
    hash = linkHash(n, { firstSeq: seq, count, at, digest }, hash)
    seq += count
  }
  return hash.equals(row.chain) ? undefined : `the records ${row.first_seq} to ${seq - 1} are others`
}
