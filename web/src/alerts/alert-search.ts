// The search behind an alert: the same host, user and source, from its first to its last record.
import type { AlertSummary } from '../api/answers.ts'
import { clause } from '../search/clause.ts'
import { searchHref } from '../url/url-state.ts'

const marginMs = 60_000

export function alertSearch(alert: AlertSummary): string {
  const filters = [
    alert.hostname === null ? undefined : clause('host', alert.hostname),
    alert.user === null ? undefined : clause('user.name', alert.user),
    alert.source === null ? undefined : clause('source.ip', alert.source),
  ]
  const range = {
    from: new Date(Date.parse(alert.first_at) - marginMs).toISOString(),
    to: new Date(Date.parse(alert.last_at) + marginMs).toISOString(),
  }
  return searchHref(filters.filter(filter => filter !== undefined).join(' '), range, alert.last_record.id)
}
