// The records of one search, page by page.
import { useEffect, useMemo, useState } from 'preact/hooks'
import type { DamagedDay, RecordJson, RecordsAnswer } from '../api/answers.ts'
import { type ApiError, get } from '../api/request.ts'
import { asApiError, useResource } from '../api/use-resource.ts'
import type { RangeText } from '../time/range.ts'

const pageSize = 200

export type SearchState = {
  readonly records: readonly RecordJson[]
  readonly answer: RecordsAnswer | undefined
  /** Over all answers of this search. */
  readonly scanned: number
  readonly tookMs: number
  /** Days that are not told in full, over all answers. */
  readonly damaged: readonly DamagedDay[]
  readonly error: ApiError | undefined
  readonly loading: boolean
  readonly hasMore: boolean
  /** Older records are being looked for. */
  readonly loadingMore: boolean
  readonly loadMore: () => void
  readonly stop: () => void
  readonly reload: () => void
}

type Older = Pick<SearchState, 'records' | 'scanned' | 'tookMs' | 'damaged'> & {
  readonly of: RecordsAnswer
  readonly cursor: string | null
}

/** How far the person wants to go in one search; a search that was stopped wants no more. */
type Goal = { readonly of: RecordsAnswer; readonly records: number }

/** An answer may stop short of its page for lack of time; then the next one is asked for from there on. */
export function useSearch(q: string, range: RangeText, round: number, enabled: boolean): SearchState {
  const first = useResource(enabled ? JSON.stringify([q, range, round]) : undefined, signal =>
    get<RecordsAnswer>('records', { q, from: range.from, to: range.to, limit: pageSize }, signal),
  )
  const [older, setOlder] = useState<Older>()
  const [goal, setGoal] = useState<Goal>()
  const [moreError, setMoreError] = useState<ApiError>()
  const answer = first.data
  useEffect(() => setMoreError(undefined), [answer])
  const more = older && older.of === answer ? older : undefined
  const cursor = more ? more.cursor : (answer?.next_cursor ?? null)
  const records = useMemo(() => [...(answer?.records ?? []), ...(more?.records ?? [])], [answer, more])
  const scanned = (answer?.scanned ?? 0) + (more?.scanned ?? 0)
  const tookMs = (answer?.took_ms ?? 0) + (more?.tookMs ?? 0)
  const missing = (goal && goal.of === answer ? goal.records : pageSize) - records.length
  const settled = !first.loading && !first.error && !moreError
  const loadingMore = settled && answer !== undefined && cursor !== null && missing > 0
  useEffect(() => {
    if (!loadingMore) return
    const abort = new AbortController()
    // The cursor holds the place; a relative range would move its lower end, which only drops what has aged out.
    const place = { q, from: range.from, to: range.to, limit: Math.min(missing, pageSize), cursor }
    get<RecordsAnswer>('records', place, abort.signal).then(
      page => {
        if (abort.signal.aborted) return
        setOlder({
          of: answer,
          records: [...(more?.records ?? []), ...page.records],
          cursor: page.next_cursor,
          scanned: (more?.scanned ?? 0) + page.scanned,
          tookMs: (more?.tookMs ?? 0) + page.took_ms,
          damaged: [...(more?.damaged ?? []), ...(page.damaged ?? [])],
        })
      },
      (error: unknown) => {
        if (!abort.signal.aborted) setMoreError(asApiError(error))
      },
    )
    return () => abort.abort()
  }, [loadingMore, answer, cursor])
  return {
    records,
    answer,
    scanned,
    tookMs,
    damaged: [...(answer?.damaged ?? []), ...(more?.damaged ?? [])],
    error: first.error ?? moreError,
    loading: first.loading,
    hasMore: cursor !== null,
    loadingMore,
    loadMore() {
      setMoreError(undefined)
      if (answer) setGoal({ of: answer, records: records.length + pageSize })
    },
    stop() {
      if (answer) setGoal({ of: answer, records: 0 })
    },
    reload: first.reload,
  }
}
