// What a match implies: tokens that the index must hold for a record. The plan may let too much through, never too
// little; the predicate decides. (The literals that rules look for in frames: src/detect/witness.ts.)
import type { GlobPart, Query, Test } from './ast.ts'
import { verbatimFields } from './fields.ts'
import { lowerGlob, normalGlob } from './glob.ts'
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
      // blanks at the ends are not part of what is looked for (phrase.ts): `"on "*` finds `one`
      return literalPlan(test.text.trim().toLowerCase(), { left: true, right: !test.prefix })
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

function isAscii(text: string): boolean {
  return /^\p{ASCII}*$/u.test(text)
}
