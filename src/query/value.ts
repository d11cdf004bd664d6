// One value on one field → a tree of tests: what a term, phrase, range or comparison means for each kind of field.
import { facilityNames, facilityNumber, severityNames, severityNumber } from '../model/severity.ts'
import { type AddressSpan, formatAddress, lastAddress, parseAddress, parseNetwork } from './address.ts'
import type { Comparison, Query, Test } from './ast.ts'
import type { FieldInfo } from './fields.ts'
import { anyRun, hasWildcard, isRun, normalGlob } from './glob.ts'
import { type Bound, refuse, type Value } from './lex.ts'
import { isRelativeTime, parseTime } from './time.ts'

/** What the parser hands in beside the value. */
export type ValueContext = {
  /** True when the query names no field: `*` then means everything. */
  readonly anyField: boolean
  readonly warn: (warning: string) => void
  /** Why RE2 refuses a regular expression, or undefined. The web UI does without. */
  readonly checkRegex?: ((source: string, flags: string) => string | undefined) | undefined
}

/** The tests that `value` on `field` stands for. Refuses what the kind of the field cannot answer. */
export function testsOf(field: FieldInfo, value: Value, context: ValueContext): Query {
  switch (value.kind) {
    case 'regex':
      return regex(field, value, context)
    case 'compare':
      return compare(field, value.comparison, value.bound)
    case 'range':
      return range(field, value)
    case 'term':
    case 'phrase':
      return word(field, value, context)
    default:
      return value satisfies never
  }
}

/** `f:*` */
export function exists(field: FieldInfo): Query {
  return test(field, { op: 'exists', present: true })
}

/** With more, one phrase could keep a search busy for seconds on a message that repeats its words. */
const maxPhraseWords = 256

type Written = Value & { readonly kind: 'term' | 'phrase' }

function test(field: FieldInfo, made: Test): Query {
  return { kind: 'test', field: field.name, test: made }
}

function both(a: Query, b: Query): Query {
  return { kind: 'and', of: [a, b] }
}

function regex(field: FieldInfo, value: Value & { readonly kind: 'regex' }, context: ValueContext): Query {
  const { source, flags, start, end } = value
  const reason = context.checkRegex?.(source, flags)
  if (reason !== undefined) {
    refuse(
      start,
      end - start,
      `RE2 cannot read this regular expression: ${reason}`,
      `"${source.replaceAll(/["\\]/g, '\\$&')}"`,
    )
  }
  return test(field, { op: 'regex', source, flags })
}

function word(field: FieldInfo, value: Written, context: ValueContext): Query {
  const glob = value.kind === 'phrase' && value.prefix ? normalGlob([...value.glob, anyRun]) : value.glob
  if (glob.length === 1 && glob.every(isRun)) return context.anyField ? { kind: 'all' } : exists(field)
  const isNull = value.kind === 'term' && value.bare && value.text === 'null'
  if (isNull && field.name !== 'message') return test(field, { op: 'null' })
  if (field.kind === 'text') return textWord(field, value, context)
  if (field.kind === 'keyword' || hasWildcard(glob)) return pattern()
  if (field.kind === 'time') return timeWord(field, value)
  if (field.kind === 'address') return addressWord(field, value, context)
  return test(field, { op: 'number', value: numberOf(field, wordBound(value)) })

  function pattern(): Query {
    if (field.kind === 'time' || field.kind === 'severity' || field.kind === 'facility') {
      refuse(value.start, value.end - value.start, `${field.name} has no wildcards; compare it, like ${example(field)}`)
    }
    return test(field, { op: 'glob', glob, cased: false })
  }
}

function wordBound(value: Written): Bound {
  return { text: value.text.trim(), start: value.start, end: value.end }
}

function textWord(field: FieldInfo, value: Written, context: ValueContext): Query {
  const text = value.text.replaceAll(/\s+/g, ' ').trim()
  const prefix = value.kind === 'phrase' && value.prefix
  if (text === '' && value.text !== '') {
    refuse(value.start, value.end - value.start, 'there are only blanks to search for; write a word')
  }
  if (text === '' && !prefix) return test(field, { op: 'glob', glob: [], cased: false })
  if (text.split(' ').length > maxPhraseWords) {
    refuse(value.start, value.end - value.start, `more than ${maxPhraseWords} words in one phrase; use fewer of them`)
  }
  if (!hasWildcard(value.glob)) return test(field, { op: 'phrase', text, prefix })
  if (value.kind === 'phrase' && /\s/.test(value.text)) {
    context.warn('* and ? inside a phrase with blanks stand for themselves')
    return test(field, { op: 'phrase', text, prefix })
  }
  return test(field, { op: 'word', glob: prefix ? normalGlob([...value.glob, anyRun]) : value.glob })
}

function timeWord(field: FieldInfo, value: Written): Query {
  const text = value.text.trim()
  if (isRelativeTime(text)) {
    refuse(
      value.start,
      value.end - value.start,
      `a moment alone matches nothing; compare it: ${field.name}:>${text}`,
      `>${text}`,
    )
  }
  const bound = wordBound(value)
  return both(compare(field, '>=', bound), compare(field, '<=', bound))
}

function addressWord(field: FieldInfo, value: Written, context: ValueContext): Query {
  const text = value.text.trim()
  const network = parseNetwork(text)
  if (network !== undefined) {
    const exact = `${formatAddress({ version: network.version, value: network.from })}/${Number(text.slice(text.indexOf('/') + 1))}`
    const given = parseAddress(text.slice(0, text.indexOf('/')))
    if (given?.value !== network.from) context.warn(`${text} is taken as ${exact}`)
    return test(field, { op: 'cidr', network: exact })
  }
  const address = parseAddress(text)
  if (address === undefined) {
    refuse(
      value.start,
      value.end - value.start,
      `${text} is no address or network like 192.0.2.7, 10.0.0.0/8 or 2001:db8::/32`,
    )
  }
  if (address.version === 4) return test(field, { op: 'glob', glob: [text], cased: false })
  const same = formatAddress(address)
  return test(field, { op: 'addressRange', from: same, to: same })
}

function compare(field: FieldInfo, comparison: Comparison, bound: Bound): Query {
  if (field.kind === 'text') {
    refuse(
      bound.start,
      bound.end - bound.start,
      `${field.name} is text and has no order; search for words or a /regular expression/`,
    )
  }
  if (field.kind === 'address') return addressCompare(field, comparison, bound)
  if (field.kind !== 'time') return test(field, { op: 'compare', comparison, value: numberOf(field, bound) })
  if (isRelativeTime(bound.text)) return test(field, { op: 'compareTime', comparison, time: bound.text })
  const span = parseTime(bound.text)
  if (span === undefined) {
    refuse(
      bound.start,
      Math.max(1, bound.end - bound.start),
      `${bound.text} is no time; write 2026-11-23, "2026-11-23T12:00:00Z" or now-1h`,
    )
  }
  // A date is its whole day: behind it is from its end on, up to it is before its end.
  if (comparison === '>') return test(field, { op: 'compare', comparison: '>=', value: span.end })
  if (comparison === '<=') return test(field, { op: 'compare', comparison: '<', value: span.end })
  return test(field, { op: 'compare', comparison, value: span.start })
}

function addressCompare(field: FieldInfo, comparison: Comparison, bound: Bound): Query {
  const span = addressBound(bound)
  const version = span.version
  const from = comparison === '>=' ? span.from : comparison === '>' ? span.to + 1n : 0n
  const to = comparison === '<=' ? span.to : comparison === '<' ? span.from - 1n : lastAddress(version)
  if (from > to || from > lastAddress(version)) refuse(bound.start, bound.end - bound.start, 'no address is there')
  return addressRange(field, { version, from, to })
}

function addressRange(field: FieldInfo, { version, from, to }: AddressSpan): Query {
  return test(field, {
    op: 'addressRange',
    from: formatAddress({ version, value: from }),
    to: formatAddress({ version, value: to }),
  })
}

function addressBound(bound: Bound): AddressSpan {
  const address = parseAddress(bound.text)
  if (address === undefined) refuse(bound.start, Math.max(1, bound.end - bound.start), `${bound.text} is no address`)
  return { version: address.version, from: address.value, to: address.value }
}

function range(field: FieldInfo, value: Value & { readonly kind: 'range' }): Query {
  const { low, high, lowOpen, highOpen, start, end } = value
  if (field.kind === 'text') {
    refuse(
      start,
      end - start,
      `${field.name} is text and has no ranges; to search for a bracket, put the text in quotes`,
    )
  }
  const above: Comparison = lowOpen ? '>' : '>='
  const below: Comparison = highOpen ? '<' : '<='
  if (low.text === '*') return high.text === '*' ? exists(field) : compare(field, below, high)
  if (high.text === '*') return compare(field, above, low)
  if (field.kind === 'address') {
    const from = addressBound(low)
    const to = addressBound(high)
    const span = {
      version: from.version,
      from: lowOpen ? from.from + 1n : from.from,
      to: highOpen ? to.to - 1n : to.to,
    }
    if (from.version !== to.version || span.from > span.to) refuse(start, end - start, 'no address is in this range')
    return addressRange(field, span)
  }
  return both(compare(field, above, low), compare(field, below, high))
}

/** The number that a bound on a numeric, severity, facility or keyword field names. */
function numberOf(field: FieldInfo, bound: Bound): number {
  const { text } = bound
  const isNumber = /^-?\d{1,15}(\.\d{1,15})?$/.test(text)
  const length = Math.max(1, bound.end - bound.start)
  if (field.kind === 'severity' || field.kind === 'facility') {
    const words = field.kind === 'severity' ? severityNames : facilityNames
    const value = isNumber ? Number(text) : (field.kind === 'severity' ? severityNumber : facilityNumber)(text)
    if (value === undefined || !Number.isInteger(value) || value < 0 || value >= words.length) {
      refuse(bound.start, length, `${text} is no ${field.name}; use 0 to ${words.length - 1} or ${words.join(', ')}`)
    }
    return value
  }
  if (!isNumber) refuse(bound.start, length, `${field.name} can only be compared with a number, and ${text} is none`)
  return Number(text)
}

function example(field: FieldInfo): string {
  return field.kind === 'time' ? `${field.name}:>now-1h` : `${field.name}:<=4`
}
