// Records over time: from the blocks' summaries where they suffice, from their columns where not.
import type { Query } from '../../query/ast.ts'
import type { Histogram, Share } from '../store.ts'
import type { BlockView } from './block-view.ts'
import { createDamageNotes } from './damage.ts'
import { type BlockRow, isInRange, isWithin, type OpenDay, type Scan } from './scan.ts'

type HistogramRequest = {
  readonly query: Query
  readonly from: number
  readonly to: number
  readonly buckets: number
  readonly share?: Share | undefined
}

export function histogramOf(scan: Scan, request: HistogramRequest): Histogram {
  const { query, from, to, buckets, share } = request
  const damage = createDamageNotes()
  const range = { from, to, share, damage }
  const width = Math.max(1, Math.ceil((to - from) / buckets))
  const made = Array.from({ length: Math.ceil((to - from) / width) }, (_, i) => ({
    from: from + i * width,
    to: from + (i + 1) * width,
    count: 0,
    bySeverity: [0, 0, 0, 0, 0, 0, 0, 0],
  }))
  let total = 0
  function add(receivedAt: number, severity: number, count: number): void {
    const bucket = made[Math.floor((receivedAt - from) / width)]
    if (bucket === undefined) return
    bucket.count += count
    bucket.bySeverity[severity] = (bucket.bySeverity[severity] as number) + count
    total += count
  }
  function addRow(view: BlockView, row: number): void {
    add(view.received()[row] as number, (view.pris()[row] as number) & 7, 1)
  }
  // a minute of the summary counts as a whole when no bucket border can cut it
  const wholeMinutes = width % 60_000 === 0 && from % 60_000 === 0
  const sameBucket = (block: BlockRow): boolean =>
    Math.floor((block.min_received - from) / width) === Math.floor((block.max_received - from) / width)
  function addBlock(file: OpenDay, block: BlockRow): void {
    if (isWithin(block, range) && (wholeMinutes || sameBucket(block))) {
      for (const [minute, severities] of file.summaries.minutes(block))
        severities.forEach((count, severity) => {
          if (count > 0) add(wholeMinutes ? minute * 60_000 : block.min_received, severity, count)
        })
      return
    }
    const view = scan.view(file, block)
    const received = view.received()
    for (let i = 0; i < block.count; i++) if (isInRange(received[i] as number, range)) addRow(view, i)
  }

  if (query.kind === 'all' && share === undefined)
    scan.eachDay(query, range, (file, blocks) => {
      for (const block of blocks) damage.block(file.day, () => addBlock(file, block))
      return true
    })
  else
    scan.eachMatching(query, range, matches =>
      matches.each(row => {
        addRow(matches.view, row)
        return true
      }),
    )
  return { buckets: made, total, ...damage.answer() }
}
