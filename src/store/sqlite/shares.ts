// Answers of shares of one question, put together again.
import type { DamagedDay, Facets, Histogram } from '../store.ts'
import { commonest } from './facets.ts'
import { type Counts, increase } from './summaries.ts'

/** Two histograms with the same buckets as one. */
export function addHistograms(a: Histogram, b: Histogram): Histogram {
  return {
    ...addDamaged([a, b]),
    total: a.total + b.total,
    buckets: a.buckets.map((bucket, i) => {
      const other = b.buckets[i]
      if (other === undefined || other.from !== bucket.from) throw new Error('BUG: histograms with different buckets')
      const bySeverity = bucket.bySeverity.map((count, severity) => count + (other.bySeverity[severity] ?? 0))
      return { ...bucket, count: bucket.count + other.count, bySeverity }
    }),
  }
}

/** What the parts of an answer left out. A block may be met by several parts: at least the most that one of them met. */
export function addDamaged(parts: readonly { readonly damaged?: readonly DamagedDay[] | undefined }[]): {
  readonly damaged?: readonly DamagedDay[]
} {
  const days = new Map<string, DamagedDay>()
  for (const part of parts)
    for (const damaged of part.damaged ?? []) {
      const known = days.get(damaged.day)
      if (known === undefined || isMore(damaged.blocks_unreadable, known.blocks_unreadable))
        days.set(damaged.day, damaged)
    }
  return days.size === 0 ? {} : { damaged: [...days.values()] }
}

function isMore(a: number | null, b: number | null): boolean {
  return b !== null && (a === null || a > b)
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
