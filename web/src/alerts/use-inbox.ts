// The alerts of one state, refreshed while the page is open; the level filter works on what is loaded.
import { useState } from 'preact/hooks'
import { alertStates } from '../../../src/model/alert.ts'
import { levels } from '../../../src/model/rule.ts'
import type { AlertState, AlertSummary, AlertsAnswer, Level } from '../api/answers.ts'
import { type ApiError, get } from '../api/request.ts'
import { asApiError, useEvery, useResource } from '../api/use-resource.ts'

export type AlertFilter = { readonly state: AlertState; readonly level: Level | undefined }

export type InboxState = {
  readonly alerts: readonly AlertSummary[]
  readonly counts: AlertsAnswer['counts'] | undefined
  readonly error: ApiError | undefined
  readonly loading: boolean
  readonly loadMore: (() => void) | undefined
  readonly reload: () => void
}

const pageSize = 200
const refreshEveryMs = 15_000

/** The filter of the URL; what is not known is open alerts of every level. */
export function readFilter(query: { readonly [name: string]: string | undefined }): AlertFilter {
  return {
    state: alertStates.find(state => state === query['state']) ?? 'open',
    level: levels.find(level => level === query['level']),
  }
}

export function useInbox(filter: AlertFilter): InboxState {
  const first = useResource(filter.state, signal =>
    get<AlertsAnswer>('alerts', { state: filter.state, limit: pageSize }, signal),
  )
  useEvery(refreshEveryMs, first.reload)
  const [older, setOlder] = useState<{ state: AlertState; alerts: readonly AlertSummary[]; before: number | null }>()
  const [moreError, setMoreError] = useState<ApiError>()
  const more = older?.state === filter.state ? older : undefined
  const before = more ? more.before : (first.data?.next_before ?? null)
  const loadMore = async () => {
    if (before === null) return
    try {
      const page = await get<AlertsAnswer>('alerts', { state: filter.state, limit: pageSize, before })
      setOlder({ state: filter.state, alerts: [...(more?.alerts ?? []), ...page.alerts], before: page.next_before })
    } catch (error) {
      setMoreError(asApiError(error))
    }
  }
  const known = new Map([...(more?.alerts ?? []), ...(first.data?.alerts ?? [])].map(alert => [alert.id, alert]))
  const ofState = [...known.values()].filter(alert => alert.state === filter.state)
  return {
    alerts: ofState
      .filter(alert => filter.level === undefined || alert.rule.level === filter.level)
      .toSorted((a, b) => b.last_at.localeCompare(a.last_at)),
    counts: first.data?.counts,
    error: first.error ?? moreError,
    loading: first.loading && first.data === undefined,
    loadMore: before === null ? undefined : () => void loadMore(), // reports by its own state
    reload: first.reload,
  }
}
