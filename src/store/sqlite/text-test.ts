// Looks for words in the messages of a whole block at once.
import type { Finder } from '../../query/phrase.ts'
import type { BlockView } from './block-view.ts'
import { no, unknown, type Verdicts, yes } from './verdicts.ts'

/**
 * The rows whose message the finder finds something in: exact where the message is stored as ASCII, unknown where the
 * whole frame is. Not for finders that take a line feed for part of a word.
 */
export function messagesWith(view: BlockView, finder: Finder): Verdicts {
  const frames = view.wholeFrames()
  const verdicts = mark(view, yes, from => finder.find(view.lowerText(), from))
  return frames === undefined ? verdicts : atFrames(view, frames, verdicts)
}

/** The rows that may hold the text (lower case, ASCII) somewhere in their bytes: unknown there, no elsewhere. */
export function bytesWith(view: BlockView, text: string): Verdicts {
  const lower = view.lowerText()
  return mark(view, unknown, from => {
    const at = lower.indexOf(text, from)
    return at < 0 ? undefined : [at, at + text.length]
  })
}

/** Sets `verdict` on every row inside which something is found. */
function mark(
  view: BlockView,
  verdict: typeof unknown | typeof yes,
  find: (from: number) => readonly [start: number, end: number] | undefined,
): Verdicts {
  let found = find(0)
  if (found === undefined) return no
  const starts = view.starts()
  const verdicts = new Uint8Array(view.count)
  let row = 0
  while (found !== undefined) {
    const [start, end] = found
    while ((starts[row + 1] as number) <= start) row++
    const next = starts[row + 1] as number
    // a phrase may stretch over a line feed, but not from one message into the next
    const isInside = end < next
    if (isInside) verdicts[row] = verdict
    found = find(isInside ? next : start + 1)
  }
  return verdicts
}

function atFrames(view: BlockView, frames: Uint8Array, verdicts: Verdicts): Verdicts {
  const made = typeof verdicts === 'number' ? new Uint8Array(view.count).fill(verdicts) : verdicts
  for (let i = 0; i < made.length; i++) if (frames[i] === 1) made[i] = unknown
  return made
}
