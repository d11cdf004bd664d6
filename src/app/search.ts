// The searches that the web server offers, over the search processes. A count over much is shared out among them. A live
// tail is a search that remembers where it stopped.
import { EventEmitter, once } from 'node:events'
import { PicketError } from '../base/errors.ts'
import type { SearchService, TailBatch } from '../http/services.ts'
import { recordId } from '../model/row.ts'
import { parseQuery } from '../query/parse.ts'
import type { Committed } from '../store/sqlite/append.ts'
import { makesFewRecords } from '../store/sqlite/block-test.ts'
import { isColumnField } from '../store/sqlite/facets.ts'
import { addDamaged, addFacets, addHistograms } from '../store/sqlite/shares.ts'
import type { CountBounds, FacetCounts, Facets, SearchPage, Share } from '../store/store.ts'
import type { SearchPool } from './search-pool.ts'

/** Records of one tail batch; what came beyond them is counted as skipped. */
const tailBatchRecords = 200
/** Between two looks of one tail: a person cannot read faster, and each look costs a search. */
const tailPauseMs = 250
const exportPageRecords = 2000
/** A page is answered after this long, with what was found so far and the cursor to go on from. */
const pageBudgetMs = 2000
/** What a list of commonest values may cost: about a second. */
const facetBounds: CountBounds = { matching: 200_000, judged: 300_000 }
/** Values that a share hands over: more hosts and programs than there are, so that the sums are exact. */
const shareValues = 10_000

export type Searches = SearchService & {
  /** Tells the tails that something was stored. */
  committed(committed: Committed): void
}

export function createSearches(pool: SearchPool): Searches {
  const news = new EventEmitter().setMaxListeners(0)
  let last: Committed | undefined

  return {
    committed(committed) {
      last = committed
      news.emit('committed')
    },

    warm: () => pool.warm(),

    async records({ q, ...request }, signal) {
      const startedAt = performance.now()
      const page = await pool.run({ method: 'search', q, request: { ...request, budgetMs: pageBudgetMs } }, signal)
      return {
        records: page.records,
        next_cursor: page.nextCursor,
        scanned: page.scanned,
        took_ms: tookSince(startedAt),
        ...addDamaged([page]),
      }
    },

    async histogram({ q, from, to = Date.now() + 1, buckets }, signal) {
      const startedAt = performance.now()
      // every share must see the same bounds
      const since = from ?? (await pool.run({ method: 'totals', q: '', request: {} }, signal)).oldest ?? 0
      const request = { from: since, to, buckets }
      const shares = isSharedOut(q) ? sharesOf(pool.shares) : [undefined]
      const parts = await together(signal, shares, (share, either) =>
        pool.run({ method: 'histogram', q, request: { ...request, ...(share && { share }) } }, either),
      )
      return { ...parts.reduce(addHistograms), took_ms: tookSince(startedAt) }
    },

    async facets({ q, ...request }, signal) {
      const startedAt = performance.now()
      const { fields, limit, ...range } = request
      const columns = isSharedOut(q) ? fields.filter(isColumnField) : []
      const others = fields.filter(field => !columns.includes(field))
      const tasks: readonly ((signal: AbortSignal) => Promise<FacetCounts>)[] = [
        ...(others.length === 0 ? [] : [(either: AbortSignal) => bounded(others, either)]),
        ...(columns.length === 0
          ? []
          : sharesOf(pool.shares).map(share => (either: AbortSignal) => shared(share, either))),
      ]
      function bounded(some: readonly string[], either: AbortSignal): Promise<FacetCounts> {
        return pool.run({ method: 'facets', q, request: { ...request, fields: some, bounds: facetBounds } }, either)
      }
      function shared(share: Share, either: AbortSignal): Promise<FacetCounts> {
        const all = { ...range, fields: columns, limit: shareValues, share }
        return pool.run({ method: 'facets', q, request: all }, either)
      }
      const parts = await together(signal, tasks, (task, either) => task(either))
      const found = addFacets(
        parts.map(part => part.facets),
        limit,
      )
      const facets: Facets = Object.fromEntries(fields.map(field => [field, found[field] ?? []]))
      const sampled = Object.assign({}, ...parts.map(part => part.sampled)) as FacetCounts['sampled']
      return { facets, sampled, took_ms: tookSince(startedAt), ...addDamaged(parts) }
    },

    async *tail({ q }, signal): AsyncIterable<TailBatch> {
      let after = last === undefined ? await newest(signal) : recordId(last.day, last.lastSeq)
      while (!signal.aborted) {
        const head = last === undefined ? after : recordId(last.day, last.lastSeq)
        if (head === after) {
          await once(news, 'committed', { signal }).catch(() => undefined)
          continue
        }
        const { records, matched } = await pool.run(
          { method: 'search', q, request: { after, limit: tailBatchRecords } },
          signal,
        )
        after = newer(head, records[0]?.id)
        if (records.length > 0)
          yield { records: records.toReversed(), skipped: (matched ?? records.length) - records.length }
        await pause(tailPauseMs, signal)
      }
    },

    async *export({ q, limit = Number.MAX_SAFE_INTEGER, ...range }, signal) {
      let left = limit
      let cursor: string | undefined
      let damaged: SearchPage['damaged']
      while (left > 0) {
        const request = { ...range, limit: Math.min(left, exportPageRecords), cursor, budgetMs: pageBudgetMs }
        const page = await pool.run({ method: 'search', q, request }, signal)
        if (page.records.length > 0) yield page.records
        left -= page.records.length
        damaged = addDamaged([{ damaged }, page]).damaged
        if (page.nextCursor === null) break
        cursor = page.nextCursor
      }
      // a file has no place for a notice: whoever takes it must not believe that it is all
      for (const { day, reason } of damaged ?? [])
        throw new PicketError('DATA_UNREADABLE', `the export lacks what cannot be read of ${day}: ${reason}`)
    },
  }

  /** The id of the newest stored record, '00000000-000000000000' when there is none. */
  async function newest(signal: AbortSignal): Promise<string> {
    const { records } = await pool.run({ method: 'search', q: '', request: { limit: 1 } }, signal)
    return records[0]?.id ?? '00000000-000000000000'
  }
}

/** True for counts that read columns of many blocks. Those of everything come from sums; those that make a record of
 *  each row may take very long, and must not hold all processes. */
function isSharedOut(q: string): boolean {
  const parsed = parseQuery(q)
  return 'query' in parsed && parsed.query.kind !== 'all' && makesFewRecords(parsed.query)
}

function sharesOf(of: number): readonly Share[] {
  return Array.from({ length: of }, (_, index) => ({ index, of }))
}

/** Runs all at once; when one fails, the others are cancelled. */
async function together<T, R>(
  signal: AbortSignal,
  list: readonly T[],
  run: (each: T, signal: AbortSignal) => Promise<R>,
): Promise<R[]> {
  const failed = new AbortController()
  const either = AbortSignal.any([signal, failed.signal])
  try {
    return await Promise.all(list.map(each => run(each, either)))
  } catch (error) {
    failed.abort(error)
    throw error
  }
}

function newer(a: string, b: string | undefined): string {
  return b !== undefined && b > a ? b : a
}

function tookSince(startedAt: number): number {
  return Math.round((performance.now() - startedAt) * 10) / 10
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    const done = (): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    signal.addEventListener('abort', done)
  })
}
