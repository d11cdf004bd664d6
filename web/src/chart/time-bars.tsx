// A bar chart over time with its table twin; the chart is a canvas, the table says the same to everybody.
import './chart.css'
import { ChartColumn, Table } from 'lucide-preact'
import type { ComponentChildren } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { t } from '../i18n/i18n.ts'
import { fullTime, number, shortTime } from '../time/format.ts'
import type { Bars } from './draw-bars.ts'

export type BarSeries = { readonly label: string /** CSS custom property. */; readonly color: string }
/** ms since 1970 UTC; `values` one per series, bottom of the stack first. */
export type BarBucket = { readonly from: number; readonly to: number; readonly values: readonly number[] }

export type TimeBarsProps = {
  readonly title: ComponentChildren
  /** What the picture shows, for who cannot see it. */
  readonly label: string
  readonly series: readonly BarSeries[]
  readonly buckets: readonly BarBucket[]
  readonly heightPx: number
  /** Present: a dragged range, ms since 1970 UTC. */
  readonly onZoom?: (from: number, to: number) => void
}

export function TimeBars(props: TimeBarsProps) {
  const [asTable, setAsTable] = useState(false)
  const [hovered, setHovered] = useState<number>()
  const bucket = hovered === undefined ? undefined : props.buckets[hovered]
  return (
    <>
      <div class="panel-head">
        <h2>{props.title}</h2>
        <Legend series={props.series} bucket={bucket} />
        <button
          type="button"
          class="button quiet small square"
          aria-pressed={asTable}
          aria-label={t('chart.asTable')}
          title={t('chart.asTable')}
          onClick={() => setAsTable(!asTable)}
        >
          {asTable ? <ChartColumn size={16} aria-hidden="true" /> : <Table size={16} aria-hidden="true" />}
        </button>
      </div>
      {asTable ? <BarsTable {...props} /> : <Canvas {...props} onHover={setHovered} />}
    </>
  )
}

function Legend({ series, bucket }: { series: readonly BarSeries[]; bucket: BarBucket | undefined }) {
  return (
    <div class="legend">
      {bucket && <span class="legend-time">{shortTime(bucket.from)}</span>}
      {series.map((each, index) => (
        <span key={each.label}>
          <i style={{ background: `var(${each.color})` }} />
          {each.label}
          {bucket && <b>{number(bucket.values[index] ?? 0)}</b>}
        </span>
      ))}
    </div>
  )
}

function Canvas(props: TimeBarsProps & { onHover: (index: number | undefined) => void }) {
  const element = useRef<HTMLDivElement>(null)
  const bars = useRef<Bars>()
  const latest = useRef(props)
  latest.current = props
  useEffect(() => {
    let stopped = false
    const draw = async () => {
      const { drawBars } = await import('./draw-bars.ts')
      if (stopped || !element.current) return
      bars.current = drawBars(element.current, {
        colors: latest.current.series.map(each => each.color),
        heightPx: latest.current.heightPx,
        onHover: index => latest.current.onHover(index),
        onZoom: latest.current.onZoom && ((from, to) => latest.current.onZoom?.(from, to)),
      })
      bars.current.show(latest.current.buckets)
    }
    void draw() // without the chart the table twin remains
    return () => {
      stopped = true
      bars.current?.stop()
      bars.current = undefined
    }
  }, [])
  useEffect(() => bars.current?.show(props.buckets), [props.buckets])
  return (
    <div
      ref={element}
      class={`chart ${props.onZoom ? 'chart-zoom' : ''}`}
      style={{ blockSize: `${props.heightPx}px` }}
      role="img"
      aria-label={props.label}
    />
  )
}

/** Newest first, like the records. */
function BarsTable({ label, series, buckets, heightPx, onZoom }: TimeBarsProps) {
  const filled = buckets.filter(bucket => bucket.values.some(value => value > 0)).toReversed()
  return (
    <div
      class="chart-table"
      style={{ maxBlockSize: `${Math.max(heightPx, 220)}px` }}
      tabIndex={0}
      role="region"
      aria-label={label}
    >
      <table class="table">
        <thead>
          <tr>
            <th scope="col">{t('chart.from')}</th>
            {series.map(each => (
              <th scope="col" class="number" key={each.label}>
                {each.label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {filled.map(bucket => (
            <tr key={bucket.from}>
              <td>
                {onZoom ? (
                  <button type="button" class="link-button" onClick={() => onZoom(bucket.from, bucket.to)}>
                    {fullTime(bucket.from)}
                  </button>
                ) : (
                  fullTime(bucket.from)
                )}
              </td>
              {bucket.values.map((value, index) => (
                <td class="number" key={series[index]?.label}>
                  {number(value)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {filled.length === 0 && <p class="panel-body hint">{t('chart.empty')}</p>}
    </div>
  )
}
