// A checkpoint: one line that fixes the chain up to a batch. Whoever keeps it outside of this machine (it stands at the
// foot of every mail) can show later that everything before it is unchanged.
//
//   picket-checkpoint/1 <batch> <record> <hash: 64 hex> <UTC time>
import { listDays, openDayForReading, unreadable } from '../day-file.ts'
import { type BatchRow, type ChainHead, unpackParts } from './chain.ts'

export type Checkpoint = ChainHead & { readonly seq: number; readonly at: number }

export function printCheckpoint({ n, seq, hash, at }: Checkpoint): string {
  return `picket-checkpoint/1 ${n} ${seq} ${hash.toString('hex')} ${new Date(at).toISOString()}`
}

/** The checkpoints of any text: a mailbox, a page, a file of notes. Mail programs may have broken or encoded the line. */
export function parseCheckpoints(text: string): Checkpoint[] {
  const decoded = [...text.matchAll(/(?:^[A-Za-z0-9+/]{60,76}\r?\n)+[A-Za-z0-9+/=]*/gm)].map(([lines]) =>
    Buffer.from(lines, 'base64').toString(),
  )
  // quoted-printable's soft line breaks; then any blank, line end or quote mark may stand between the words
  return [text.replaceAll(/=\r?\n/g, ''), ...decoded].flatMap(form =>
    [
      ...form.matchAll(
        /picket-checkpoint\/1[\s>]+(\d{1,15})[\s>]+(\d{1,15})[\s>]+([0-9a-f]{64})[\s>]+(\d{4}-\d\d-\d\dT[\d:.]+Z)/g,
      ),
    ].map(([, n, seq, hash, at]) => ({
      n: Number(n),
      seq: Number(seq),
      hash: Buffer.from(hash as string, 'hex'),
      at: Date.parse(at as string),
    })),
  )
}

/** The checkpoint of what is stored now, beside a running Picket too; undefined when nothing is sealed yet.
 *  Errors: DATA_UNREADABLE. */
export function newestCheckpoint(dataDir: string): Checkpoint | undefined {
  for (const day of listDays(dataDir).toReversed()) {
    const db = openDayForReading(dataDir, day)
    if (db === undefined) continue
    try {
      const row = db.prepare('SELECT * FROM batch ORDER BY n DESC LIMIT 1').get() as BatchRow | undefined
      if (row !== undefined)
        return {
          n: row.n,
          seq: row.first_seq + row.count - 1,
          hash: row.chain,
          at: unpackParts(row).at(-1)?.at ?? row.at,
        }
    } catch (error) {
      if (!isWithoutChain(error)) throw unreadable(dataDir, day, error)
    } finally {
      db.close()
    }
  }
  return undefined
}

/** Files of version 1 have no table `batch`. */
function isWithoutChain(error: unknown): boolean {
  return (error as Error).message === 'no such table: batch'
}
