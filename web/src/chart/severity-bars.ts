// How severities are stacked in a chart: errors at the bottom, where their height can be compared.
import type { HistogramAnswer } from '../api/answers.ts'
import { t } from '../i18n/i18n.ts'
import type { BarBucket, BarSeries } from './time-bars.tsx'

export function severitySeries(): readonly BarSeries[] {
  return [
    { label: t('severity.errors'), color: '--bar-error' },
    { label: t('severity.warning'), color: '--bar-warning' },
    { label: t('severity.notice'), color: '--bar-notice' },
    { label: t('severity.info'), color: '--bar-info' },
  ]
}

/** `per` divides the counts: 5 for the records per minute of five-minute buckets. */
export function severityBuckets(answer: HistogramAnswer | undefined, per = 1): readonly BarBucket[] {
  return (answer?.buckets ?? []).map(bucket => {
    const sum = (from: number, to: number) =>
      bucket.by_severity.slice(from, to).reduce((total, count) => total + count, 0)
    const values = [sum(0, 4), sum(4, 5), sum(5, 6), sum(6, 8)]
    return {
      from: Date.parse(bucket.from),
      to: Date.parse(bucket.to),
      values: values.map(value => Math.round((value / per) * 10) / 10),
    }
  })
}
