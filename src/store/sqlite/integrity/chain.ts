// The chain of batches. Every batch that is committed adds a link over the one before, in the same transaction; when small
// blocks are merged their links are put into one row, which keeps what is needed to compute each of them again.
//
//   H(n) = SHA-256("picket/batch/1\n"  n:u64  first_seq:u64  count:u32  at:u64  digest  H(n-1))    big-endian; H(0) = zeros
//
//   batch.parts, per link:  count  at - at of the link before (zigzag)  first 2 bytes of digest     varint, varint, bytes
import { hash } from 'node:crypto'
import type { Db } from '../day-file.ts'
import { digestBytes } from './records-digest.ts'

/** The newest link: its number, counted from 1 for the first batch of this Picket, and its hash. */
export type ChainHead = { readonly n: number; readonly hash: Buffer }

export const chainBegin: ChainHead = { n: 0, hash: Buffer.alloc(digestBytes) }

/** One link's content. `firstSeq` is the sequence number that its first record has, or would have. */
export type Link = {
  readonly firstSeq: number
  readonly count: number
  /** When it was committed, ms since 1970 UTC, as this machine's clock said. */
  readonly at: number
  /** recordsDigest of its records; eventDigest of its event; noDigest when it holds nothing. */
  readonly digest: Uint8Array
}

/** Why whole days go. */
export type RemovalReason = 'age' | 'size' | 'disk'

/** A link without records says what happened to the store, or only that Picket was alive. */
export type ChainEvent =
  /** Days removed because they were too old, or the records took too much room, or the disk was nearly full; the last link of the newest one.
   *  Without a reason: by a Picket that knew age only. */
  | {
      readonly kind: 'retention'
      readonly reason?: RemovalReason
      readonly days: readonly string[]
      readonly n: number
      readonly hash: string
    }
  /** Records that were stored once are not there any more: noticed at a start. */
  | { readonly kind: 'missing'; readonly firstSeq: number; readonly lastSeq: number; readonly n: number }
  /** Everything before this link, authenticated with a key that is wiped now (ratchet.ts). */
  | { readonly kind: 'seal'; readonly series: string; readonly epoch: number; readonly mac: string }

/** The digest of a heartbeat. */
export const noDigest = new Uint8Array(digestBytes)

/** A row of the table `batch`: one link, or several that were put together. */
export type BatchRow = {
  /** The last link's number. */
  readonly n: number
  readonly first_seq: number
  readonly count: number
  /** When the first link was committed. */
  readonly at: number
  readonly parts: Buffer
  /** H before the first link and after the last. */
  readonly previous: Buffer
  readonly chain: Buffer
}

export type Part = { readonly count: number; readonly at: number; readonly tag: number }

export const chainSchema = `
  CREATE TABLE batch(
    n INTEGER PRIMARY KEY,
    first_seq INTEGER NOT NULL,
    count INTEGER NOT NULL,
    at INTEGER NOT NULL,
    parts BLOB NOT NULL,
    previous BLOB NOT NULL,
    chain BLOB NOT NULL
  ) STRICT;
  CREATE TABLE event(n INTEGER PRIMARY KEY, body TEXT NOT NULL) STRICT;
`

export type ChainStatements = ReturnType<typeof prepareChain>

export function prepareChain(db: Db) {
  return {
    insert: db.prepare(
      'INSERT INTO batch(n, first_seq, count, at, parts, previous, chain) VALUES (@n, @first_seq, @count, @at, @parts, @previous, @chain)',
    ),
    insertEvent: db.prepare('INSERT INTO event(n, body) VALUES (?, ?)'),
    // text comparison: the body is written by JSON.stringify
    lastSeal: db.prepare(`SELECT body FROM event WHERE body LIKE '{"kind":"seal",%' ORDER BY n DESC LIMIT 1`).pluck(),
    last: db.prepare('SELECT * FROM batch ORDER BY n DESC LIMIT 1'),
    newestFirst: db.prepare('SELECT * FROM batch ORDER BY n DESC'),
    remove: db.prepare('DELETE FROM batch WHERE n BETWEEN ? AND ?'),
  }
}

/** Writes the link behind `head`; returns the new head, which holds once the transaction is committed. */
export function addLink(statements: ChainStatements, head: ChainHead, link: Link): ChainHead {
  const n = head.n + 1
  const next = linkHash(n, link, head.hash)
  statements.insert.run({
    n,
    first_seq: link.firstSeq,
    count: link.count,
    at: link.at,
    parts: packParts([{ count: link.count, at: link.at, tag: tagOf(link.digest) }], link.at),
    previous: head.hash,
    chain: next,
  } satisfies BatchRow)
  return { n, hash: next }
}

/** Writes a link that says what happened, like addLink. */
export function addEvent(
  statements: ChainStatements,
  head: ChainHead,
  event: ChainEvent,
  { firstSeq, at }: Pick<Link, 'firstSeq' | 'at'>,
): ChainHead {
  const body = JSON.stringify(event)
  statements.insertEvent.run(head.n + 1, body)
  return addLink(statements, head, { firstSeq, at, count: 0, digest: eventDigest(body) })
}

/** Puts the links of the records [fromSeq, toSeq) into one row; within the transaction that merges their blocks. */
export function mergeLinks(statements: ChainStatements, fromSeq: number, toSeq: number): void {
  const rows: BatchRow[] = []
  for (const row of statements.newestFirst.iterate() as Iterable<BatchRow>) {
    if (row.first_seq < fromSeq) break
    if (row.first_seq < toSeq) rows.unshift(row)
  }
  // of the heartbeats at the edges nobody can say on which side they stand
  while (rows[0]?.count === 0) rows.shift()
  while (rows.at(-1)?.count === 0) rows.pop()
  putTogether(statements, rows)
}

/** Puts heartbeats that follow each other into one row each run; for a day that is over. */
export function mergeHeartbeats(statements: ChainStatements): void {
  let run: BatchRow[] = []
  for (const row of statements.newestFirst.all() as BatchRow[]) {
    if (row.count === 0) run.unshift(row)
    else {
      putTogether(statements, run)
      run = []
    }
  }
  putTogether(statements, run)
}

function putTogether(statements: ChainStatements, rows: readonly BatchRow[]): void {
  const [first] = rows
  const last = rows.at(-1)
  if (first === undefined || last === undefined || rows.length === 1) return
  statements.remove.run(first.n, last.n)
  statements.insert.run({
    n: last.n,
    first_seq: first.first_seq,
    count: rows.reduce((sum, row) => sum + row.count, 0),
    at: first.at,
    parts: packParts(
      rows.flatMap(row => unpackParts(row)),
      first.at,
    ),
    previous: first.previous,
    chain: last.chain,
  } satisfies BatchRow)
}

/** The newest link of a day's file, or undefined when it has none. */
export function headOf(statements: ChainStatements): ChainHead | undefined {
  const row = statements.last.get() as BatchRow | undefined
  return row && { n: row.n, hash: row.chain }
}

export function linkHash(n: number, { firstSeq, count, at, digest }: Link, previous: Uint8Array): Buffer {
  const content = Buffer.alloc(form.length + 28 + 2 * digestBytes)
  let end = form.copy(content)
  end = content.writeBigUInt64BE(BigInt(n), end)
  end = content.writeBigUInt64BE(BigInt(firstSeq), end)
  end = content.writeUInt32BE(count, end)
  end = content.writeBigUInt64BE(BigInt(at), end)
  content.set(digest, end)
  content.set(previous, end + digestBytes)
  return hash('sha256', content, 'buffer')
}

const form = Buffer.from('picket/batch/1\n')

export function eventDigest(body: string): Buffer {
  return hash('sha256', `picket/event/1\n${body}`, 'buffer')
}

/** Two bytes of a digest: enough to say which link of a row is the bad one; the row's hash is the proof. */
export function tagOf(digest: Uint8Array): number {
  return (digest[0] as number) * 256 + (digest[1] as number)
}

/** The links of a row. Throws RangeError on bytes that no store wrote. */
export function unpackParts(row: Pick<BatchRow, 'parts' | 'at'>): Part[] {
  const parts: Part[] = []
  const { parts: data } = row
  let { at } = row
  let offset = 0
  const number = (): number => {
    let value = 0
    for (let scale = 1; ; scale *= 128) {
      const byte = data.readUInt8(offset++)
      value += (byte & 127) * scale
      if (byte < 128) return value
      if (scale > 2 ** 49) throw new RangeError('a number of more than 8 bytes')
    }
  }
  while (offset < data.length) {
    const count = number()
    const folded = number()
    at += folded % 2 === 1 ? -(folded + 1) / 2 : folded / 2
    parts.push({ count, at, tag: data.readUInt16BE(offset) })
    offset += 2
  }
  return parts
}

function packParts(parts: readonly Part[], firstAt: number): Buffer {
  const data = Buffer.alloc(parts.length * 18)
  let end = 0
  const number = (value: number): void => {
    let rest = value
    for (; rest >= 128; rest = Math.floor(rest / 128)) data[end++] = (rest % 128) | 128
    data[end++] = rest
  }
  let before = firstAt
  for (const { count, at, tag } of parts) {
    number(count)
    number(at < before ? 2 * (before - at) - 1 : 2 * (at - before))
    end = data.writeUInt16BE(tag, end)
    before = at
  }
  return data.subarray(0, end)
}
