// The searches that the web server offers, over the search processes. A live tail is a search that remembers where it
// stopped.
import { EventEmitter, once } from 'node:events'
import type { SearchService, TailBatch } from '../http/services.ts'
import { recordId } from '../model/row.ts'
import type { Committed } from '../store/sqlite/append.ts'
import type { SearchPool } from './search-pool.ts'

/** Records of one tail batch; what came beyond them is counted as skipped. */
const tailBatchRecords = 200
/** Between two looks of one tail: a person cannot read faster, and each look costs a search. */
const tailPauseMs = 250
const exportPageRecords = 2000

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

    async records({ q, ...request }, signal) {
      const startedAt = performance.now()
      const page = await pool.run({ method: 'search', q, request }, signal)
      return {
        records: page.records,
        next_cursor: page.nextCursor,
        scanned: page.scanned,
        took_ms: tookSince(startedAt),
      }
    },

    async histogram({ q, ...request }, signal) {
      const startedAt = performance.now()
      const histogram = await pool.run({ method: 'histogram', q, request }, signal)
      return { ...histogram, took_ms: tookSince(startedAt) }
    },

    async facets({ q, ...request }, signal) {
      const startedAt = performance.now()
      const facets = await pool.run({ method: 'facets', q, request }, signal)
      return { facets, took_ms: tookSince(startedAt) }
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
      while (left > 0) {
        const request = { ...range, limit: Math.min(left, exportPageRecords), cursor }
        const page = await pool.run({ method: 'search', q, request }, signal)
        if (page.records.length > 0) yield page.records
        left -= page.records.length
        if (page.nextCursor === null) return
        cursor = page.nextCursor
      }
    },
  }

  /** The id of the newest stored record, '00000000-000000000000' when there is none. */
  async function newest(signal: AbortSignal): Promise<string> {
    const { records } = await pool.run({ method: 'search', q: '', request: { limit: 1 } }, signal)
    return records[0]?.id ?? '00000000-000000000000'
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
