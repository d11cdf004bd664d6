// Looks for words in the messages of a whole block at once: a literal is looked for in the bytes of all rows, and the
// query language's own finders (query/phrase.ts) are asked about the rows that hold it.
import type { Test } from '../../query/ast.ts'
import { lowerGlob } from '../../query/glob.ts'
import { type Finder, phraseFinder, wordFinder } from '../../query/phrase.ts'
import { tokenClass } from '../../query/tokens.ts'
import type { BlockView } from './block-view.ts'
import { no, unknown, type Verdict, type Verdicts, yes } from './verdicts.ts'

/** What to look for in lower-cased text. */
export type TextSearch = {
  readonly finder: Finder
  /** Stands in every text that the finder finds something in; may be ''. */
  readonly literal: string
  /** There is a match where the literal stands with a token border at these ends. Otherwise the finder is asked. */
  readonly borders?: { readonly left: boolean; readonly right: boolean }
}

/** The search for a phrase or a word pattern; undefined for other tests. */
export function textSearch(test: Test): TextSearch | undefined {
  if (test.op === 'phrase') {
    const finder = phraseFinder(test.text, test.prefix)
    const pieces = test.text.toLowerCase().split(/\s+/).filter(Boolean)
    const literal = longest(pieces)
    if (pieces.length !== 1) return { finder, literal }
    const right = !test.prefix && tokenClass(literal.codePointAt(literal.length - 1) ?? 0) !== 0
    return { finder, literal, borders: { left: tokenClass(literal.codePointAt(0) ?? 0) !== 0, right } }
  }
  if (test.op !== 'word') return undefined
  return {
    finder: wordFinder(test.glob),
    literal: longest(lowerGlob(test.glob).filter(part => typeof part === 'string')),
  }
}

/** The rows whose message has a match: exact where the message is stored as ASCII, unknown where the whole frame is. */
export function messagesWith(view: BlockView, search: TextSearch): Verdicts {
  const frames = view.wholeFrames()
  const verdicts = scannedWith(view, search)
  if (frames === undefined) return verdicts
  const made = typeof verdicts === 'number' ? new Uint8Array(view.count).fill(verdicts) : verdicts
  for (let i = 0; i < made.length; i++) if (frames[i] === 1) made[i] = unknown
  return made
}

/** The rows that may hold the text (lower case, not empty) somewhere in their bytes: unknown there, no elsewhere. */
export function bytesWith(view: BlockView, text: string): Verdicts {
  return isAscii(text) ? mark(view, text, () => unknown) : no
}

function scannedWith(view: BlockView, { finder, literal, borders }: TextSearch): Verdicts {
  if (!isAscii(literal)) return no
  const bytes = view.lowerText()
  const starts = view.starts()
  const ask = (row: number): Verdict =>
    finder.test(bytes.toString('latin1', starts[row] as number, (starts[row + 1] as number) - 1)) ? yes : no
  if (literal === '') return Uint8Array.from({ length: view.count }, (_, row) => ask(row))
  if (borders === undefined) return mark(view, literal, ask)
  return mark(view, literal, (row, at) => {
    // a line feed stands before and behind every message
    const isMatch =
      !(borders.left && isTokenByte(bytes[at - 1])) && !(borders.right && isTokenByte(bytes[at + literal.length]))
    return isMatch ? yes : ask(row)
  })
}

/** Judges the rows that hold the literal, each at the place of the first one; the others are no. */
function mark(view: BlockView, literal: string, judge: (row: number, at: number) => Verdict): Verdicts {
  const bytes = view.lowerText()
  const wanted = Buffer.from(literal, 'latin1')
  let at = bytes.indexOf(wanted)
  if (at < 0) return no
  const starts = view.starts()
  const verdicts = new Uint8Array(view.count)
  let row = 0
  while (at >= 0) {
    while ((starts[row + 1] as number) <= at) row++
    const next = starts[row + 1] as number
    verdicts[row] = judge(row, at)
    at = bytes.indexOf(wanted, next)
  }
  return verdicts
}

/** Letters, digits and `_`: the token characters of ASCII. */
function isTokenByte(byte: number | undefined): boolean {
  return byte !== undefined && tokenClass(byte) !== 0
}

function isAscii(text: string): boolean {
  return /^\p{ASCII}*$/u.test(text)
}

function longest(texts: readonly string[]): string {
  return texts.reduce((best, text) => (text.length > best.length ? text : best), '')
}
