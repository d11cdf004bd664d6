// The books: every frame that was received is in exactly one place, per transport, in total and over restarts. Runs in
// main; the counters of one moment come from the intake once a second.
//
//   received = stored + not allowed + rate-limited + queue full + disk full + empty + bad frame + lost at end + waiting
import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { Metrics } from '../base/metrics.ts'
import { type Books, differenceOf, losses, noSums, type Sums } from '../model/books.ts'
import type { Transport } from '../model/record.ts'
import { loadBooks, openLedgerFile } from '../store/ledger-file.ts'
import type { Committed } from '../store/sqlite/append.ts'
import { storedAfter } from '../store/sqlite/stored-after.ts'
import type { Snapshot } from './intake.ts'
import type { OwnRecords } from './own-records.ts'

export type Ledger = {
  /** The counters of the intake at one moment. */
  note(snapshot: Snapshot): void
  committed(committed: Committed): void
  /** Frames that the books cannot account for; 0, or a bug of ours. */
  difference(): number
  /** As they were noted last. */
  books(): Books
  /** Notes the end of an orderly stop. */
  [Symbol.dispose](): void
}

type Options = {
  readonly dataDir: string
  readonly own: OwnRecords
  readonly metrics: Metrics
  readonly clock: Clock
  readonly log: Log
}

const tellLossesEveryMs = 10_000

/** Opens the books where the last run left them. Before anything is stored: it looks at what the store has more. */
export function openLedger({ dataDir, own, metrics, clock, log }: Options): Ledger {
  const before = continued(loadBooks(dataDir), dataDir, clock.now())
  const file = openLedgerFile(dataDir)
  let books = before
  let firstSeq: number | undefined
  let written = 0
  let last: Snapshot | undefined
  let lastStored = -1
  let difference = 0
  let toldMono = clock.monotonic()
  let canSave = true
  const timer = setInterval(tellLosses, tellLossesEveryMs).unref()
  save()

  function save(change: Partial<Books> = {}): void {
    books = { ...books, ...change, n: books.n + 1, at: clock.now() }
    try {
      file.save(books)
      canSave = true
    } catch (error) {
      if (canSave) log.error({ err: error }, 'cannot note the books; what is counted now is lost with a crash')
      canSave = false
    }
  }

  function check(snapshot: Snapshot, sums: Books['sums']): void {
    const stored = snapshot.accounts.reduce((sum, account) => sum + account.stored, 0)
    let found = Object.values(sums).reduce((sum, one) => sum + Math.abs(differenceOf(one)), 0)
    const waiting = snapshot.accounts.reduce((sum, { taken, stored }) => sum + taken - stored, 0)
    found += Math.abs(waiting - snapshot.waitingRecords)
    // what the writer tells main comes on another way: compared only when both stand still
    if (stored === lastStored && snapshot.waitingRecords === 0) found += Math.abs(written - stored)
    lastStored = stored
    metrics.set('picket_ledger_difference', {}, found)
    if (found === difference) return
    difference = found
    if (found === 0) return
    log.error({ difference: found }, 'the books do not balance: please report this')
    own.write({ subject: 'BOOKS', severity: 3, text: 'the books do not balance', values: { difference: found } })
  }

  /** Tells of losses in records. A crash may let one be told twice, never not at all: what was told is noted afterwards. */
  function tellLosses(): void {
    const told: { [key: string]: number } = { ...books.told }
    for (const [transport, sums] of Object.entries(books.sums))
      for (const reason of losses) {
        const key = `${transport} ${reason}`
        const count = sums[reason] - (told[key] ?? 0)
        if (count <= 0) continue
        told[key] = sums[reason]
        const values = { listener: transport, reason, count, from: iso(books.toldAt), to: iso(clock.now()) }
        own.write({ subject: 'LOSS', severity: 4, text: 'messages were lost', values })
      }
    toldMono = clock.monotonic()
    save({ told, toldAt: clock.now() })
  }

  if (Object.values(books.sums).some(sums => sums.lost_at_end > 0)) tellLosses()
  return {
    note(snapshot) {
      last = snapshot
      const sums = addUp(before.sums, snapshot)
      const stored = snapshot.accounts.reduce((sum, account) => sum + account.stored, 0)
      check(snapshot, sums)
      // until the writer has said which number came first, what was stored is noted without its place
      if (firstSeq !== undefined) save({ sums, seq: firstSeq + stored })
      else if (stored === 0) save({ sums })
      if (clock.monotonic() - toldMono > 2 * tellLossesEveryMs) tellLosses()
    },
    committed({ records, lastSeq }) {
      firstSeq ??= lastSeq - records
      written += records
    },
    difference: () => difference,
    books: () => books,
    [Symbol.dispose]() {
      clearInterval(timer)
      if (last !== undefined) save({ closed: true })
      file.close()
    },
  }
}

/** The books at the start of a run: what was stored after the last note is counted, what waited then and is not in the
 *  store is lost. Frames of one thread are stored in the order of their arrival, so those that waited come first. */
function continued(saved: Books | undefined, dataDir: string, now: number): Books {
  const begin = { n: 0, since: now, at: now, closed: false, crashes: 0, seq: 0, sums: {}, told: {}, toldAt: now }
  if (saved === undefined) return begin
  const { lastSeq, counts } = storedAfter(dataDir, saved.seq)
  const transports = new Set([...counts.keys(), ...(Object.keys(saved.sums) as Transport[])])
  const sums = [...transports].map(transport => {
    const noted = saved.sums[transport] ?? noSums
    const more = counts.get(transport) ?? 0
    const fromWaiting = Math.min(more, noted.waiting)
    return [
      transport,
      {
        ...noted,
        received: noted.received + more - fromWaiting,
        stored: noted.stored + more,
        lost_at_end: noted.lost_at_end + noted.waiting - fromWaiting,
        waiting: 0,
      },
    ] as const
  })
  return {
    ...saved,
    closed: false,
    crashes: saved.crashes + (saved.closed ? 0 : 1),
    seq: lastSeq,
    sums: Object.fromEntries(sums),
  }
}

/** What earlier runs noted, and what this one has counted since. */
function addUp(before: Books['sums'], { listeners, accounts }: Snapshot): Books['sums'] {
  const sums: { [T in Transport]?: Sums } = {}
  for (const [transport, noted] of Object.entries(before)) sums[transport as Transport] = { ...noted }
  const sumsOf = (transport: Transport): Sums => (sums[transport] ??= { ...noSums })
  for (const { transport, counters } of listeners) {
    const of = sumsOf(transport)
    of.received += counters.received
    of.kernel_dropped += counters.kernelDrops
    for (const [reason, count] of Object.entries(counters.dropped)) of[reason as keyof Sums] += count
  }
  for (const { transport, taken, stored } of accounts) {
    const of = sumsOf(transport)
    if (transport === 'internal') of.received += taken
    of.stored += stored
    of.waiting += taken - stored
  }
  return sums
}

function iso(at: number): string {
  return new Date(at).toISOString()
}
