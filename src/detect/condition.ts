// The condition language: `selection and not 1 of filter_*` → Query. pySigma sigma/conditions.py; detection.md §2.6.
//   or = and {"or" and} ; and = not {"and" not} ; not = "not" not | "(" or ")" | selector | identifier
//   selector = ("1" | "any" | "all") "of" ("them" | pattern)
import type { Query } from '../query/ast.ts'
import { didYouMean, type Position, RuleError } from './finding.ts'

const maxDepth = 64

/** The named blocks of one detection section. */
export type Blocks = ReadonlyMap<string, Query>

type Token = { readonly text: string; readonly at: Position }

/**
 * Compiles one condition. `positionOf` maps an offset of `condition` into the file; `warn` takes what is legal and
 * probably wrong. Throws RuleError.
 */
export function conditionQuery(
  condition: string,
  blocks: Blocks,
  positionOf: (offset: number) => Position,
  warn: (at: Position, message: string) => void,
): Query {
  const tokens = tokensOf(condition, positionOf)
  const end = positionOf(condition.length)
  let next = 0
  let negations = 0

  const peek = () => tokens[next]?.text
  const fail = (message: string, at: Position = tokens[next]?.at ?? end): never => {
    throw new RuleError(at, 'condition', message)
  }

  function or(depth: number): Query {
    if (depth > maxDepth) fail(`nested deeper than ${maxDepth}`)
    const of = [and(depth)]
    while (peek() === 'or') {
      next++
      of.push(and(depth))
    }
    return of.length === 1 && of[0] ? of[0] : { kind: 'or', of }
  }

  function and(depth: number): Query {
    const of = [not(depth)]
    while (peek() === 'and') {
      next++
      of.push(not(depth))
    }
    return of.length === 1 && of[0] ? of[0] : { kind: 'and', of }
  }

  function not(depth: number): Query {
    if (depth > maxDepth) fail(`nested deeper than ${maxDepth}`)
    if (peek() !== 'not') return primary(depth)
    next++
    negations++
    const of = not(depth + 1)
    negations--
    return { kind: 'not', of }
  }

  function primary(depth: number): Query {
    const token = tokens[next]
    if (token === undefined) return fail('the condition ends too early')
    const { text, at } = token
    if (text === '(') {
      next++
      const inner = or(depth + 1)
      if (peek() !== ')') fail('a bracket is not closed', at)
      next++
      return inner
    }
    if (text === '|') return fail('the old "| count()" form is not supported: write a correlation rule instead')
    if (text === ')' || text === 'and' || text === 'or') return fail(`"${text}" stands where a block name is expected`)
    if (tokens[next + 1]?.text === 'of') return selector(text, at)
    next++
    return block(text, at)
  }

  function selector(quantity: string, at: Position): Query {
    if (quantity !== '1' && quantity !== 'any' && quantity !== 'all') {
      return fail(`"${quantity} of" is not known: write "1 of", "any of" or "all of"`, at)
    }
    const target = tokens[next + 2]
    if (target === undefined || !/^[\w*.-]+$/.test(target.text))
      return fail('"of" needs "them" or a name pattern like "selection_*"')
    next += 3
    const names = selected(target.text, blocks)
    if (names.length === 0) {
      const message = `no block is called "${target.text}"${didYouMean(target.text, blocks.keys())}`
      if (negations % 2 === 0) return fail(message, target.at)
      warn(target.at, `${message}; this part is never true`)
    }
    const of = names.flatMap(name => blocks.get(name) ?? [])
    if (of.length === 1 && of[0]) return of[0]
    return { kind: quantity === 'all' && of.length > 0 ? 'and' : 'or', of }
  }

  function block(name: string, at: Position): Query {
    const query = blocks.get(name)
    if (query !== undefined) return query
    if (/^(?:AND|OR|NOT)$/.test(name))
      return fail(`"${name}" must be written in lower case: "${name.toLowerCase()}"`, at)
    return fail(`the condition names a block that does not exist: "${name}"${didYouMean(name, blocks.keys())}`, at)
  }

  if (tokens.length === 0) fail('the condition is empty')
  const query = or(0)
  const rest = tokens[next]
  if (rest !== undefined) {
    if (rest.text === '|') fail('the old "| count()" form is not supported: write a correlation rule instead')
    if (/^(?:AND|OR|NOT)$/.test(rest.text))
      fail(`"${rest.text}" must be written in lower case: "${rest.text.toLowerCase()}"`)
    fail(
      rest.text === ')' ? 'a bracket closes that was never opened' : `"and" or "or" is missing before "${rest.text}"`,
    )
  }
  return query
}

function tokensOf(condition: string, positionOf: (offset: number) => Position): readonly Token[] {
  const tokens: Token[] = []
  for (const match of condition.matchAll(/[()|]|[^\s()|]+/g)) {
    const text = match[0]
    const at = positionOf(match.index)
    if (!/^(?:[()|]|[\w*.-]+)$/.test(text) && !tokens.some(t => t.text === '|')) {
      throw new RuleError(at, 'condition', `"${text}" is no part of a condition`)
    }
    tokens.push({ text, at })
  }
  return tokens
}

/** Block names that a selector takes; those that begin with `_` only by a pattern that begins so. */
function selected(pattern: string, blocks: Blocks): readonly string[] {
  const names = [...blocks.keys()].filter(name => pattern.startsWith('_') || !name.startsWith('_'))
  if (pattern === 'them') return names
  return names.filter(name => starMatch(pattern, name))
}

function starMatch(pattern: string, name: string): boolean {
  const [first = '', ...rest] = pattern.split('*')
  const last = rest.pop()
  if (last === undefined) return name === pattern
  if (!name.startsWith(first)) return false
  let from = first.length
  for (const piece of rest) {
    const found = name.indexOf(piece, from)
    if (found < 0) return false
    from = found + piece.length
  }
  return name.length - last.length >= from && name.endsWith(last)
}
