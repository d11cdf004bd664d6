// The summaries of a day's blocks. Those of sealed blocks never change: their counts by minute are kept, and counts by
// host and app are kept summed up over runs of blocks, so that the second look at a day costs next to nothing.
import type { BlockSummary } from './block.ts'
import { unpackJson } from './columns.ts'
import { BlockDamage } from './damage.ts'

/** Blocks that are summed up together. */
const runBlocks = 64
/** Sums that are kept per day: some 10 million records of 8,192 per block, and what ranges cut off them. */
const maxRuns = 64
const maxMinutes = 16_384

type Minutes = BlockSummary['minutes']
type Block = { readonly first_seq: number; readonly sealed: number }

/** Records by name. */
export type Counts = Map<string, number>
export type NameCounts = { readonly hosts: Counts; readonly apps: Counts; readonly severities: Counts }

export type Summaries = {
  of(block: Block): BlockSummary
  minutes(block: Block): Minutes
  /** Sums over blocks, given newest first. */
  sums(blocks: readonly Block[]): readonly NameCounts[]
}

export function increase(counts: Counts, name: string, by: number): void {
  counts.set(name, (counts.get(name) ?? 0) + by)
}

/** `read` fetches the packed summary of a block. */
export function openSummaries(read: (firstSeq: number) => Buffer): Summaries {
  const minutesOf = new Map<number, Minutes>()
  const sumOf = new Map<string, NameCounts>()
  // written by this store's own builder in the same schema version
  function of(block: Block): BlockSummary {
    const packed = read(block.first_seq)
    try {
      return unpackJson(packed) as BlockSummary
    } catch (cause) {
      const { message } = cause as Error
      throw new BlockDamage(`the summary of the block of record ${block.first_seq} is damaged: ${message}`, { cause })
    }
  }

  function keepMinutes(block: Block, minutes: Minutes): void {
    if (block.sealed === 1 && minutesOf.size < maxMinutes) minutesOf.set(block.first_seq, minutes)
  }

  function add(into: NameCounts, block: Block): void {
    const summary = of(block)
    keepMinutes(block, summary.minutes)
    for (const [name, count] of summary.hosts) increase(into.hosts, name, count)
    for (const [name, count] of summary.apps) increase(into.apps, name, count)
    for (const [, severities] of summary.minutes)
      severities.forEach((count, severity) => {
        if (count > 0) increase(into.severities, String(severity), count)
      })
  }

  return {
    of,
    minutes(block) {
      const kept = minutesOf.get(block.first_seq)
      if (kept !== undefined) return kept
      const { minutes } = of(block)
      keepMinutes(block, minutes)
      return minutes
    },
    sums(blocks) {
      return runs(blocks).map(run => {
        const key = run.every(block => block.sealed === 1)
          ? `${run.at(-1)?.first_seq}-${run[0]?.first_seq}-${run.length}`
          : undefined
        const kept = key === undefined ? undefined : sumOf.get(key)
        const made = kept ?? { hosts: new Map(), apps: new Map(), severities: new Map() }
        if (kept === undefined) for (const block of run) add(made, block)
        if (key === undefined) return made
        // the one used last stays longest
        sumOf.delete(key)
        sumOf.set(key, made)
        for (const oldest of sumOf.keys()) {
          if (sumOf.size <= maxRuns) break
          sumOf.delete(oldest)
        }
        return made
      })
    },
  }
}

/** Cut at places that stay the same while newer blocks come. */
function runs(blocks: readonly Block[]): readonly (readonly Block[])[] {
  return [...Map.groupBy(blocks, block => Math.floor(block.first_seq / (runBlocks * 8192))).values()]
}
