// `picket verify`: reads a data folder, a copy or a backup, and says whether its records are those that were sealed.
// Only reads; needs no running Picket and nothing outside this folder's modules. docs/integrity.md has the format.
//
//   per day: blocks ─► batches ─► digest ┐
//            batch rows, events ─────────┴─► H(n) from H(n-1) ─► the row's chain ─► the next day's `previous`
//   then: high-water file, removed days, checkpoints
import { PicketError } from '../../../base/errors.ts'
import { type Db, dayPath, expectedTables, listDamaged, listDays, openDayForReading, tablesOf } from '../day-file.ts'
import {
  type BatchRow,
  type ChainEvent,
  chainBegin,
  eventDigest,
  linkHash,
  noDigest,
  tagOf,
  unpackParts,
} from './chain.ts'
import { derivedProblems } from './derived.ts'
import { type Finding, type FindingKind, isIoError, rangeText } from './finding.ts'
import { loadHighWater } from './high-water.ts'
import { checkManifests, type DayLinks, type ManifestCheck, readManifests } from './manifest.ts'
import { checkSeals, loadRatchet, type PlacedSeal } from './ratchet.ts'
import { digestBytes } from './records-digest.ts'
import { readBlocks, type StoredBlocks } from './stored-blocks.ts'

/** What somebody kept of the chain outside of this machine. */
export type Anchor = { readonly n: number; readonly hash: Buffer }

export type Verification = {
  readonly outcome: 'intact' | 'altered' | 'unclear'
  /** In the order of the chain; the first ones of many. */
  readonly findings: readonly Finding[]
  readonly findingCount: number
  /** What this run could not check, in sentences. */
  readonly notes: readonly string[]
  readonly days: number
  readonly records: number
  /** Records stored before there was a chain: not covered. */
  readonly recordsBefore: number
  readonly links: number
  readonly anchorsHeld: number
  /** Seals of the key that was given. */
  readonly sealsHeld: number
  readonly manifests: number
  /** The public key (base64) that signed the manifests. */
  readonly key?: string
  /** The newest link, and when it was made (ms since 1970 UTC). */
  readonly head?: { readonly n: number; readonly seq: number; readonly hash: Buffer; readonly at: number }
}

type VerifyOptions = {
  readonly anchors?: readonly Anchor[]
  /** The public key (base64) that must have signed the manifests. */
  readonly key?: string | undefined
  /** The first key of the ratchet. */
  readonly sealKey?: Buffer | undefined
  /** Also makes again what is derived from the records, and compares. */
  readonly deep?: boolean | undefined
  /** Called now and then with the records checked so far. */
  readonly onProgress?: (records: number, day: string) => void
}

const maxFindings = 100
const progressEveryRecords = 1_000_000

/** Checks every day of a data folder. Errors: ACCESS_DENIED when a file may not be read; damage is a finding. */
export function verifyStore(dataDir: string, options: VerifyOptions = {}): Verification {
  // before the days: a Picket that runs meanwhile only goes on from here
  const highWater = loadHighWater(dataDir)
  const inForce = options.sealKey === undefined ? undefined : loadRatchet(dataDir)
  const manifestFiles = readManifests(dataDir)
  const run = createRun(options)
  const days = listDays(dataDir)
  for (const day of days) {
    let db: Db | undefined
    try {
      db = openDayForReading(dataDir, day)
      if (db === undefined) continue
      db.exec('BEGIN')
      verifyDay(db, day, run)
      if (options.deep === true)
        for (const { seq, lastSeq, text } of derivedProblems(db))
          run.find({ kind: 'index', day, seq, lastSeq, text: `${day}, ${rangeText({ seq, lastSeq }, text)}` })
    } catch (error) {
      const problem = deniedOr(error, dayPath(dataDir, day))
      run.find({ kind: 'unreadable', day, text: `${day}: the file cannot be read: ${problem}` })
      run.loseTrack()
    } finally {
      db?.close()
    }
  }
  for (const name of listDamaged(dataDir)) {
    const day = name.slice(0, 8)
    const text = `${day}: a file that was too damaged to be written to lies in ${dayPath(dataDir, name)}; its records are not in the chain any more`
    run.find({ kind: 'unreadable', day, text })
  }
  const manifests = checkManifests(manifestFiles, run.dayLinks, run.opening, options.key)
  const seals =
    options.sealKey === undefined
      ? undefined
      : checkSeals(options.sealKey, run.seals, { inForce, fromBatch: run.opening?.n ?? 1 })
  return run.result(days, highWater, manifests, seals)
}

type Run = ReturnType<typeof createRun>

/** What is carried from day to day. */
function createRun({ anchors = [], onProgress }: VerifyOptions) {
  const findings: Finding[] = []
  const notes: string[] = []
  const events: { readonly n: number; readonly event: ChainEvent }[] = []
  const seals: PlacedSeal[] = []
  const anchorsByN = new Map(anchors.map(anchor => [anchor.n, anchor.hash]))
  const untested = new Set(anchorsByN.keys())
  let findingCount = 0
  let anchorsHeld = 0
  let records = 0
  let recordsBefore = 0
  let links = 0
  let nextProgress = progressEveryRecords
  /** The link that was checked last; undefined before the first one and behind an unreadable file. */
  let last: { n: number; nextSeq: number; hash: Buffer } | undefined
  let head: Verification['head']
  let opening: { readonly n: number; readonly previous: string; readonly day: string } | undefined
  const dayLinks: DayLinks[] = []

  function find(finding: Finding): void {
    findingCount++
    if (findings.length < maxFindings) findings.push(finding)
  }

  return {
    find,
    tables: JSON.stringify(expectedTables()),
    events,
    seals,
    dayLinks,
    get opening() {
      return opening
    },
    get last() {
      return last
    },
    loseTrack() {
      last = undefined
    },
    isFirst: () => links === 0,
    /** The first link that is there: what came before it was removed, or nothing did. */
    open(day: string, n: number, previous: Buffer) {
      opening = { day, n, previous: previous.toString('hex') }
    },
    addLink(n: number, hash: Buffer) {
      links++
      const anchor = anchorsByN.get(n)
      if (anchor === undefined) return
      untested.delete(n)
      if (anchor.equals(hash)) anchorsHeld++
      else
        find({ kind: 'anchor', batch: n, text: `the checkpoint of batch ${n} has another hash: history was rewritten` })
    },
    addRecords(count: number, day: string) {
      records += count
      if (records < nextProgress) return
      nextProgress += progressEveryRecords
      onProgress?.(records, day)
    },
    addBefore(count: number) {
      recordsBefore += count
    },
    endDay(day: string, first: number) {
      if (last !== undefined) dayLinks.push({ day, first, last: last.n, hash: last.hash.toString('hex') })
    },
    endRow(n: number, nextSeq: number, hash: Buffer, at: number) {
      last = { n, nextSeq, hash }
      head = { n, seq: nextSeq - 1, hash, at }
    },
    result(
      days: readonly string[],
      highWater: ReturnType<typeof loadHighWater>,
      { problems, manifests, key, newest }: ManifestCheck,
      sealed: ReturnType<typeof checkSeals> | undefined,
    ): Verification {
      if (opening !== undefined && opening.n > 1) checkOpening(opening, events, find)
      if (highWater !== undefined) checkHighWater(highWater, head, find)
      for (const { n, text } of sealed?.problems ?? [])
        find({ kind: 'seal', ...(n === undefined ? {} : { batch: n }), text })
      const sealsHeld = sealed?.held ?? 0
      for (const { day, text } of problems) find({ kind: 'manifest', day, text })
      if (newest !== undefined && newest.last_batch > (head?.n ?? 0))
        find({
          kind: 'truncated',
          day: newest.day,
          text: `the manifest of ${newest.day} knows batch ${newest.last_batch}`,
        })
      const unsigned = dayLinks.filter(({ day }) => day > (newest?.day ?? '') && day < (days.at(-1) ?? '')).length
      if (unsigned > 0) notes.push(`${unsigned} days that are over have no manifest yet`)
      for (const n of [...untested].toSorted((a, b) => a - b)) {
        if (n > (head?.n ?? 0))
          find({
            kind: 'truncated',
            batch: n,
            text: `a checkpoint knows batch ${n}; the chain ends at ${head?.n ?? 0}`,
          })
        else notes.push(`the checkpoint of batch ${n} is of a day that is not there any more`)
      }
      if (recordsBefore > 0)
        notes.push(`${recordsBefore} records were stored before the chain began; they are not covered`)
      if (highWater === undefined)
        notes.push('there is no ack.hwm here (a copy?): a tail that was cut off would not show')
      if (anchorsHeld === 0 && sealsHeld === 0)
        notes.push(
          'consistent in itself, but not anchored: who could rewrite everything here would pass; give --checkpoint or --seal-key',
        )
      const isNothing = links === 0
      if (isNothing) notes.push('there is no sealed record here')
      const outcome = findingCount > 0 ? 'altered' : isNothing ? 'unclear' : 'intact'
      return {
        outcome,
        findings,
        findingCount,
        notes,
        days: days.length,
        records,
        recordsBefore,
        links,
        anchorsHeld,
        sealsHeld,
        manifests,
        ...(key === undefined ? {} : { key }),
        ...(head === undefined ? {} : { head }),
      }
    },
  }
}

/** One day within a read transaction. */
function verifyDay(db: Db, day: string, run: Run): void {
  const hasChain = db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'batch'").get() !== undefined
  const blocks = readBlocks(db, day, run)
  let isFirstRow = true
  let firstN: number | undefined
  if (hasChain) {
    // a view or a trigger in the place of a table could show searches something else
    if (JSON.stringify(tablesOf(db)) !== run.tables)
      run.find({ kind: 'altered', day, text: `${day}: the file has other tables than Picket makes` })
    const events = new Map(
      (db.prepare('SELECT n, body FROM event').all() as { n: number; body: string }[]).map(({ n, body }) => [n, body]),
    )
    // the rows of a day are few: merged blocks have one each
    for (const row of db.prepare('SELECT * FROM batch ORDER BY n').all() as BatchRow[]) {
      if (isFirstRow) blocks.skipBefore(row.first_seq, run.isFirst())
      isFirstRow = false
      firstN ??= row.n - unpackParts(row).length + 1
      verifyRow(row, day, events, blocks, run)
    }
    if (firstN !== undefined) run.endDay(day, firstN)
    for (const n of events.keys())
      run.find({ kind: 'inserted', day, batch: n, text: `${day}: an event that no batch accounts for (${n})` })
  }
  // a day without a link: from before the chain, or put there
  if (isFirstRow) blocks.skipBefore(Number.MAX_SAFE_INTEGER, run.isFirst())
  blocks.end()
}

/** One row of links: their order, their records, their hash. */
function verifyRow(row: BatchRow, day: string, events: Map<number, string>, blocks: StoredBlocks, run: Run): void {
  const parts = unpackParts(row)
  const firstN = row.n - parts.length + 1
  const fault = (kind: FindingKind, text: string, range: Pick<Finding, 'seq' | 'lastSeq'> = {}, batch = firstN): void =>
    run.find({ kind, day, batch, ...range, text: `${day}, batch ${batch}: ${text}` })
  const { last } = run
  if (run.isFirst()) {
    run.open(day, firstN, row.previous)
    if (firstN === 1 && !row.previous.equals(chainBegin.hash)) fault('chain', 'the first batch has one before it')
  } else if (last !== undefined) {
    const isGap = row.first_seq > last.nextSeq
    if (firstN !== last.n + 1 || isGap)
      fault(
        isGap ? 'missing' : 'chain',
        `follows batch ${last.n}, which ends at record ${last.nextSeq - 1}; it begins with record ${row.first_seq}`,
        isGap ? { seq: last.nextSeq, lastSeq: row.first_seq - 1 } : {},
      )
    else if (row.first_seq < last.nextSeq)
      fault('chain', `begins with record ${row.first_seq}, which an earlier one has`)
    else if (!row.previous.equals(last.hash)) fault('chain', 'does not follow the batch before it')
  }
  let seq = row.first_seq
  let hash: Buffer = row.previous
  let { at } = row
  let isProvable = row.previous.length === digestBytes
  parts.forEach((part, i) => {
    const n = firstN + i
    let digest: Uint8Array = noDigest
    const range = { seq, lastSeq: seq + part.count - 1 }
    if (part.count > 0) {
      const found = blocks.digest(seq, part.count)
      if (typeof found === 'string') {
        fault(found === 'missing' ? 'missing' : 'unreadable', rangeText(range, found), range, n)
        isProvable = false
      } else digest = found
    } else if (events.has(n)) {
      const body = events.get(n) as string
      events.delete(n)
      digest = eventDigest(body)
      if (tagOf(digest) === part.tag) noteEvent(n, body, isProvable ? hash : undefined, run)
    }
    if (isProvable && tagOf(digest) !== part.tag) {
      const what = part.count > 0 ? rangeText(range, 'not what was sealed') : 'its event is not what was sealed'
      fault('altered', what, part.count > 0 ? range : {}, n)
      isProvable = false
    }
    if (isProvable) {
      hash = linkHash(n, { firstSeq: seq, count: part.count, at: part.at, digest }, hash)
      run.addLink(n, hash)
    } else run.addLink(n, i === parts.length - 1 ? row.chain : Buffer.alloc(0))
    run.addRecords(part.count, day)
    seq += part.count
    at = part.at
  })
  if (isProvable && (!hash.equals(row.chain) || row.first_seq + row.count !== seq || parts.length === 0))
    fault(
      'altered',
      `its records or its own row are not what was sealed (records ${row.first_seq} to ${seq - 1})`,
      row.count > 0 ? { seq: row.first_seq, lastSeq: seq - 1 } : {},
    )
  run.endRow(row.n, seq, row.chain, at)
}

/** `before` is the hash of the link before the event's own, when it is known to be right. */
function noteEvent(n: number, body: string, before: Buffer | undefined, run: Run): void {
  const event = JSON.parse(body) as ChainEvent // its digest is right: as this store wrote it
  run.events.push({ n, event })
  if (event.kind === 'seal') run.seals.push({ n, seal: event, chain: before ?? Buffer.alloc(0) })
}

/** Days before the first link: the newest retention record must name the link in front of it. */
function checkOpening(
  { day, n, previous }: { readonly day: string; readonly n: number; readonly previous: string },
  events: readonly { readonly event: ChainEvent }[],
  find: (finding: Finding) => void,
): void {
  const isNoted = events.some(({ event }) => event.kind === 'retention' && event.n === n - 1 && event.hash === previous)
  if (!isNoted)
    find({
      kind: 'removed',
      day,
      batch: n,
      text: `the chain begins on ${day} with batch ${n}; no retention record says that what was before it was removed`,
    })
}

function checkHighWater(
  mark: NonNullable<ReturnType<typeof loadHighWater>>,
  head: Verification['head'],
  find: (finding: Finding) => void,
): void {
  if (head === undefined || head.n < mark.n)
    find({
      kind: 'truncated',
      seq: (head?.seq ?? 0) + 1,
      lastSeq: mark.seq,
      text: `the end is missing: ack.hwm knows batch ${mark.n} and record ${mark.seq}; the chain ends at batch ${head?.n ?? 0} and record ${head?.seq ?? 0}`,
    })
}

/** What is wrong with a file; throws when it may be whole but cannot be read now. */
function deniedOr(error: unknown, path: string): string {
  const cause = error instanceof PicketError ? (error.cause ?? error) : error
  if (isIoError(cause))
    throw new PicketError('ACCESS_DENIED', `cannot read ${path}: ${(cause as Error).message}`, { cause })
  return (cause as Error).message
}
