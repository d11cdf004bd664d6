// Records per minute over the last day, stacked by severity.

import { useMemo } from 'preact/hooks'
import { useLocation } from 'preact-iso'
import type { HistogramAnswer } from '../api/answers.ts'
import { get } from '../api/request.ts'
import { useEvery, useResource } from '../api/use-resource.ts'
import { severityBuckets, severitySeries } from '../chart/severity-bars.ts'
import { TimeBars } from '../chart/time-bars.tsx'
import { t } from '../i18n/i18n.ts'
import { searchHref } from '../url/url-state.ts'

/** The API gives up to 500 buckets; 144 of ten minutes are as fine as the picture can show. */
const buckets = 144
const minutesPerBucket = (24 * 60) / buckets
const refreshEveryMs = 60_000

export function Flow() {
  const { route } = useLocation()
  const flow = useResource('flow', signal =>
    get<HistogramAnswer>('histogram', { from: 'now-24h', to: 'now', buckets }, signal),
  )
  useEvery(refreshEveryMs, flow.reload)
  const bars = useMemo(() => severityBuckets(flow.data, minutesPerBucket), [flow.data])
  const zoom = (from: number, to: number) =>
    route(searchHref('', { from: new Date(from).toISOString(), to: new Date(to).toISOString() }))
  return (
    <section class="panel overview-flow">
      <TimeBars
        title={t('overview.flow')}
        label={t('overview.flowLabel', { n: flow.data?.total ?? 0 })}
        series={severitySeries()}
        buckets={bars}
        heightPx={214}
        onZoom={zoom}
      />
    </section>
  )
}
