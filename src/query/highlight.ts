// Where a query is found in a text, for the web UI. Best effort: what only the whole record decides is not marked.
import type { Query, Test } from './ast.ts'
import { type Finder, literalFinder, phraseFinder, wordFinder } from './phrase.ts'

export type Mark = readonly [start: number, end: number]

export type HighlightOptions = {
  /** Fields whose tests are shown in the text; default: the message and the command line. */
  readonly fields?: readonly string[]
  /** Finds a regular expression; without it, these are not marked (native RegExp could hang on a user's pattern). */
  readonly findRegex?: (source: string, flags: string, text: string) => readonly Mark[]
}

const maxMarks = 200

/** The parts of `text` (UTF-16 bounds, in order, not overlapping) that positive tests of the query found. */
export function highlights(query: Query, text: string, options: HighlightOptions = {}): Mark[] {
  const fields = options.fields ?? ['message', 'process.command_line', '']
  const lower = lowerOfSameLength(text)
  const marks: Mark[] = []
  for (const test of testsOf(query, fields)) {
    if (test.op === 'regex') marks.push(...(options.findRegex?.(test.source, test.flags, text) ?? []))
    else marks.push(...findAll(finderOf(test), lower))
  }
  return merged(marks).slice(0, maxMarks)
}

function testsOf(query: Query, fields: readonly string[]): Test[] {
  if (query.kind === 'test') return fields.includes(query.field) ? [query.test] : []
  if (query.kind === 'and' || query.kind === 'or') return query.of.flatMap(part => testsOf(part, fields))
  return []
}

function finderOf(test: Test): Finder | undefined {
  switch (test.op) {
    case 'phrase':
      return phraseFinder(test.text, test.prefix)
    case 'word':
      return wordFinder(test.glob)
    case 'glob':
    case 'anywhere':
      return literalFinder(test.glob)
    default:
      return undefined
  }
}

function findAll(finder: Finder | undefined, lower: string): Mark[] {
  const marks: Mark[] = []
  let found = finder?.find(lower, 0)
  while (finder !== undefined && found !== undefined && marks.length < maxMarks) {
    marks.push(found)
    found = finder.find(lower, Math.max(found[1], found[0] + 1))
  }
  return marks
}

function merged(marks: readonly Mark[]): Mark[] {
  const list: Mark[] = []
  for (const mark of marks.toSorted((a, b) => a[0] - b[0] || a[1] - b[1])) {
    const last = list.at(-1)
    if (mark[0] >= mark[1]) continue
    if (last !== undefined && mark[0] <= last[1]) list[list.length - 1] = [last[0], Math.max(last[1], mark[1])]
    else list.push(mark)
  }
  return list
}

/** Lower case with every character at its place: the few that grow (U+0130) stay as they are. */
function lowerOfSameLength(text: string): string {
  const lower = text.toLowerCase()
  if (lower.length === text.length) return lower
  return Array.from(text, character => {
    const small = character.toLowerCase()
    return small.length === character.length ? small : character
  }).join('')
}
