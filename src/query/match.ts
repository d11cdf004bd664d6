// Query → predicate. The same closures answer searches, live tail, alert rules and Sigma rules. Detection.md §2, §6.
// What can be decided when the query is compiled is decided then; the closures allocate nothing for a plain text value.
import { RE2JS, RE2JSException } from 're2js'
import { PicketError } from '../base/errors.ts'
import { type Address, type AddressSpan, parseAddress, parseIpv4, parseNetwork } from './address.ts'
import type { Comparison, EventView, GlobPart, Predicate, Query, Test } from './ast.ts'
import { anyRun, compileGlob, lowerGlob, normalGlob } from './glob.ts'
import { type LowerCache, lowerCache } from './lower.ts'
import { phraseFinder, wordFinder } from './phrase.ts'
import { resolveTime } from './time.ts'

export type CompileOptions = {
  /** What `now` means, ms since 1970 UTC. */
  readonly now: number
  /** Share one cache among the predicates that see the same events (a rule set). */
  readonly lower?: LowerCache | undefined
}

/**
 * Compiles a query. Errors: QUERY_INVALID for a regular expression that RE2 refuses, a network, address or time that
 * is none; the parser produces no such network, address or time.
 */
export function compileQuery(query: Query, options: CompileOptions): Predicate {
  const compiler = { now: options.now, lower: options.lower ?? lowerCache() }
  return compileNode(query, compiler)
}

/** Why RE2 refuses the expression, in its words, or undefined when it is fine. For parseQuery's `checkRegex`. */
export function checkRegex(source: string, flags: string): string | undefined {
  try {
    RE2JS.compile(source, regexFlags(flags))
    return undefined
  } catch (error) {
    if (error instanceof RE2JSException) return error.message
    throw error
  }
}

type Compiler = { readonly now: number; readonly lower: LowerCache }

function compileNode(query: Query, compiler: Compiler): Predicate {
  switch (query.kind) {
    case 'all':
      return () => true
    case 'and':
      return every(query.of.map(part => compileNode(part, compiler)))
    case 'or':
      return some(query.of.map(part => compileNode(part, compiler)))
    case 'not': {
      const inner = compileNode(query.of, compiler)
      return event => !inner(event)
    }
    case 'test':
      return compileTest(query.field, query.test, compiler)
    default:
      return query satisfies never
  }
}

function every(list: readonly Predicate[]): Predicate {
  const [a, b] = list
  if (list.length === 1 && a !== undefined) return a
  if (list.length === 2 && a !== undefined && b !== undefined) return event => a(event) && b(event)
  return event => {
    for (const predicate of list) if (!predicate(event)) return false
    return true
  }
}

function some(list: readonly Predicate[]): Predicate {
  const [a, b] = list
  if (list.length === 1 && a !== undefined) return a
  if (list.length === 2 && a !== undefined && b !== undefined) return event => a(event) || b(event)
  return event => {
    for (const predicate of list) if (predicate(event)) return true
    return false
  }
}

function compileTest(field: string, test: Test, compiler: Compiler): Predicate {
  switch (test.op) {
    case 'phrase':
      return overLower(field, phraseFinder(test.text, test.prefix).test, compiler)
    case 'word':
      return overLower(field, wordFinder(test.glob).test, compiler)
    case 'glob':
      return test.cased
        ? overText(field, compileGlob(test.glob))
        : overLower(field, compileGlob(lowerGlob(test.glob)), compiler)
    case 'regex': {
      const expression = compileRegex(test.source, test.flags)
      return overText(field, text => expression.test(text))
    }
    case 'number': {
      const wanted = test.value
      return overValue(field, value => numberOf(value) === wanted)
    }
    case 'boolean': {
      const wanted = test.value
      return overValue(field, value => booleanOf(value) === wanted)
    }
    case 'compare':
      return overValue(field, comparing(test.comparison, test.value))
    case 'compareTime':
      return overValue(field, comparing(test.comparison, timeOf(test.time, compiler.now)))
    case 'addressRange':
      return overText(field, insideSpan(spanOf(test.from, test.to)))
    case 'cidr':
      return overText(field, insideSpan(parseNetwork(test.network) ?? invalid(`${test.network} is no network`)))
    case 'exists':
      return test.present ? event => event.read(field) !== undefined : event => event.read(field) === undefined
    case 'null':
      return event => {
        const value = event.read(field)
        return value === undefined || value === null
      }
    case 'anywhere':
      return anywhere(test.glob, compiler)
    default:
      return test satisfies never
  }
}

// ── from the value of a field to one text, number … at a time; an array matches when any element does ─────────────

type Scalar = string | number | boolean | bigint

/** Without a field (`''`) every value of the event is asked. */
function valueReader(field: string): (event: EventView) => unknown {
  return field === '' ? event => event.values() : event => event.read(field)
}

function isScalar(value: unknown): value is Scalar {
  return (
    typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint'
  )
}

function overValue(field: string, check: (value: Scalar) => boolean): Predicate {
  const read = valueReader(field)
  const any = (value: unknown): boolean => (isScalar(value) ? check(value) : Array.isArray(value) && value.some(any))
  return event => any(read(event))
}

function overText(field: string, check: (text: string) => boolean): Predicate {
  const read = valueReader(field)
  const any = (value: unknown): boolean => {
    if (typeof value === 'string') return check(value)
    return isScalar(value) ? check(String(value)) : Array.isArray(value) && value.some(any)
  }
  return event => any(read(event))
}

function overLower(field: string, check: (lower: string) => boolean, compiler: Compiler): Predicate {
  const lower = compiler.lower.slot(field)
  return overText(field, text => check(lower(text)))
}

/** Sigma keywords: the pattern may begin and end anywhere in the message or in any value. */
function anywhere(glob: readonly GlobPart[], { lower }: Compiler): Predicate {
  const matches = compileGlob(lowerGlob(normalGlob([anyRun, ...glob, anyRun])))
  return event => {
    for (const text of lower.texts(event.values())) if (matches(text)) return true
    return false
  }
}

// ── the tests themselves ─────────────────────────────────────────────────────────────────────────────────────────

function numberOf(value: Scalar): number {
  if (typeof value === 'number') return value
  if (typeof value === 'bigint') return Number(value)
  if (typeof value !== 'string' || value.length > 32) return Number.NaN
  return /^-?\d+(?:\.\d+)?$/.test(value) ? Number(value) : Number.NaN
}

function booleanOf(value: Scalar): boolean | undefined {
  if (typeof value === 'boolean') return value
  if (typeof value !== 'string' || value.length > 5) return undefined
  const lower = value.toLowerCase()
  return lower === 'true' ? true : lower === 'false' ? false : undefined
}

function comparing(comparison: Comparison, bound: number): (value: Scalar) => boolean {
  switch (comparison) {
    case '<':
      return value => numberOf(value) < bound
    case '<=':
      return value => numberOf(value) <= bound
    case '>':
      return value => numberOf(value) > bound
    case '>=':
      return value => numberOf(value) >= bound
    default:
      return comparison satisfies never
  }
}

function timeOf(time: string, now: number): number {
  return resolveTime(time, now) ?? invalid(`${time} is no time like now-1h`)
}

function spanOf(from: string, to: string): AddressSpan {
  const first: Address = parseAddress(from) ?? invalid(`${from} is no address`)
  const last: Address = parseAddress(to) ?? invalid(`${to} is no address`)
  if (first.version !== last.version) invalid(`${from} and ${to} are not of one kind`)
  return { version: first.version, from: first.value, to: last.value }
}

/** IPv4 and IPv6 never match each other; what is no address matches nothing. */
function insideSpan(span: AddressSpan): (text: string) => boolean {
  if (span.version === 4) {
    const from = Number(span.from)
    const to = Number(span.to)
    return text => {
      const value = parseIpv4(text)
      return value >= from && value <= to && value >= 0
    }
  }
  return text => {
    const address = parseAddress(text)
    return address !== undefined && address.version === 6 && address.value >= span.from && address.value <= span.to
  }
}

function compileRegex(source: string, flags: string): RE2JS {
  const reason = checkRegex(source, flags)
  if (reason !== undefined) invalid(`RE2 cannot read the regular expression /${source}/: ${reason}`)
  return RE2JS.compile(source, regexFlags(flags))
}

function regexFlags(flags: string): number {
  return (
    (flags.includes('i') ? RE2JS.CASE_INSENSITIVE : 0) |
    (flags.includes('m') ? RE2JS.MULTILINE : 0) |
    (flags.includes('s') ? RE2JS.DOTALL : 0)
  )
}

function invalid(message: string): never {
  throw new PicketError('QUERY_INVALID', message)
}
