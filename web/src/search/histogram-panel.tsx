// How many records matched when; dragging over it narrows the time range.
import { useMemo } from 'preact/hooks'
import type { HistogramAnswer } from '../api/answers.ts'
import { get } from '../api/request.ts'
import { useResource } from '../api/use-resource.ts'
import { severityBuckets, severitySeries } from '../chart/severity-bars.ts'
import { TimeBars } from '../chart/time-bars.tsx'
import { t } from '../i18n/i18n.ts'
import type { RangeText } from '../time/range.ts'

const buckets = 80
const heightPx = 120

type HistogramPanelProps = {
  readonly q: string
  readonly range: RangeText
  readonly round: number
  readonly zoom: (range: RangeText) => void
}

export function HistogramPanel({ q, range, round, zoom }: HistogramPanelProps) {
  const histogram = useResource(JSON.stringify([q, range, round]), signal =>
    get<HistogramAnswer>('histogram', { q, ...range, buckets }, signal),
  )
  const bars = useMemo(() => severityBuckets(histogram.data), [histogram.data])
  const total = histogram.data?.total
  // The records below report the same error in full.
  const waiting = histogram.error && !histogram.loading ? t('search.notCounted') : t('search.counting')
  return (
    <section class={`panel histogram ${histogram.loading ? 'stale' : ''}`}>
      <TimeBars
        title={total === undefined ? waiting : t('search.total', { n: total })}
        label={t('search.histogramLabel', { n: total ?? 0 })}
        series={severitySeries()}
        buckets={bars}
        heightPx={heightPx}
        onZoom={(from, to) => zoom({ from: new Date(from).toISOString(), to: new Date(to).toISOString() })}
      />
    </section>
  )
}
