// The store against a plain array of records, by fast-check: appends, merges, crashes, restarts, days that end, clocks that
// go back, retention, backups and searches in random order. After each of them the store holds what the array holds.
import { deepEqual, equal, partialDeepStrictEqual } from 'node:assert/strict'
import { appendFileSync, cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { createBatchBuilder } from '../../../src/app/batch-builder.ts'
import type { LogRecord } from '../../../src/model/record.ts'
import { dayOf, type Origin, recordId } from '../../../src/model/row.ts'
import { mayDecode } from '../../../src/parse/may-decode.ts'
import { rawOf, recordOf, rowOfFrame } from '../../../src/parse/record.ts'
import { compileQuery } from '../../../src/query/match.ts'
import { parseQuery } from '../../../src/query/parse.ts'
import { recordView } from '../../../src/query/record-view.ts'
import { type Appender, type Batch, openAppender } from '../../../src/store/sqlite/append.ts'
import { backUp } from '../../../src/store/sqlite/backup.ts'
import { restoreBackup } from '../../../src/store/sqlite/backup-restore.ts'
import { startRatchet } from '../../../src/store/sqlite/integrity/ratchet.ts'
import { verifyStore } from '../../../src/store/sqlite/integrity/verify.ts'
import { openReader } from '../../../src/store/sqlite/reader.ts'
import type { Reader } from '../../../src/store/store.ts'

export type ModelFigures = {
  readonly seed: number
  runs: number
  /** How often each command was carried out. */
  readonly commands: Record<string, number>
}

/** Lets every command have its turn, then so many random sequences of them; a difference is thrown with the seed and the
 *  shortest way to it. */
export async function checkModel(numRuns: number, seed: number = Date.now() % 2 ** 31): Promise<ModelFigures> {
  const figures: ModelFigures = { seed, runs: 0, commands: {} }
  await runSteps(story(), figures)
  const sequence = fc.commands([...commandArbitraries], { maxCommands: 40, size: 'max' })
  await fc.assert(
    fc.asyncProperty(sequence, steps => runSteps(steps, figures)),
    { numRuns, seed },
  )
  return figures
}

async function runSteps(steps: Iterable<Command>, figures: ModelFigures): Promise<void> {
  figures.runs++
  const base = mkdtempSync(join(tmpdir(), 'picket-model-'))
  const model = emptyModel()
  const real = openReal(base, () => model.clock, figures)
  try {
    await fc.asyncModelRun(() => ({ model, real }), [...steps, restart, everything, verify])
  } finally {
    real.end()
    rmSync(base, { recursive: true, force: true })
  }
}

const noon = Date.UTC(2026, 10, 23, 12)
const dayMs = 86_400_000
const origins: readonly Origin[] = [
  { peer: '192.0.2.7', transport: 'tcp', timeZone: 'UTC', charset: 'windows-1252' },
  { peer: '2001:db8::7', transport: 'udp', timeZone: 'UTC', charset: 'windows-1252' },
]
/** Records of one batch arrive within so many ms. */
const batchMs = 500
/** Batches of so many records are sealed at once here. */
const sealedRecords = 300

type ModelRecord = {
  readonly seq: number
  readonly day: string
  readonly id: string
  readonly receivedAt: number
  readonly frame: Buffer
  readonly record: LogRecord
}

type ModelHit = { readonly day: string; readonly n: number; readonly id: string; readonly ruleIds: readonly string[] }

type Model = {
  clock: number
  /** The days that have a file. */
  days: string[]
  /** The one that is written to, if any. */
  openDay: string | undefined
  nextSeq: number
  records: ModelRecord[]
  hits: ModelHit[]
  /** A backup does not take the key along. */
  hasSealKey: boolean
  /** Nothing was added to the chain since its last seal of this run. */
  isSealed: boolean
  /** The days that hold seals. */
  sealDays: string[]
}

function emptyModel(): Model {
  return {
    clock: noon,
    days: [],
    openDay: undefined,
    nextSeq: 1,
    records: [],
    hits: [],
    hasSealKey: true,
    isSealed: false,
    sealDays: [],
  }
}

/** A link is added on this day, or the newest: a clock that went back does not open an old day again. */
function addToDay(model: Model, wanted: string): string {
  const newest = model.days.at(-1) ?? ''
  const day = wanted < newest ? newest : wanted
  if (day !== newest) model.days = [...model.days, day]
  model.openDay = day
  model.isSealed = false
  return day
}

function sealModel(model: Model): void {
  if (model.days.length === 0 || !model.hasSealKey || model.isSealed) return
  model.sealDays.push(addToDay(model, dayOf(model.clock)))
  model.isSealed = true
}

function reopenModel(model: Model): void {
  model.openDay = undefined
  model.isSealed = false
}

type Real = ReturnType<typeof openReal>

/** The store itself: its folder, its writer and a reader that stays open while the folder does. */
function openReal(base: string, now: () => number, { commands }: ModelFigures) {
  let folders = 0
  const newFolder = (): string => join(base, `data-${++folders}`)
  let dir = newFolder()
  mkdirSync(dir)
  const { key: sealKey } = startRatchet(dir, { again: false })
  /** Writers that died: their folders are not looked at any more. */
  const dead: Appender[] = []
  let appender = openWriter()
  let reader = openReader(dir, { recordOf, rawOf, mayDecode }, now)

  function openWriter(): Appender {
    const opened = openAppender(dir, now)
    equal(opened.missing, undefined, 'nothing that was stored is missing')
    return opened
  }

  function moveTo(folder: string): void {
    dead.push(appender)
    dir = folder
    appender = openWriter()
    renewReader()
  }

  function renewReader(): void {
    reader.close()
    reader = openReader(dir, { recordOf, rawOf, mayDecode }, now)
  }

  return {
    sealKey,
    backupDir: join(base, 'backup'),
    newFolder,
    moveTo,
    renewReader,
    get dir(): string {
      return dir
    },
    get appender(): Appender {
      return appender
    },
    get reader(): Reader {
      return reader
    },
    count(name: string): void {
      commands[name] = (commands[name] ?? 0) + 1
    },
    restart(): void {
      appender.close()
      appender = openWriter()
    },
    end(): void {
      reader.close()
      for (const each of [appender, ...dead]) each.close()
    },
  }
}

type Command = fc.AsyncCommand<Model, Real>

type Step = { readonly name: string; readonly detail?: unknown; readonly needsRecords?: boolean }

function command(
  { name, detail, needsRecords = false }: Step,
  run: (model: Model, real: Real) => void | Promise<void>,
): Command {
  return {
    check: model => !needsRecords || model.days.length > 0,
    run: async (model, real) => {
      await run(model, real)
      real.count(name)
    },
    toString: () => (detail === undefined ? name : `${name} ${JSON.stringify(detail)}`),
  }
}

type BatchPlan = { readonly records: number; readonly variety: number; readonly hitEvery: number }

const smallBatch: fc.Arbitrary<BatchPlan> = fc.record({
  records: fc.oneof(
    { weight: 3, arbitrary: fc.integer({ min: 1, max: 6 }) },
    { weight: 1, arbitrary: fc.integer({ min: 1, max: sealedRecords - 1 }) },
  ),
  variety: fc.nat(10_000),
  hitEvery: fc.constantFrom(0, 0, 1, 3, 50),
})
const sealedBatch: fc.Arbitrary<BatchPlan> = fc.record({
  records: fc.integer({ min: sealedRecords, max: sealedRecords + 100 }),
  variety: fc.nat(10_000),
  hitEvery: fc.constantFrom(0, 40),
})
/** So many that the next merge finds enough of them. */
const burst = fc.array(
  smallBatch.map(plan => ({ ...plan, records: 1 + (plan.records % 3) })),
  { minLength: 33, maxLength: 36, size: 'max' },
)

const builder = createBatchBuilder([])

/** `dayEndsBefore`: the first batch of the next day, as when midnight passes while the writer is busy. */
function append(name: string, plans: readonly BatchPlan[], dayEndsBefore?: number): Command {
  return command({ name, detail: { plans, dayEndsBefore } }, (model, real) => {
    const made = plans.map((plan, i) => {
      if (i === dayEndsBefore) model.clock += dayMs
      return makeBatch(plan, (model.clock += batchMs))
    })
    for (let rest = made; rest.length > 0; ) {
      const stored = real.appender.append(rest.map(({ batch }) => batch))
      const day = addToDay(model, rest[0]?.batch.day ?? '')
      const later = rest.findIndex(({ batch }) => batch.day > day)
      const group = later < 0 ? rest : rest.slice(0, later)
      const before = { records: model.records.length, hits: model.hits.length }
      for (const each of group) store(model, day, each)
      partialDeepStrictEqual(stored, {
        batches: group.length,
        day,
        lastSeq: model.nextSeq - 1,
        records: model.records.length - before.records,
        hits: model.hits.length - before.hits,
      })
      rest = rest.slice(group.length)
    }
  })
}

type Made = { readonly batch: Batch; readonly frames: readonly Buffer[]; readonly receivedAt: number }

function makeBatch({ records, variety, hitEvery }: BatchPlan, receivedAt: number): Made {
  const frames = Array.from({ length: records }, (_, i) => frameOf(variety, i))
  frames.forEach((frame, i) => {
    builder.take(frame, 0, frame.length, receivedAt + (i % batchMs), originOf(i))
  })
  const hits: Batch['hits'][number][] = []
  for (let row = 0; hitEvery > 0 && row < records; row += hitEvery) hits.push({ row, ruleIds: ruleIdsOf(row) })
  const { day, block } = builder.batch(dayOf(receivedAt))
  return { batch: { day, block: { ...block, full: records >= sealedRecords }, hits }, frames, receivedAt }
}

function store(model: Model, day: string, { batch, frames, receivedAt }: Made): void {
  const firstSeq = model.nextSeq
  frames.forEach((frame, i) => {
    const at = receivedAt + (i % batchMs)
    const id = recordId(day, firstSeq + i)
    const record = recordOf(rowOfFrame(frame, at, originOf(i)), id)
    model.records.push({ seq: firstSeq + i, day, id, receivedAt: at, frame, record })
  })
  let n = model.hits.findLast(hit => hit.day === day)?.n ?? 0
  for (const { row, ruleIds } of batch.hits)
    model.hits.push({ day, n: ++n, id: recordId(day, firstSeq + row), ruleIds: [...ruleIds] })
  model.nextSeq += frames.length
}

const originOf = (i: number): Origin => origins[i % 3 === 2 ? 1 : 0] as Origin
const ruleIdsOf = (row: number): readonly string[] => (row % 2 === 0 ? ['first'] : ['first', 'second'])

const headers = [
  '<86>Nov 23 11:59:59 web01 sshd[812]: ',
  '<14>2026-11-23T11:59:59.123456+00:00 web02 app: ',
  '<34>1 2026-11-23T11:59:59Z gw1 app 17 ID1 [ex@32473 k="v"] ',
  '<13>',
  '',
]
const texts = [
  'Failed password for root from 203.0.113.9 port 4022 ssh2',
  'session opened for user alice',
  'line one\nline two',
  'grüße 订单',
  'user=root cmd=chattr',
  '{"user.name":"\\u0061lice"}',
]

function frameOf(variety: number, i: number): Buffer {
  const at = variety + i * 7
  const text = `${headers[at % headers.length]}${texts[(at >> 2) % texts.length]} w${(at * 31) % 97}`
  return Buffer.from(text, at % 11 === 0 ? 'latin1' : 'utf8')
}

const merge = command({ name: 'merge' }, (_model, real) => {
  while (real.appender.merge());
})

/** The writer dies and the next one finds its files as they are; of what it was writing, some bytes may have come. */
const crash = (torn: number, hasShm: boolean): Command =>
  command({ name: 'crash', detail: { torn, hasShm } }, (model, real) => {
    const folder = real.newFolder()
    cpSync(real.dir, folder, { recursive: true, filter: path => hasShm || !path.endsWith('-shm') })
    if (torn > 0 && model.openDay !== undefined)
      appendFileSync(join(folder, 'records', `${model.openDay}.db-wal`), Buffer.alloc(torn, 0x5a))
    real.moveTo(folder)
    reopenModel(model)
    sameAsModel(model, real)
  })

const restart = command({ name: 'restart' }, (model, real) => {
  sealModel(model)
  real.restart()
  reopenModel(model)
  sameAsModel(model, real)
})

const nextDay = (days: number): Command =>
  command({ name: 'next-day', detail: days }, model => {
    model.clock += days * dayMs
  })

const clockBack = (days: number, seconds: number): Command =>
  command({ name: 'clock-back', detail: { days, seconds } }, model => {
    model.clock -= days * dayMs + seconds * 1000
  })

const heartbeat = command({ name: 'heartbeat' }, (model, real) => {
  real.appender.heartbeat()
  if (model.days.length > 0) addToDay(model, dayOf(model.clock))
})

const seal = command({ name: 'seal' }, (model, real) => {
  real.appender.seal()
  sealModel(model)
})

const saveHighWater = command({ name: 'save-high-water' }, (_model, real) => real.appender.saveHighWater())

/** `keeps`: the newest so many days stay; none, when it is negative and the clock is ahead of them. */
const retention = (keeps: number): Command =>
  command({ name: 'retention', detail: keeps, needsRecords: true }, (model, real) => {
    const before = keeps < 0 ? '99991231' : (model.days.at(-keeps - 1) ?? '')
    const old = model.days.filter(day => day < before && day !== model.openDay)
    const last = old.at(-1) ?? ''
    // what says that they went needs a day that stays
    const newest = model.days.at(-1) ?? ''
    const stays = newest > last ? newest : dayOf(model.clock)
    const goes = old.length > 0 && stays > last
    deepEqual(real.appender.removeDaysBefore(before, 'age'), goes ? old : [])
    if (!goes) return
    addToDay(model, stays)
    const isLeft = ({ day }: { readonly day: string }): boolean => !old.includes(day)
    model.days = model.days.filter(day => isLeft({ day }))
    model.records = model.records.filter(isLeft)
    model.hits = model.hits.filter(isLeft)
    model.sealDays = model.sealDays.filter(day => isLeft({ day }))
    sameAsModel(model, real)
  })

const verify = command({ name: 'verify' }, (model, real) => {
  const found = verifyStore(real.dir, { deep: true, ...(model.sealDays.length > 0 && { sealKey: real.sealKey }) })
  deepEqual(found.findings, [])
  equal(found.outcome, model.days.length > 0 ? 'intact' : 'unclear')
  deepEqual([found.records, found.sealsHeld], [model.records.length, model.sealDays.length])
})

const restore = command({ name: 'backup-and-restore', needsRecords: true }, async (model, real) => {
  const now = (): number => model.clock
  const { signal } = new AbortController()
  const backup = await backUp(real.dir, real.backupDir, { signal, now, onFile: () => undefined, prune: true })
  deepEqual([backup.failed, backup.records], [[], model.records.length])
  const folder = real.newFolder()
  const options = { signal, now, onFile: () => undefined, skipDamaged: false, by: 'model' }
  const restored = await restoreBackup(real.backupDir, folder, options)
  equal(restored.records, model.records.length)
  real.moveTo(folder)
  reopenModel(model)
  model.hasSealKey = false
  sameAsModel(model, real)
})

type SearchPlan = { readonly q: string; readonly limit: number; readonly from?: number; readonly to?: number }

/** `from` and `to` pick records, as shares of a thousand. */
const search = (plan: SearchPlan): Command =>
  command({ name: 'search', detail: plan }, (model, real) => {
    const timeOf = (share: number | undefined): number | undefined =>
      share === undefined ? undefined : model.records[Math.floor((share * model.records.length) / 1000)]?.receivedAt
    const range = { from: timeOf(plan.from), to: timeOf(plan.to) }
    const parsed = parseQuery(plan.q)
    if ('error' in parsed) throw new Error(`${plan.q}: ${parsed.error.message}`)
    const accepts = compileQuery(parsed.query, { now: model.clock })
    const wanted = model.records.filter(
      ({ receivedAt, record }) =>
        receivedAt >= (range.from ?? 0) && receivedAt < (range.to ?? Infinity) && accepts(recordView(record)),
    )
    const found: string[] = []
    for (let cursor: string | undefined | null; cursor !== null; ) {
      const page = real.reader.search({ query: parsed.query, ...range, limit: plan.limit, cursor })
      for (const { id } of page.records) found.push(id)
      cursor = page.nextCursor
    }
    deepEqual(found, wanted.map(({ id }) => id).toReversed(), plan.q)
    const to = range.to ?? noon + 1000 * dayMs
    const histogram = real.reader.histogram({ query: parsed.query, from: range.from ?? 0, to, buckets: 7 })
    equal(histogram.total, range.from !== undefined && range.from >= to ? 0 : wanted.length, `histogram of ${plan.q}`)
  })

/** `checkpoint` picks a hit, as a share of a thousand. */
const hits = (checkpoint: number | undefined, limit: number): Command =>
  command({ name: 'hits', detail: { checkpoint, limit } }, (model, real) => {
    const at = checkpoint === undefined ? undefined : model.hits[Math.floor((checkpoint * model.hits.length) / 1000)]
    const from = at === undefined ? 0 : model.hits.indexOf(at) + 1
    deepEqual(hitsOf(real, at, limit), model.hits.slice(from, from + limit))
  })

const renewReader = command({ name: 'renew-reader' }, (_model, real) => real.renewReader())

const everything = command({ name: 'everything' }, sameAsModel)

/** Every record byte for byte, every hit, and the sums. */
function sameAsModel(model: Model, { reader }: Real): void {
  const found: string[] = []
  for (let cursor: string | undefined | null; cursor !== null; ) {
    const page = reader.search({ query: { kind: 'all' }, limit: 1000, cursor, raw: true })
    for (const { id, raw } of page.records) found.push(`${id} ${raw}`)
    cursor = page.nextCursor
  }
  deepEqual(
    found.toReversed(),
    model.records.map(({ id, frame }) => `${id} ${frame.toString('base64')}`),
  )
  deepEqual(hitsOf({ reader }, undefined, Number.MAX_SAFE_INTEGER), model.hits)
  const totals = reader.totals()
  deepEqual([totals.records, totals.days], [model.records.length, model.days.length])
}

function hitsOf(
  { reader }: Pick<Real, 'reader'>,
  checkpoint: ModelHit | undefined,
  limit: number,
): readonly ModelHit[] {
  const after = checkpoint && { day: checkpoint.day, n: checkpoint.n }
  const helping = reader.hitsAfter(after, limit)
  deepEqual(helping.unreadable, [])
  const found = helping.hits.map(({ day, n, ruleIds, record }) => ({ day, n, id: record.id, ruleIds }))
  const last = found.at(-1)
  if (last !== undefined) deepEqual(helping.checkpoint, { day: last.day, n: last.n })
  return found
}

const leaves = [
  'failed',
  '"failed password"',
  'pass*',
  '*word*',
  'w7',
  '203.0.113.9',
  '203.0.113.0/24',
  '订单',
  'grüße',
  'host:web01',
  'host:web0*',
  'app:sshd',
  'severity<=warning',
  'facility:authpriv',
  'peer:192.0.2.0/24',
  'transport:udp',
  'procid:812',
  'msgid:*',
  'format:raw',
  'user:root',
  'user:alice',
  'sd.ex@32473.k:v',
  'message:/two$/',
]
const { query } = fc.letrec<{ query: string }>(tie => ({
  query: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.constantFrom(...leaves),
    tie('query').map(q => `NOT (${q})`),
    fc.tuple(tie('query'), tie('query')).map(([a, b]) => `(${a}) AND (${b})`),
    fc.tuple(tie('query'), tie('query')).map(([a, b]) => `(${a}) OR (${b})`),
  ),
}))

const share = fc.option(fc.nat(999), { nil: undefined })

/** What is listed twice is done twice as often. */
const commandArbitraries: readonly fc.Arbitrary<Command>[] = [
  ...Array<fc.Arbitrary<Command>>(2).fill(
    fc.array(smallBatch, { minLength: 1, maxLength: 5 }).map(plans => append('append', plans)),
  ),
  burst.map(plans => append('append-burst', plans)),
  sealedBatch.map(plan => append('append-sealed', [plan])),
  fc
    .tuple(fc.array(smallBatch, { minLength: 2, maxLength: 4 }), fc.nat(3))
    .map(([plans, at]) => append('append-over-midnight', plans, at % plans.length)),
  fc.constant(merge),
  fc.constant(merge),
  fc.tuple(fc.constantFrom(0, 0, 1, 24, 4096, 20_000), fc.boolean()).map(([torn, hasShm]) => crash(torn, hasShm)),
  fc.constant(restart),
  fc.integer({ min: 1, max: 3 }).map(nextDay),
  fc.tuple(fc.nat(2), fc.nat(600)).map(([days, seconds]) => clockBack(days, seconds)),
  fc.constant(heartbeat),
  fc.constant(seal),
  fc.constant(saveHighWater),
  fc.integer({ min: -1, max: 2 }).map(retention),
  fc.constant(verify),
  fc.constant(restore),
  ...Array<fc.Arbitrary<Command>>(2).fill(
    fc
      .tuple(query, fc.constantFrom(1, 7, 1000), share, share)
      .map(([q, limit, from, to]) =>
        search({ q, limit, ...(from !== undefined && { from }), ...(to !== undefined && { to }) }),
      ),
  ),
  fc.tuple(share, fc.constantFrom(1, 10, 100_000)).map(([checkpoint, limit]) => hits(checkpoint, limit)),
  fc.constant(renewReader),
]

/** Every command once, and some again where they can go wrong. */
function story(): readonly Command[] {
  const batch = (records: number, hitEvery = 0): BatchPlan => ({ records, variety: records, hitEvery })
  const small = Array.from({ length: 34 }, (_, i) => batch(1 + (i % 3), i % 2))
  return [
    append('append', [batch(5, 1), batch(280, 50)]),
    append('append-burst', small),
    merge,
    append('append-sealed', [batch(sealedRecords, 40)]),
    append('append-burst', small),
    merge,
    search({ q: 'failed', limit: 7 }),
    crash(4096, false),
    append('append-over-midnight', [batch(3, 1), batch(4, 1), batch(2)], 1),
    seal,
    crash(0, true),
    clockBack(1, 60),
    append('append', [batch(3, 1)]),
    heartbeat,
    verify,
    search({ q: '(root) AND (NOT (host:web01))', limit: 1000, from: 500, to: 990 }),
    hits(500, 10),
    restore,
    nextDay(2),
    append('append', [batch(6, 1)]),
    saveHighWater,
    retention(1),
    renewReader,
    everything,
    hits(undefined, 100_000),
    restart,
    nextDay(1),
    retention(-1),
    restore,
    append('append', [batch(2, 1)]),
  ]
}
