// What a match implies: tokens that the index must hold for a record (indexPlan), and literals that its frame must
// contain (witness). Both may let too much through, never too little; the predicate decides.
import type { LogRecord } from '../model/record.ts'
import type { GlobPart, Query, Test } from './ast.ts'
import { isDerived, verbatimFields } from './fields.ts'
import { lowerGlob, normalGlob } from './glob.ts'
import { textsOf } from './lower.ts'
import { scanDottedQuads, scanTokens, tokenClass } from './tokens.ts'

/**
 * A condition on the set of tokens (tokens.ts) of `indexedTexts(record)`. A prefix is satisfied by any token that
 * begins with it, also one that goes on with digits.
 */
export type IndexPlan =
  | { readonly kind: 'all' }
  | { readonly kind: 'none' }
  | { readonly kind: 'token'; readonly token: string }
  | { readonly kind: 'prefix'; readonly text: string }
  | { readonly kind: 'and' | 'or'; readonly of: readonly IndexPlan[] }

const planAll: IndexPlan = { kind: 'all' }
const planNone: IndexPlan = { kind: 'none' }

/** The condition that the tokens of every matching record satisfy. */
export function indexPlan(query: Query): IndexPlan {
  switch (query.kind) {
    case 'all':
    case 'not':
      return planAll
    case 'and':
      return allOf(query.of.map(indexPlan))
    case 'or':
      return anyOf(query.of.map(indexPlan))
    case 'test':
      return isIndexed(query.field) ? testPlan(query.test) : planAll
    default:
      return query satisfies never
  }
}

function isIndexed(field: string): boolean {
  return field === 'message' || field === 'host' || field === 'app' || verbatimFields.has(field)
}

function testPlan(test: Test): IndexPlan {
  switch (test.op) {
    case 'phrase':
      return literalPlan(test.text.toLowerCase(), { left: true, right: !test.prefix })
    case 'word':
    case 'glob':
      return globPlan(test.glob, test.op === 'glob' && test.cased)
    default:
      return planAll
  }
}

/** Words and values begin and end at token boundaries; beside a wildcard a literal has no boundary of its own. */
function globPlan(glob: readonly GlobPart[], cased: boolean): IndexPlan {
  const parts = cased ? normalGlob(glob) : lowerGlob(glob)
  const plans = parts.map((part, i) => {
    if (typeof part !== 'string') return planAll
    // Lower-casing a text is not lower-casing its pieces, but for ASCII it is.
    if (cased && !isAscii(part)) return planAll
    return literalPlan(part.toLowerCase(), { left: i === 0, right: i === parts.length - 1 })
  })
  return allOf(plans)
}

/** The whole tokens of a literal; `left` and `right` tell whether its ends are token boundaries where it is found. */
function literalPlan(literal: string, bound: { readonly left: boolean; readonly right: boolean }): IndexPlan {
  const plans: IndexPlan[] = []
  const single = (at: number) => tokenClass(literal.codePointAt(at) ?? 0) === 2
  const isStart = (start: number) => start > 0 || bound.left || single(start)
  const isEnd = (start: number, end: number) => end < literal.length || bound.right || single(start)
  const quads: (readonly [number, number])[] = []
  scanDottedQuads(literal, (start, end) => {
    if (!isStart(start) || !(end < literal.length || bound.right)) return
    quads.push([start, end])
    plans.push({ kind: 'token', token: literal.slice(start, end) })
  })
  scanTokens(literal, (start, end) => {
    // The four numbers of an address stand in every block; the address does not.
    if (!isStart(start) || quads.some(quad => quad[0] <= start && end <= quad[1])) return
    const text = literal.slice(start, end)
    plans.push(isEnd(start, end) ? { kind: 'token', token: text } : { kind: 'prefix', text })
  })
  return allOf(plans)
}

function allOf(plans: readonly IndexPlan[]): IndexPlan {
  const parts = flat('and', plans).filter(plan => plan.kind !== 'all')
  if (parts.some(plan => plan.kind === 'none')) return planNone
  return parts.length > 1 ? { kind: 'and', of: parts } : (parts[0] ?? planAll)
}

function anyOf(plans: readonly IndexPlan[]): IndexPlan {
  const parts = flat('or', plans).filter(plan => plan.kind !== 'none')
  if (parts.some(plan => plan.kind === 'all')) return planAll
  return parts.length > 1 ? { kind: 'or', of: parts } : (parts[0] ?? planNone)
}

/** Nested lists of the same kind in one list, each token once. */
function flat(kind: 'and' | 'or', plans: readonly IndexPlan[]): IndexPlan[] {
  const seen = new Set<string>()
  const list: IndexPlan[] = []
  for (const plan of plans.flatMap(each => (each.kind === kind ? each.of : [each]))) {
    const key = plan.kind === 'token' ? `t${plan.token}` : plan.kind === 'prefix' ? `p${plan.text}` : undefined
    if (key === undefined || !seen.has(key)) list.push(plan)
    if (key !== undefined) seen.add(key)
  }
  return list
}

// ── witnesses ────────────────────────────────────────────────────────────────────────────────────────────────────

const maxWitnesses = 64
const minWitnessLength = 3
/** Words of so many lines that they rule little out. */
const common = new Set(
  (
    'http https root user from port the for usr bin sbin bash sudo sshd log var etc com history session' +
    ' command failed info error warning message service systemd kernel www get post'
  ).split(' '),
)

/**
 * Lower-case ASCII literals of 3 or more characters, one of which stands in the ASCII-lower-cased frame of every
 * matching record, or in one of its `decodedTexts`. undefined when no literal is certain; empty when nothing matches.
 */
export function witness(query: Query): readonly string[] | undefined {
  switch (query.kind) {
    case 'all':
    case 'not':
      return undefined
    case 'and':
      return query.of.map(witness).reduce(better, undefined)
    case 'or':
      return union(query.of.map(witness))
    case 'test':
      return testWitness(query.field, query.test)
    default:
      return query satisfies never
  }
}

/**
 * The texts in which a frame scan must look beside the frame itself, lower-cased: values that a parser decoded, and
 * the message where lower-casing makes ASCII letters of others (U+0130, U+212A).
 */
export function decodedTexts(record: LogRecord): string[] {
  const texts: string[] = []
  if (/[\u0130\u212a]/.test(record.message)) texts.push(record.message.toLowerCase())
  for (const name in record.fields) {
    if (isDerived(name)) continue
    for (const text of textsOf([record.fields[name]]))
      if (!record.message.includes(text)) texts.push(text.toLowerCase())
  }
  for (const id in record.structuredData) {
    for (const text of textsOf(Object.values(record.structuredData[id] ?? {}))) {
      if (/["\\\]\u0130\u212a]/.test(text)) texts.push(text.toLowerCase())
    }
  }
  return texts
}

function testWitness(field: string, test: Test): readonly string[] | undefined {
  if (test.op === 'anywhere') return literalWitness(test.glob)
  if (field !== 'message' && !verbatimFields.has(field)) return undefined
  // A blank in a phrase is any white space.
  if (test.op === 'phrase') return literalWitness(test.text.split(/\s+/))
  return test.op === 'word' || test.op === 'glob' ? literalWitness(test.glob) : undefined
}

/** The best of the ASCII pieces of all literals. */
function literalWitness(parts: readonly GlobPart[]): readonly string[] | undefined {
  let best: string | undefined
  for (const part of parts) {
    if (typeof part !== 'string') continue
    for (const [piece] of part.matchAll(/\p{ASCII}+/gu)) {
      if (piece.length < minWitnessLength) continue
      const literal = piece.toLowerCase()
      if (best === undefined || weight(literal) > weight(best)) best = literal
    }
  }
  return best === undefined ? undefined : [best]
}

/** Of two sets that are both certain, the one whose weakest literal is the stronger. */
function better(a: readonly string[] | undefined, b: readonly string[] | undefined): readonly string[] | undefined {
  if (a === undefined || b === undefined) return a ?? b
  const weakest = (set: readonly string[]) => set.reduce((least, literal) => Math.min(least, weight(literal)), 1000)
  const difference = weakest(a) - weakest(b)
  return difference > 0 || (difference === 0 && a.length <= b.length) ? a : b
}

function union(sets: readonly (readonly string[] | undefined)[]): readonly string[] | undefined {
  const all = new Set<string>()
  for (const set of sets) {
    if (set === undefined) return undefined
    for (const literal of set) all.add(literal)
  }
  return all.size > maxWitnesses ? undefined : [...all]
}

/** Length first; common words and paths of them weigh next to nothing. */
function weight(literal: string): number {
  const words = literal.split(/[^a-z0-9]+/).filter(word => word !== '')
  const rare = words.reduce((sum, word) => sum + (common.has(word) ? 0 : word.length), 0)
  return rare * 4 + Math.min(literal.length, 32) / 8
}

function isAscii(text: string): boolean {
  return /^\p{ASCII}*$/u.test(text)
}
