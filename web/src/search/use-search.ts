// The records of one search, page by page.
import { useEffect, useMemo, useState } from 'preact/hooks'
import type { RecordJson, RecordsAnswer } from '../api/answers.ts'
import { type ApiError, get } from '../api/request.ts'
import { asApiError, useResource } from '../api/use-resource.ts'
import type { RangeText } from '../time/range.ts'

const pageSize = 200

export type SearchState = {
  readonly records: readonly RecordJson[]
  readonly answer: RecordsAnswer | undefined
  readonly error: ApiError | undefined
  readonly loading: boolean
  readonly hasMore: boolean
  readonly loadingMore: boolean
  readonly loadMore: () => void
  readonly reload: () => void
}

type Older = { readonly of: RecordsAnswer; readonly records: readonly RecordJson[]; readonly cursor: string | null }

export function useSearch(q: string, range: RangeText, round: number, enabled: boolean): SearchState {
  const first = useResource(enabled ? JSON.stringify([q, range, round]) : undefined, signal =>
    get<RecordsAnswer>('records', { q, from: range.from, to: range.to, limit: pageSize }, signal),
  )
  const [older, setOlder] = useState<Older>()
  const [loadingMore, setLoadingMore] = useState(false)
  const [moreError, setMoreError] = useState<ApiError>()
  useEffect(() => {
    setOlder(undefined)
    setMoreError(undefined)
  }, [first.data])
  const answer = first.data
  const more = older && older.of === answer ? older : undefined
  const cursor = more ? more.cursor : (answer?.next_cursor ?? null)
  const loadMore = async () => {
    if (!answer || cursor === null || loadingMore) return
    setLoadingMore(true)
    try {
      // The cursor holds the place; a relative range would move its lower end, which only drops what has aged out.
      const page = await get<RecordsAnswer>('records', { q, from: range.from, to: range.to, limit: pageSize, cursor })
      setOlder({ of: answer, records: [...(more?.records ?? []), ...page.records], cursor: page.next_cursor })
    } catch (error) {
      setMoreError(asApiError(error))
    }
    setLoadingMore(false)
  }
  const records = useMemo(() => [...(answer?.records ?? []), ...(more?.records ?? [])], [answer, more])
  return {
    records,
    answer,
    error: first.error ?? moreError,
    loading: first.loading,
    hasMore: cursor !== null,
    loadingMore,
    loadMore: () => void loadMore(), // reports by its own state
    reload: first.reload,
  }
}
