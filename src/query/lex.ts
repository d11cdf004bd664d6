// The characters of a query: reads one term, phrase, regular expression or bound at a position. The grammar is parse.ts.
import type { GlobPart } from './ast.ts'
import { anyOne, anyRun, normalGlob } from './glob.ts'

/** Why a query is refused, and where (UTF-16 units from its start). */
export type QueryProblem = {
  readonly position: number
  readonly length: number
  readonly message: string
  /** The text that was probably meant for that place. */
  readonly suggestion?: string
}

/** Carries a problem out of the recursive descent; parse.ts catches it. */
export class Refusal extends Error {
  readonly problem: QueryProblem

  constructor(problem: QueryProblem) {
    super(problem.message)
    this.problem = problem
  }
}

/** Refuses the query: ends the parse with this problem. */
export function refuse(position: number, length: number, message: string, suggestion?: string): never {
  throw new Refusal({ position, length, message, ...(suggestion === undefined ? {} : { suggestion }) })
}

/** One value as written, from `start` to `end`. */
export type Value = { readonly start: number; readonly end: number } & (
  | {
      readonly kind: 'term'
      readonly glob: readonly GlobPart[]
      /** Escapes resolved, wildcards as they stand. */
      readonly text: string
      /** True when nothing is escaped: only then `null` and the operators are more than words. */
      readonly bare: boolean
    }
  | {
      readonly kind: 'phrase'
      readonly glob: readonly GlobPart[]
      readonly text: string
      /** `"…"*` */
      readonly prefix: boolean
    }
  | { readonly kind: 'regex'; readonly source: string; readonly flags: string }
  | { readonly kind: 'compare'; readonly comparison: '<' | '<=' | '>' | '>='; readonly bound: Bound }
  | {
      readonly kind: 'range'
      readonly low: Bound
      readonly lowOpen: boolean
      readonly high: Bound
      readonly highOpen: boolean
    }
)

export type Bound = { readonly text: string; readonly start: number; readonly end: number }

/** With more, one pattern could keep a search busy for seconds on a long message of one letter. */
const maxWildcards = 64

const blank = /\s/
const suffix = /(?:\^\d+(?:\.\d+)?|~\d*(?:\.\d+)?)(?=[\s)]|$)/y

/** The first position at or behind `at` that is no blank. */
export function skipBlanks(query: string, at: number): number {
  while (at < query.length && blank.test(query.charAt(at))) at++
  return at
}

/** Reads the value that starts at `at`, which is no blank, parenthesis or operator. */
export function readValue(query: string, at: number): Value {
  const first = query.charAt(at)
  if (first === '"') return readPhrase(query, at)
  if (first === '/') return readRegex(query, at) ?? readTerm(query, at)
  if (first === '[' || first === '{') return readRange(query, at)
  if (first === '<' || first === '>') return readComparison(query, at)
  return readTerm(query, at)
}

function readPhrase(query: string, start: number): Value {
  const parts: GlobPart[] = []
  let literal = ''
  let text = ''
  let at = start + 1
  for (; at < query.length && query.charAt(at) !== '"'; at++) {
    const character = query.charAt(at)
    if (character === '*' || character === '?') {
      parts.push(literal, character === '*' ? anyRun : anyOne)
      literal = ''
      text += character
      continue
    }
    const escaped = character === '\\' && /^["\\*?]$/.test(query.charAt(at + 1))
    const meant = escaped ? query.charAt(++at) : character
    literal += meant
    text += meant
  }
  if (at >= query.length) {
    refuse(start, query.length - start, 'this quote is never closed; add a " at the end of the phrase')
  }
  parts.push(literal)
  at++
  limitWildcards(parts, start, at)
  const prefix = query.charAt(at) === '*'
  return { kind: 'phrase', glob: normalGlob(parts), text, prefix, start, end: prefix ? at + 1 : at }
}

/** A regular expression ends at the first `/` that is not escaped, when a blank, `)` or the end follows; else a term. */
function readRegex(query: string, start: number): Value | undefined {
  let close = start + 1
  while (close < query.length && query.charAt(close) !== '/') close += query.charAt(close) === '\\' ? 2 : 1
  if (close >= query.length || close === start + 1) return undefined
  const flags = query.charAt(close + 1) === 'i' ? 'i' : ''
  const end = close + 1 + flags.length
  if (end < query.length && !/[\s)]/.test(query.charAt(end))) return undefined
  return { kind: 'regex', source: query.slice(start + 1, close), flags, start, end }
}

function readRange(query: string, start: number): Value {
  const close = (at: number) => query.charAt(at) === ']' || query.charAt(at) === '}'
  const meaning = 'a range looks like [1 TO 9] or {1 TO 9}; to search for a bracket, put the text in quotes'
  const low = readBound(query, skipBlanks(query, start + 1), true)
  const to = skipBlanks(query, low.end)
  if (low.text === '' || !/^TO\s/i.test(query.slice(to, to + 3))) {
    refuse(start, Math.max(1, low.end - start), meaning)
  }
  const high = readBound(query, skipBlanks(query, to + 2), true)
  const end = skipBlanks(query, high.end)
  if (high.text === '' || !close(end)) refuse(start, Math.max(1, end - start), `${meaning}; its end ] or } is missing`)
  const openings = { lowOpen: query.charAt(start) === '{', highOpen: query.charAt(end) === '}' }
  return { kind: 'range', low, high, ...openings, start, end: end + 1 }
}

function readComparison(query: string, start: number): Value {
  const sign = query.charAt(start) === '<' ? '<' : '>'
  const comparison = query.charAt(start + 1) === '=' ? (`${sign}=` as const) : sign
  const bound = readBound(query, skipBlanks(query, start + comparison.length), false)
  if (bound.text === '')
    refuse(start, comparison.length, `${comparison} needs a value on its right, like ${comparison}5`)
  return { kind: 'compare', comparison, bound, start, end: bound.end }
}

/** A bound is quoted, or ends at a blank, `)`, or where it is part of a range at `]` or `}`. */
function readBound(query: string, start: number, inRange: boolean): Bound {
  if (query.charAt(start) === '"') {
    const phrase = readPhrase(query, start)
    return { text: phrase.kind === 'phrase' ? phrase.text : '', start, end: phrase.end }
  }
  const stop = inRange ? /[\s\]})]/ : /[\s)]/
  let end = start
  while (end < query.length && !stop.test(query.charAt(end))) end++
  return { text: query.slice(start, end), start, end }
}

function readTerm(query: string, start: number): Value {
  const parts: GlobPart[] = []
  let literal = ''
  let text = ''
  let bare = true
  let at = start
  for (; at < query.length; at++) {
    const character = query.charAt(at)
    if (blank.test(character) || character === '(' || character === ')') break
    const pair = query.slice(at, at + 2)
    if (pair === '&&' || pair === '||') break
    if (at > start && (character === '^' || character === '~') && isSuffix(query, at)) break
    if (character === '"')
      refuse(at, 1, 'a quote inside a word: put a blank before it, or write \\" for the quote itself')
    if (character === '*' || character === '?') {
      parts.push(literal, character === '*' ? anyRun : anyOne)
      literal = ''
      text += character
      continue
    }
    if (character === '\\') {
      if (at + 1 >= query.length) refuse(at, 1, 'a \\ at the end escapes nothing; write \\\\ for a backslash')
      bare = false
      at++
    }
    literal += query.charAt(at)
    text += query.charAt(at)
  }
  parts.push(literal)
  limitWildcards(parts, start, at)
  return { kind: 'term', glob: normalGlob(parts), text, bare, start, end: at }
}

function limitWildcards(parts: readonly GlobPart[], start: number, end: number): void {
  if (normalGlob(parts).filter(part => typeof part !== 'string').length > maxWildcards) {
    refuse(start, end - start, `more than ${maxWildcards} wildcards in one word; write a /regular expression/`)
  }
}

/** True for Lucene's `^2` (boost) and `~`, `~2` (similar words) at the end of a value. */
export function isSuffix(query: string, at: number): boolean {
  suffix.lastIndex = at
  return suffix.test(query)
}
