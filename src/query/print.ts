// Tree → query text. What the parser produces prints to text that parses to the same tree; Sigma-only tests print as
// the nearest expression. The web UI bundles this file: no node: imports, no libraries.
import { facilityNames, severityNames } from '../model/severity.ts'
import type { GlobPart, Query, Test } from './ast.ts'
import { type FieldKind, findField } from './fields.ts'
import { hasWildcard, isRun, normalGlob } from './glob.ts'

/** The query as text. */
export function printQuery(query: Query): string {
  return printNode(query, 'or')
}

/** `within` tells how tightly the surroundings bind: 'or' loosest, 'not' tightest. */
function printNode(query: Query, within: 'or' | 'and' | 'not'): string {
  switch (query.kind) {
    case 'all':
      return '*'
    case 'and': {
      const clauses = printAnd(query.of)
      return clauses.length > 1 && within === 'not' ? `(${clauses.join(' AND ')})` : clauses.join(' AND ') || '*'
    }
    case 'or': {
      if (query.of.length === 0) return 'NOT *'
      const text = query.of.map(part => printNode(part, 'or')).join(' OR ')
      return query.of.length > 1 && within !== 'or' ? `(${text})` : text
    }
    case 'not':
      return `NOT ${printNode(query.of, 'not')}`
    case 'test':
      return printTest(query.field, query.test)
    default:
      return query satisfies never
  }
}

/** Two neighbouring comparisons of one field from both sides are one range. */
function printAnd(list: readonly Query[]): string[] {
  const clauses: string[] = []
  for (let i = 0; i < list.length; i++) {
    const part = list[i]
    if (part === undefined) continue
    const range = printRange(part, list[i + 1])
    if (range !== undefined) i++
    clauses.push(range ?? printNode(part, 'and'))
  }
  return clauses
}

function printRange(low: Query, high: Query | undefined): string | undefined {
  if (low.kind !== 'test' || high?.kind !== 'test' || low.field !== high.field) return undefined
  if (!isComparison(low.test) || !isComparison(high.test)) return undefined
  if (!low.test.comparison.startsWith('>') || !high.test.comparison.startsWith('<')) return undefined
  const kind = kindOf(low.field)
  const open = low.test.comparison === '>' ? '{' : '['
  const close = high.test.comparison === '<' ? '}' : ']'
  return `${printName(low.field)}:${open}${printBound(kind, low.test)} TO ${printBound(kind, high.test)}${close}`
}

function printTest(field: string, test: Test): string {
  const name = printName(field)
  const kind = kindOf(field)
  const prefix = field === 'message' ? '' : `${name}:`
  switch (test.op) {
    case 'phrase':
      return `${prefix}${printPhrase(test.text, test.prefix)}`
    case 'word':
      return `${prefix}${printGlob(test.glob)}`
    case 'glob':
      if (test.cased || (kind === 'text' && test.glob.length > 0))
        return `${name}:${globRegex(test.glob, test.cased, true)}`
      return `${name}:${hasWildcard(test.glob) ? printGlob(test.glob) : printPhrase(test.glob.join(''), false)}`
    case 'number':
      return `${name}:${printNumber(kind, test.value)}`
    case 'boolean':
      return `${name}:${test.value}`
    case 'compare':
    case 'compareTime':
      return `${name}:${test.comparison}${printBound(kind, test)}`
    case 'addressRange':
      return test.from === test.to ? `${name}:"${test.from}"` : `${name}:[${test.from} TO ${test.to}]`
    case 'cidr':
      return `${name}:"${test.network}"`
    case 'regex':
      return `${prefix}${printRegex(test.source, test.flags)}`
    case 'exists':
      return test.present ? `${name}:*` : `NOT ${name}:*`
    case 'null':
      return `${name}:null`
    case 'anywhere':
      return globRegex(test.glob, false, false)
    default:
      return test satisfies never
  }
}

type ComparisonTest = Test & { readonly op: 'compare' | 'compareTime' }

function isComparison(test: Test): test is ComparisonTest {
  return test.op === 'compare' || test.op === 'compareTime'
}

function printBound(kind: FieldKind, test: ComparisonTest): string {
  if (test.op === 'compareTime') return test.time
  if (kind !== 'time') return printNumber(kind, test.value)
  const date = new Date(test.value)
  return Number.isNaN(date.getTime()) || date.getUTCFullYear() < 0 || date.getUTCFullYear() > 9999
    ? String(test.value)
    : date.toISOString()
}

function printNumber(kind: FieldKind, value: number): string {
  const names = kind === 'severity' ? severityNames : kind === 'facility' ? facilityNames : []
  return names[value] ?? String(value)
}

function kindOf(field: string): FieldKind {
  return findField(field)?.kind ?? 'keyword'
}

/** Names of the table as they are; what a name cannot hold is escaped. */
function printName(field: string): string {
  return field === '' ? 'message' : field.replaceAll(/[^\w.@/-]/gs, '\\$&')
}

const plainWord = /^[\p{L}\p{N}_][\p{L}\p{N}_./-]*$/u
const reserved = /^(?:AND|OR|NOT|TO|null)$/

function printPhrase(text: string, prefix: boolean): string {
  if (!prefix && plainWord.test(text) && !reserved.test(text)) return text
  return `"${text.replaceAll(/["\\*?]/g, '\\$&')}"${prefix ? '*' : ''}`
}

function printGlob(glob: readonly GlobPart[]): string {
  return glob
    .map(part => {
      if (typeof part !== 'string') return isRun(part) ? '*' : '?'
      return part.replaceAll(/[^\p{L}\p{N}_.,=\-/\u{10000}-\u{10ffff}]/gu, escaped)
    })
    .join('')
    .replace(/^[-/]/, '\\$&')
}

/** Blanks and ASCII punctuation can be escaped; other characters mean themselves. */
function escaped(character: string): string {
  return /[\p{ASCII}\s]/u.test(character) ? `\\${character}` : character
}

function printRegex(source: string, flags: string): string {
  const inline = flags.replaceAll('i', '')
  const expression = inline === '' ? source : `(?${inline})${source}`
  const closed = expression.replaceAll(/\\.|\//gs, found => (found === '/' ? '\\/' : found))
  return `/${closed}/${flags.includes('i') ? 'i' : ''}`
}

function globRegex(glob: readonly GlobPart[], cased: boolean, anchored: boolean): string {
  const body = normalGlob(glob)
    .map(part =>
      typeof part === 'string' ? part.replaceAll(/[\\^$.*+?()[\]{}|/]/g, '\\$&') : isRun(part) ? '.*' : '.',
    )
    .join('')
  return printRegex(anchored ? `^${body}$` : body, cased ? 's' : 'is')
}
