// Query → what the columns of a block tell about its rows, before any record is made. The predicate (query/match.ts)
// stays the judge: values of a column go through the very same predicate, once per distinct value where there is a list
// of them; what the columns cannot tell is `unknown` and left to it.
import { certificateField, repeatField } from '../../model/record.ts'
import type { EventView, Query, Test } from '../../query/ast.ts'
import { verbatimFields } from '../../query/fields.ts'
import { compileQuery } from '../../query/match.ts'
import { type IndexPlan, indexPlan } from '../../query/plan.ts'
import type { BlockView, IdColumn } from './block-view.ts'
import { bytesWith, messagesWith, textSearch } from './text-test.ts'
import { both, either, isNever, no, opposite, unknown, type Verdict, type Verdicts, yes } from './verdicts.ts'

export type BlockTest = (view: BlockView) => Verdicts

export type BlockTestOptions = {
  /** What `now` means, ms since 1970 UTC. */
  readonly now: number
  /** src/parse/may-decode.ts: false when every text that is extracted from these bytes stands in them. */
  readonly mayDecode: (bytes: Uint8Array, start: number, end: number) => boolean
}

/** Compiles a query; the same errors as compileQuery. `yes` and `no` are what the predicate would say of the record. */
export function compileBlockTest(query: Query, options: BlockTestOptions): BlockTest {
  switch (query.kind) {
    case 'all':
      return () => yes
    case 'and': {
      // what reads no text goes first and may spare the rest
      const tests = query.of.toSorted((a, b) => cost(a) - cost(b)).map(part => compileBlockTest(part, options))
      return view => {
        let left: Verdicts = yes
        for (const test of tests) {
          left = both(left, test(view))
          if (isNever(left)) return no
        }
        return left
      }
    }
    case 'or': {
      const tests = query.of.toSorted((a, b) => cost(a) - cost(b)).map(part => compileBlockTest(part, options))
      return view => {
        let found: Verdicts = no
        for (const test of tests) {
          if (found === yes) return yes
          found = either(found, test(view))
        }
        return found
      }
    }
    case 'not': {
      const inner = compileBlockTest(query.of, options)
      return view => opposite(inner(view))
    }
    case 'test':
      return compileField(query.field, query.test, options)
    default:
      return query satisfies never
  }
}

/** True when the columns decide about nearly every record, so that few are made: those kept as whole frames, and those
 *  that hold the words of an extracted text. */
export function makesFewRecords(query: Query): boolean {
  switch (query.kind) {
    case 'all':
      return true
    case 'and':
    case 'or':
      return query.of.every(makesFewRecords)
    case 'not':
      return makesFewRecords(query.of)
    case 'test':
      if (query.field === 'message') return textSearch(query.test) !== undefined
      return headerFields.has(query.field) || (verbatimFields.has(query.field) && indexPlan(query).kind !== 'all')
    default:
      return query satisfies never
  }
}

const headerFields = new Set([
  ...'host app severity facility peer transport received procid timestamp msgid'.split(' '),
  certificateField,
  repeatField,
])

/** 0: a small column; 1: the text; 2: the text, to be narrowed only. */
function cost(query: Query): number {
  if (query.kind === 'all') return 0
  if (query.kind === 'test') return headerFields.has(query.field) ? 0 : query.field === 'message' ? 1 : 2
  return query.kind === 'not' ? cost(query.of) : Math.max(0, ...query.of.map(cost))
}

function compileField(field: string, test: Test, options: BlockTestOptions): BlockTest {
  const judge = valueJudge(field, test, options.now)
  switch (field) {
    case 'message':
      return compileMessage(test)
    case 'host':
      return view => byId(view, view.hosts(), judge)
    case 'app':
      return view => byId(view, view.apps(), judge)
    case 'peer':
      return view => byId(view, view.origins(), origin => judge(origin.peer))
    case 'transport':
      return view => byId(view, view.origins(), origin => judge(origin.transport))
    case certificateField:
      return view => byId(view, view.origins(), origin => judge(origin.cert))
    case repeatField:
      return view => byId(view, view.origins(), origin => judge(origin.repeat))
    case 'severity':
      return byPri(pri => judge(pri & 7))
    case 'facility':
      return byPri(pri => judge(pri >> 3))
    case 'received':
      return view => Uint8Array.from(view.received(), judge)
    case 'procid':
      return view => Uint8Array.from({ length: view.count }, (_, i) => judge(view.procId(i)))
    case 'timestamp':
      return view => ofScanned(view, i => judge(milliseconds(view.timestamps()[i] as number)))
    case 'msgid': {
      // scanned headers are those without one
      const verdict = judge(undefined)
      return view => ofScanned(view, () => verdict)
    }
    default:
      return verbatimFields.has(field) ? compileVerbatim({ kind: 'test', field, test }, options) : () => unknown
  }
}

/** The predicate of one test as a question about the field's value. */
function valueJudge(field: string, test: Test, now: number): (value: unknown) => Verdict {
  const predicate = compileQuery({ kind: 'test', field, test }, { now })
  let current: unknown
  const event: EventView = { read: () => current, values: () => [current] }
  return value => {
    current = value
    return predicate(event) ? yes : no
  }
}

function byId<T>(view: BlockView, { values, ids }: IdColumn<T>, judge: (value: T) => Verdict): Verdicts {
  const verdicts = values.map(judge)
  const first = verdicts[0] ?? no
  if (verdicts.every(verdict => verdict === first)) return first
  const made = new Uint8Array(view.count)
  for (let i = 0; i < made.length; i++) made[i] = verdicts[ids[i] as number] as Verdict
  return made
}

function byPri(judge: (pri: number) => Verdict): BlockTest {
  const verdicts = Uint8Array.from({ length: 192 }, (_, pri) => judge(pri))
  return view => {
    const pris = view.pris()
    const made = new Uint8Array(view.count)
    for (let i = 0; i < made.length; i++) made[i] = verdicts[pris[i] as number] as Verdict
    return made
  }
}

/** Asks about rows whose header was scanned; of whole frames nothing is known. */
function ofScanned(view: BlockView, judge: (row: number) => Verdict): Verdicts {
  const frames = view.wholeFrames()
  return Uint8Array.from({ length: view.count }, (_, i) => (frames?.[i] === 1 ? unknown : judge(i)))
}

function milliseconds(micros: number): number | undefined {
  return Number.isNaN(micros) ? undefined : Math.floor(micros / 1000)
}

function compileMessage(test: Test): BlockTest {
  const search = textSearch(test)
  return search === undefined ? () => unknown : view => messagesWith(view, search)
}

/** Extracted text that stands in the frame: rows that lack its words cannot match. */
function compileVerbatim(query: Query, { mayDecode }: BlockTestOptions): BlockTest {
  const plan = indexPlan(query)
  if (plan.kind === 'all') return () => unknown
  return view => {
    const found = byPlan(view, plan)
    return found === unknown ? unknown : either(found, decodedRows(view, mayDecode))
  }
}

/** Unknown where the row's bytes, host or app may hold what the plan asks for; no elsewhere. */
function byPlan(view: BlockView, plan: IndexPlan): Verdicts {
  switch (plan.kind) {
    case 'all':
      return unknown
    case 'none':
      return no
    case 'token':
      return withText(view, plan.token)
    case 'prefix':
      return withText(view, plan.text)
    case 'and':
      return plan.of.reduce<Verdicts>((left, part) => (isNever(left) ? no : both(left, byPlan(view, part))), unknown)
    case 'or':
      return plan.of.reduce<Verdicts>((found, part) => either(found, byPlan(view, part)), no)
    default:
      return plan satisfies never
  }
}

function withText(view: BlockView, text: string): Verdicts {
  const named = (name: string | undefined): Verdict => (name?.toLowerCase().includes(text) === true ? unknown : no)
  return [byId(view, view.hosts(), named), byId(view, view.apps(), named)].reduce(either, bytesWith(view, text))
}

/** Unknown for whole frames and for rows from which a text may be extracted that does not stand in them. */
function decodedRows(view: BlockView, mayDecode: BlockTestOptions['mayDecode']): Verdicts {
  const frames = view.wholeFrames()
  const text = view.text()
  const starts = view.starts()
  let made: Uint8Array | undefined
  const look = (from: number, to: number): void => {
    if (from >= to || !mayDecode(text, starts[from] as number, starts[to] as number)) return
    if (to - from === 1) {
      made ??= new Uint8Array(view.count)
      made[from] = unknown
      return
    }
    const middle = (from + to) >> 1
    look(from, middle)
    look(middle, to)
  }
  if (frames === undefined) look(0, view.count)
  else {
    made = Uint8Array.from(frames)
    for (let i = 0; i < view.count; i++) if (frames[i] !== 1) look(i, i + 1)
  }
  return made ?? no
}
