// What main asks of a search process, and the form of the answer.
import type { ErrorCode } from '../base/errors.ts'
import type {
  CountBounds,
  FacetCounts,
  Histogram,
  HostSeen,
  SearchPage,
  SearchRequest,
  Share,
  StoreTotals,
  TimeRange,
} from '../store/store.ts'

export type SearchCalls = {
  search: { request: Omit<SearchRequest, 'query'>; q: string; result: SearchPage }
  histogram: { request: TimeRange & { readonly buckets: number; readonly share?: Share }; q: string; result: Histogram }
  facets: {
    request: TimeRange & {
      readonly fields: readonly string[]
      readonly limit: number
      readonly bounds?: CountBounds
      readonly share?: Share
    }
    q: string
    result: FacetCounts
  }
  hosts: { request: TimeRange; q: ''; result: readonly HostSeen[] }
  totals: { request: TimeRange; q: ''; result: StoreTotals }
}

/** One call: `q` is a query text that parses. */
export type SearchCall = {
  [method in keyof SearchCalls]: {
    readonly method: method
    readonly request: SearchCalls[method]['request']
    readonly q: string
  }
}[keyof SearchCalls]

export type SearchAnswer =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly error: { readonly code: ErrorCode; readonly message: string } }
