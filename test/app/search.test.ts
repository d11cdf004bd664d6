// How searches are spread over the search processes, and put together again.
import { deepEqual, equal, ok, rejects } from 'node:assert/strict'
import { test } from 'node:test'
import { createSearches } from '../../src/app/search.ts'
import type { SearchCall } from '../../src/app/search-calls.ts'
import type { SearchPool } from '../../src/app/search-pool.ts'
import { PicketError } from '../../src/base/errors.ts'

type Answer = (call: SearchCall, signal: AbortSignal | undefined) => unknown

/** A pool of two processes that answers what it is told to and keeps the calls. */
function fakePool(answer: Answer): { readonly pool: SearchPool; readonly calls: SearchCall[] } {
  const calls: SearchCall[] = []
  const pool: SearchPool = {
    shares: 2,
    async run(call, signal) {
      calls.push(call as SearchCall)
      // each test answers in the form of the method that it calls
      return (await answer(call as SearchCall, signal)) as never
    },
    warm() {},
    async [Symbol.asyncDispose]() {},
  }
  return { pool, calls }
}

const signal = new AbortController().signal

function histogram(count: number) {
  return { buckets: [{ from: 0, to: 10, count, bySeverity: [0, 0, 0, 0, 0, 0, count, 0] }], total: count }
}

test('a histogram is shared out and added up, over the same bounds; not that of everything, nor one that parses every record', async () => {
  const { pool, calls } = fakePool(call => (call.method === 'totals' ? { oldest: 7 } : histogram(calls.length)))
  const searches = createSearches(pool)
  const found = await searches.histogram({ q: 'failed', buckets: 1 }, signal)
  deepEqual(
    calls.map(call => call.method),
    ['totals', 'histogram', 'histogram'],
  )
  const [, first, second] = calls.map(call => call.request as { from: number; to: number; share: unknown })
  deepEqual(
    [first?.share, second?.share],
    [
      { index: 0, of: 2 },
      { index: 1, of: 2 },
    ],
  )
  deepEqual([first?.from, first?.to], [7, second?.to])
  equal(found.total, 2 + 3)
  deepEqual(found.buckets, histogram(5).buckets)

  for (const q of ['', 'event.outcome:failure']) {
    calls.length = 0
    await searches.histogram({ q, from: 0, to: 10, buckets: 1 }, signal)
    deepEqual(
      calls.map(call => call.request),
      [{ from: 0, to: 10, buckets: 1 }],
      q,
    )
  }
})

test('facets: header fields in shares when the columns decide, the others once and bounded', async () => {
  const { pool, calls } = fakePool(call => {
    const { fields } = call.request as { fields: readonly string[] }
    const facets = Object.fromEntries(fields.map(field => [field, [{ value: 'x', count: 3 }]]))
    return { facets, sampled: fields.includes('user.name') ? { 'user.name': 200_000 } : {} }
  })
  const searches = createSearches(pool)
  const fields = ['user.name', 'host']
  const found = await searches.facets({ q: 'failed', fields, limit: 5 }, signal)
  deepEqual(found.facets, { 'user.name': [{ value: 'x', count: 3 }], host: [{ value: 'x', count: 6 }] })
  deepEqual(Object.keys(found.facets), fields)
  deepEqual(found.sampled, { 'user.name': 200_000 })
  deepEqual(
    calls.map(call => {
      const request = call.request as { fields: readonly string[]; bounds?: unknown; share?: unknown }
      return [request.fields, request.bounds !== undefined, request.share !== undefined]
    }),
    [
      [['user.name'], true, false],
      [['host'], false, true],
      [['host'], false, true],
    ],
  )
  for (const q of ['', 'event.outcome:failure', '/fail/']) {
    calls.length = 0
    await searches.facets({ q, fields, limit: 5 }, signal)
    deepEqual(
      calls.map(call => (call.request as { fields: unknown }).fields),
      [fields],
      q,
    )
  }
})

test('when one share fails, the other is cancelled', async () => {
  let cancelled = false
  const { pool } = fakePool((call, either) => {
    const { share } = call.request as { share: { index: number } }
    if (share.index === 1) throw new PicketError('SEARCH_BUSY', 'too many')
    return new Promise((_, reject) => {
      either?.addEventListener('abort', () => {
        cancelled = true
        reject(either.reason as Error)
      })
    })
  })
  await rejects(createSearches(pool).histogram({ q: 'failed', from: 0, to: 10, buckets: 1 }, signal), {
    code: 'SEARCH_BUSY',
  })
  ok(cancelled)
})

test('an export goes on behind pages that are empty for lack of time', async () => {
  const record = { id: '20261123-000000000003' }
  const pages = [
    { records: [], nextCursor: '20261123-000000000009', scanned: 100 },
    { records: [record], nextCursor: '20261123-000000000002', scanned: 100 },
    { records: [], nextCursor: null, scanned: 1 },
  ]
  const { pool, calls } = fakePool(() => pages.shift())
  const exported: unknown[] = []
  for await (const records of createSearches(pool).export({ q: 'x' }, signal)) exported.push(...records)
  deepEqual(exported, [record])
  deepEqual(
    calls.map(call => (call.request as { cursor?: string }).cursor),
    [undefined, '20261123-000000000009', '20261123-000000000002'],
  )
})
