// Answers of shares of one question, put together again.
import type { Facets, Histogram } from '../store.ts'
import { commonest } from './facets.ts'
import { type Counts, increase } from './summaries.ts'

/** Two histograms with the same buckets as one. */
export function addHistograms(a: Histogram, b: Histogram): Histogram {
  return {
    total: a.total + b.total,
    buckets: a.buckets.map((bucket, i) => {
      const other = b.buckets[i]
      if (other === undefined || other.from !== bucket.from) throw new Error('BUG: histograms with different buckets')
      const bySeverity = bucket.bySeverity.map((count, severity) => count + (other.bySeverity[severity] ?? 0))
      return { ...bucket, count: bucket.count + other.count, bySeverity }
    }),
  }
}

/** The facets of all shares as one; exact when no share left a value out. */
export function addFacets(shares: readonly Facets[], limit: number): Facets {
  const sums = new Map<string, Counts>()
  for (const share of shares)
    for (const [field, values] of Object.entries(share)) {
      const counts = sums.get(field) ?? new Map<string, number>()
      sums.set(field, counts)
      for (const { value, count } of values) increase(counts, value, count)
    }
  return Object.fromEntries([...sums].map(([field, counts]) => [field, commonest(counts, limit)]))
}
