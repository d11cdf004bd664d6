// uPlot behind one function: stacked bars over time. Loaded only when a chart is shown.
import 'uplot/dist/uPlot.min.css'
import uPlot from 'uplot'
import { compactNumber } from '../time/format.ts'
import { onThemeChange } from '../ui/theme.ts'
import type { BarBucket } from './time-bars.tsx'

export type BarsOptions = {
  /** CSS custom properties, one per series, bottom of the stack first. */
  readonly colors: readonly string[]
  readonly heightPx: number
  readonly onHover: (index: number | undefined) => void
  /** Present: dragging selects a range, ms since 1970 UTC. */
  readonly onZoom?: ((from: number, to: number) => void) | undefined
}

export type Bars = { readonly show: (buckets: readonly BarBucket[]) => void; readonly stop: () => void }

const minDragPx = 4

/** Draws into `element` and follows its width until `stop`. */
export function drawBars(element: HTMLElement, options: BarsOptions): Bars {
  const color = colorReader(element)
  const paths = uPlot.paths.bars?.({ size: [0.86, 64], align: 1 })
  if (!paths) throw new Error('BUG: this uPlot has no bars')
  // The whole stack is painted first, its lower parts over it: series 1 is the top of the stack.
  const series = options.colors.toReversed().map(name => ({
    fill: () => color(name),
    width: 0,
    points: { show: false },
    paths,
  }))
  const axis = { stroke: () => color('--text-3'), font: '11px system-ui, sans-serif', ticks: { show: false } }
  const chart = new uPlot(
    {
      width: Math.max(element.clientWidth, 80),
      height: options.heightPx,
      padding: [8, 16, 0, 0],
      legend: { show: false },
      cursor: {
        y: false,
        points: { show: false },
        drag: { x: options.onZoom !== undefined, y: false, setScale: false },
      },
      scales: {
        x: { time: true, range: (_, min, max) => [min, max] },
        y: { range: (_, _min, max) => [0, Math.max(max, 1)] },
      },
      series: [{}, ...series],
      axes: [
        { ...axis, grid: { show: false }, size: 24, values: (_, splits) => timeLabels(splits) },
        {
          ...axis,
          size: 44,
          grid: { stroke: () => color('--line'), width: 1 },
          space: 28,
          values: (_, splits) => splits.map(value => (Number.isInteger(value) ? compactNumber(value) : '')),
        },
      ],
      hooks: {
        setCursor: [plot => options.onHover(plot.cursor.idx ?? undefined)],
        setSelect: [
          plot => {
            const { left, width } = plot.select
            if (width < minDragPx) return
            options.onZoom?.(plot.posToVal(left, 'x') * 1000, plot.posToVal(left + width, 'x') * 1000)
            plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false)
          },
        ],
      },
    },
    [[]],
    element,
  )
  const resize = new ResizeObserver(() =>
    chart.setSize({ width: Math.max(element.clientWidth, 80), height: options.heightPx }),
  )
  resize.observe(element)
  const stopTheme = onThemeChange(() => {
    color.forget()
    chart.redraw(true, true) // uPlot keeps the fill with the path
  })
  return {
    show: buckets => chart.setData(stack(buckets, options.colors.length)),
    stop: () => {
      resize.disconnect()
      stopTheme()
      chart.destroy()
    },
  }
}

/** One more x value closes the last bucket, so that the axis ends where the range ends. */
function stack(buckets: readonly BarBucket[], seriesCount: number): uPlot.AlignedData {
  const x = buckets.map(bucket => bucket.from / 1000)
  const last = buckets.at(-1)
  if (last) x.push(last.to / 1000)
  const sums = Array.from({ length: seriesCount }, (_, top) =>
    buckets.map(bucket => bucket.values.slice(0, top + 1).reduce((sum, value) => sum + value, 0)),
  )
  return [x, ...sums.toReversed().map(values => [...values, null])] as uPlot.AlignedData // same lengths by construction
}

/** Midnights show the day, other marks the time of day, in the reader's zone. */
function timeLabels(splits: readonly number[]): string[] {
  const stepSeconds = (splits[1] ?? 0) - (splits[0] ?? 0)
  return splits.map(seconds => {
    const date = new Date(seconds * 1000)
    const pad = (value: number) => String(value).padStart(2, '0')
    const isMidnight = date.getHours() === 0 && date.getMinutes() === 0
    if (isMidnight || stepSeconds >= 86_400) return `${pad(date.getMonth() + 1)}-${pad(date.getDate())}`
    const clock = `${pad(date.getHours())}:${pad(date.getMinutes())}`
    return stepSeconds < 60 ? `${clock}:${pad(date.getSeconds())}` : clock
  })
}

/** A canvas cannot read light-dark(): the browser resolves it on a hidden element. */
function colorReader(element: HTMLElement): { (name: string): string; forget: () => void } {
  const known = new Map<string, string>()
  const read = (name: string) => {
    const cached = known.get(name)
    if (cached) return cached
    const probe = document.createElement('span')
    probe.style.color = `var(${name})`
    element.append(probe)
    const resolved = getComputedStyle(probe).color
    probe.remove()
    known.set(name, resolved)
    return resolved
  }
  return Object.assign(read, { forget: () => known.clear() })
}
