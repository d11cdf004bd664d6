// Which parts of a message the query's words matched, for the eye; the server decided what matches.
import type { Query, Test } from '../../../src/query/ast.ts'
import { hasWildcard } from '../../../src/query/glob.ts'
import { parseQuery } from '../../../src/query/parse.ts'
import { type Finder, phraseFinder, wordFinder } from '../../../src/query/phrase.ts'
import type { Highlight } from '../ui/untrusted.tsx'

export type Highlighter = (text: string) => readonly Highlight[]

/** Marks at most this many parts of one message. */
const maxMarks = 64

/** A function that finds the query's words in a message; values of fields count too, for they stand in messages. */
export function highlighter(q: string): Highlighter {
  const parsed = parseQuery(q)
  const finders = 'query' in parsed ? findersOf(parsed.query) : []
  if (finders.length === 0) return () => []
  return text => {
    const lower = text.toLowerCase()
    // Some letters change length in lower case (İ): positions would not fit.
    if (lower.length !== text.length) return []
    return merge(finders.flatMap(finder => findAll(finder, lower)))
  }
}

function findersOf(query: Query): readonly Finder[] {
  switch (query.kind) {
    case 'and':
    case 'or':
      return query.of.flatMap(findersOf)
    case 'test':
      return finderOf(query.test)
    case 'all':
    case 'not':
      return []
    default:
      return query satisfies never
  }
}

function finderOf(test: Test): readonly Finder[] {
  if (test.op === 'phrase') return [phraseFinder(test.text, test.prefix)]
  if (test.op === 'word') return [wordFinder(test.glob)]
  if (test.op === 'glob' && !hasWildcard(test.glob)) return [phraseFinder(test.glob.join(''), false)]
  return []
}

function findAll(finder: Finder, lower: string): Highlight[] {
  const found: Highlight[] = []
  for (let from = 0; found.length < maxMarks; ) {
    const match = finder.find(lower, from)
    if (!match || match[1] <= match[0]) break
    found.push({ from: match[0], to: match[1] })
    from = match[1]
  }
  return found
}

/** In order, overlaps joined. */
function merge(highlights: readonly Highlight[]): readonly Highlight[] {
  const merged: Highlight[] = []
  for (const next of highlights.toSorted((a, b) => a.from - b.from)) {
    const last = merged.at(-1)
    if (last && next.from <= last.to) merged[merged.length - 1] = { from: last.from, to: Math.max(last.to, next.to) }
    else merged.push(next)
  }
  return merged
}
