// The commonest values of fields. Header fields are counted on the columns, of everything even on sums that are kept;
// extracted fields need each record read from its text, so they may be counted over the newest matching records only.
import { certificateField, repeatField } from '../../model/record.ts'
import type { Query } from '../../query/ast.ts'
import type { CountBounds, FacetCounts, Share, TimeRange } from '../store.ts'
import type { BlockView, IdColumn } from './block-view.ts'
import { createDamageNotes } from './damage.ts'
import { ifReadable, isInRange, isWithin, type Scan, type ScanRange } from './scan.ts'
import { type Counts, increase, type NameCounts } from './summaries.ts'

type FacetsRequest = TimeRange & {
  readonly query: Query
  readonly fields: readonly string[]
  readonly limit: number
  readonly bounds?: CountBounds | undefined
  readonly share?: Share | undefined
}

export function facetsOf(scan: Scan, request: FacetsRequest): FacetCounts {
  const { query, fields, limit, bounds, share, from, to } = request
  const damage = createDamageNotes()
  const range = { from, to, share, damage }
  const counts = new Map<string, Counts>(fields.map(field => [field, new Map()]))
  const of = (field: string): Counts => counts.get(field) as Counts
  const summed = query.kind === 'all' && share === undefined ? fields.filter(field => field in sumField) : []
  const columns = fields.filter(field => !summed.includes(field) && columnField.has(field))
  const extracted = fields.filter(field => !summed.includes(field) && !columnField.has(field))
  const sampled: { [field: string]: number } = {}

  if (summed.length > 0) addSums(scan, range, new Map(summed.map(field => [field, of(field)])))
  if (columns.length > 0 || extracted.length > 0) {
    let matched = 0
    let judged = 0
    scan.eachMatching(query, range, matches => {
      const counters = columns.map(field => ({ into: of(field), ...columnCounter(matches.view, field) }))
      const isOver = (): boolean => bounds !== undefined && judged + matches.judged >= bounds.judged
      matches.each(row => {
        matched++
        for (const { add } of counters) add(row)
        if (extracted.length > 0 && matched <= (bounds?.matching ?? Number.POSITIVE_INFINITY))
          for (const field of extracted) addValue(of(field), matches.event(row).read(field))
        return true
      })
      for (const { into, flush } of counters) flush(into)
      if (isOver()) {
        for (const field of [...columns, ...extracted]) sampled[field] = matched
        for (const field of extracted) sampled[field] = Math.min(matched, bounds?.matching ?? matched)
        return false
      }
      judged += matches.judged
      if (bounds === undefined || matched <= bounds.matching) return true
      for (const field of extracted) sampled[field] = bounds.matching
      return columns.length > 0
    })
  }

  const facets = Object.fromEntries([...counts].map(([field, values]) => [field, commonest(values, limit)]))
  return { facets, sampled, ...damage.answer() }
}

/** True for fields that are counted without reading records from their text. */
export function isColumnField(field: string): boolean {
  return columnField.has(field)
}

/** The values with the highest counts, as many as `limit`, the commonest first. */
export function commonest(values: Counts, limit: number): { value: string; count: number }[] {
  type Entry = { readonly value: string; readonly count: number }
  const order = (a: Entry, b: Entry): number => b.count - a.count || (a.value < b.value ? -1 : 1)
  let best: Entry[] = []
  let least = 0
  // among many values few are common: sort what may be among the best, now and then
  for (const [value, count] of values) {
    if (count < least) continue
    best.push({ value, count })
    if (best.length < 2 * limit + 1000) continue
    best = best.toSorted(order).slice(0, limit)
    least = best.at(-1)?.count ?? 0
  }
  return best.toSorted(order).slice(0, limit)
}

/** The fields that the summaries count. */
const sumField: { readonly [field: string]: (sums: NameCounts) => Counts } = {
  host: sums => sums.hosts,
  app: sums => sums.apps,
  severity: sums => sums.severities,
}

/** Counts everything in the range by fields of the summaries; blocks that the range cuts, by their columns. */
function addSums(scan: Scan, range: ScanRange, counts: ReadonlyMap<string, Counts>): void {
  const all: Query = { kind: 'all' }
  scan.eachDay(all, range, (file, blocks) => {
    const whole = blocks.filter(block => isWithin(block, range))
    // one damaged summary must not take the others along
    const summed =
      ifReadable(() => file.summaries.sums(whole)) ??
      whole.flatMap(block => range.damage.block(file.day, () => file.summaries.sums([block])) ?? [])
    for (const sums of summed)
      for (const [field, into] of counts)
        for (const [name, count] of sumField[field]?.(sums) ?? []) increase(into, name, count)
    for (const block of blocks) {
      if (isWithin(block, range)) continue
      range.damage.block(file.day, () => {
        const view = scan.view(file, block)
        const received = view.received()
        for (const [field, into] of counts) {
          const { add, flush } = columnCounter(view, field)
          for (let row = 0; row < block.count; row++) if (isInRange(received[row] as number, range)) add(row)
          flush(into)
        }
      })
    }
    return true
  })
}

const severities = ['0', '1', '2', '3', '4', '5', '6', '7']
const facilities = Array.from({ length: 24 }, (_, facility) => String(facility))

/** Header fields whose values stand in a column: the values, and which one a row has. */
const columnField: ReadonlyMap<string, (view: BlockView) => IdColumn<string | undefined>> = new Map([
  ['host', view => view.hosts()],
  ['app', view => view.apps()],
  ['peer', view => ofOrigin(view, 'peer')],
  ['transport', view => ofOrigin(view, 'transport')],
  [certificateField, view => ofOrigin(view, 'cert')],
  [repeatField, view => ofRepeat(view)],
  ['severity', view => ({ values: severities, ids: view.pris().map(pri => pri & 7) })],
  ['facility', view => ({ values: facilities, ids: view.pris().map(pri => pri >> 3) })],
])

function ofOrigin(view: BlockView, name: 'peer' | 'transport' | 'cert'): IdColumn<string | undefined> {
  const { values, ids } = view.origins()
  return { values: values.map(origin => origin[name]), ids }
}

function ofRepeat(view: BlockView): IdColumn<string | undefined> {
  const { values, ids } = view.origins()
  return { values: values.map(({ repeat }) => (repeat === true ? 'true' : undefined)), ids }
}

/** Counts rows by the values of one column; `flush` adds the counts, once. */
function columnCounter(
  view: BlockView,
  field: string,
): { readonly add: (row: number) => void; readonly flush: (into: Counts) => void } {
  let column: IdColumn<string | undefined> | undefined
  let perValue: Float64Array | undefined
  return {
    add(row) {
      column ??= columnField.get(field)?.(view) as IdColumn<string | undefined> // only fields of the table come here
      perValue ??= new Float64Array(column.values.length)
      const id = column.ids[row] as number
      perValue[id] = (perValue[id] as number) + 1
    },
    flush(into) {
      perValue?.forEach((count, id) => {
        const value = column?.values[id]
        if (count > 0 && value !== undefined) increase(into, value, count)
      })
    },
  }
}

function addValue(into: Counts, value: unknown): void {
  if (Array.isArray(value)) for (const element of value) addValue(into, element)
  else if (value !== undefined && value !== null) increase(into, String(value), 1)
}
