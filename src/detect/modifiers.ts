// One item of a detection block, `CommandLine|contains|all: [a, b]` → Query. Detection.md §2.1–2.5.
import { formatAddress, parseAddress, parseNetwork } from '../query/address.ts'
import type { Comparison, GlobPart, Query, Test } from '../query/ast.ts'
import { globFrom, normalGlob } from '../query/glob.ts'
import { checkRegex } from '../query/match.ts'
import { didYouMean, type Position, RuleError } from './finding.ts'
import type { ScalarValue, Value } from './rule-file.ts'

/** `%name%` → texts, for `|expand`. */
export type Variables = { readonly [name: string]: readonly string[] }

/** Bounds on one item: a hostile rule must not cost memory. */
const maxExpansions = 1024
const maxPatternBytes = 4096

const modifierNames = [
  'contains',
  'startswith',
  'endswith',
  'all',
  're',
  'i',
  'm',
  's',
  'cidr',
  'cased',
  'exists',
  'neq',
  'gt',
  'gte',
  'lt',
  'lte',
  'base64',
  'base64offset',
  'wide',
  'utf16le',
  'utf16be',
  'utf16',
  'windash',
  'expand',
  'fieldref',
  'minute',
  'hour',
  'day',
  'week',
  'month',
  'year',
] as const
type Modifier = (typeof modifierNames)[number]

const comparisons: { readonly [name: string]: Comparison } = { gt: '>', gte: '>=', lt: '<', lte: '<=' }
const timeParts: readonly Modifier[] = ['minute', 'hour', 'day', 'week', 'month', 'year']

/** A text on its way through the modifiers. `bytes`: its characters are bytes (behind `wide`). */
type Text = { readonly glob: readonly GlobPart[]; readonly bytes: boolean }
type Item = {
  readonly field: string
  readonly modifiers: readonly Modifier[]
  readonly at: Position
  readonly variables: Variables
}

/** The query of one `field|modifier: value` entry. `key` may be '' or begin with `|`: then it speaks of keywords. */
export function itemQuery(key: string, at: Position, value: Value, variables: Variables): Query {
  const [field = '', ...names] = key.split('|')
  const modifiers = names.map(name => modifierOf(name, at))
  const item: Item = { field, modifiers, at, variables }
  checkModifiers(item)
  const tests = valuesOf(value, item).map(v => valueQuery(v.value, v.at, item))
  const joined: Query =
    tests.length === 1 && tests[0] ? tests[0] : { kind: modifiers.includes('all') ? 'and' : 'or', of: tests }
  return modifiers.includes('neq') ? { kind: 'not', of: joined } : joined
}

/** The query of one bare keyword. */
export function keywordQuery(value: Value, variables: Variables): Query {
  if (value.kind !== 'scalar') throw new RuleError(value, 'value', 'a keyword must be text or a number')
  return valueQuery(value.value, value, { field: '', modifiers: [], at: value, variables })
}

function modifierOf(name: string, at: Position): Modifier {
  const known = modifierNames.find(m => m === name)
  if (known === undefined)
    throw new RuleError(at, 'modifier', `unknown modifier "${name}"${didYouMean(name, modifierNames)}`)
  return known
}

function checkModifiers({ field, modifiers, at }: Item): void {
  const later = modifiers.find(m => m === 'fieldref' || timeParts.includes(m))
  if (later !== undefined)
    throw new RuleError(at, 'unsupported', `modifier "${later}" is not supported by this version`)
  for (const first of ['re', 'cidr'] as const) {
    if (modifiers.indexOf(first) > 0) throw new RuleError(at, 'modifier', `"${first}" must be the first modifier`)
  }
  if (modifiers.some(m => m === 'i' || m === 'm' || m === 's') && modifiers[0] !== 're') {
    throw new RuleError(at, 'modifier', 'i, m and s are flags of "re" and stand behind it')
  }
  if (modifiers.includes('exists') && modifiers.length > 1) throw new RuleError(at, 'modifier', '"exists" stands alone')
  if (field === '' && modifiers.some(m => m === 'cidr' || m === 'exists' || m in comparisons)) {
    throw new RuleError(at, 'modifier', 'this modifier needs a field name')
  }
}

function valuesOf(value: Value, item: Item): readonly { readonly value: ScalarValue; readonly at: Position }[] {
  if (value.kind === 'map') throw new RuleError(value, 'value', `the value of "${item.field}" cannot be a map`)
  if (value.kind === 'scalar') return [{ value: value.value, at: value }]
  if (value.items.length === 0) {
    if (item.field === '') throw new RuleError(value, 'value', 'the list of keywords is empty')
    return [{ value: null, at: value }]
  }
  return value.items.map(one => {
    if (one.kind !== 'scalar') throw new RuleError(one, 'value', `a value of "${item.field}" cannot be a ${one.kind}`)
    return { value: one.value, at: one }
  })
}

function valueQuery(value: ScalarValue, at: Position, item: Item): Query {
  const { field, modifiers } = item
  const test = (t: Test): Query => ({ kind: 'test', field, test: t })
  const comparison = modifiers.map(m => comparisons[m]).find(c => c !== undefined)
  if (comparison !== undefined) {
    if (typeof value !== 'number') throw new RuleError(at, 'value', `"${modifiers.join('|')}" needs a number`)
    return test({ op: 'compare', comparison, value })
  }
  if (modifiers[0] === 'exists') {
    if (typeof value !== 'boolean') throw new RuleError(at, 'value', '"exists" needs true or false')
    return test({ op: 'exists', present: value })
  }
  const typed = modifiers.find(m => m !== 'all' && m !== 'neq' && m !== 'cased')
  if (typeof value !== 'string') {
    if (typed !== undefined) throw new RuleError(at, 'value', `"${typed}" needs text; put quotes around the value`)
    if (field === '' && typeof value !== 'number')
      throw new RuleError(at, 'value', 'a keyword must be text or a number')
    if (value === null) return test({ op: 'null' })
    return test(typeof value === 'number' ? { op: 'number', value } : { op: 'boolean', value })
  }
  if (modifiers[0] === 're') return test(regexTest(value, at, modifiers))
  if (modifiers[0] === 'cidr') return test({ op: 'cidr', network: checkedNetwork(value, at) })
  const texts = transform([{ glob: globFrom(value), bytes: false }], at, item)
  const cased = modifiers.includes('cased')
  const tests = texts.map(t =>
    test(field === '' ? { op: 'anywhere', glob: t.glob } : { op: 'glob', glob: t.glob, cased }),
  )
  return tests.length === 1 && tests[0] ? tests[0] : { kind: 'or', of: tests }
}

function regexTest(source: string, at: Position, modifiers: readonly Modifier[]): Test {
  if (Buffer.byteLength(source) > maxPatternBytes)
    throw new RuleError(at, 'regex', 'the regular expression is longer than 4 KiB')
  const flags = modifiers.filter(m => m === 'i' || m === 'm' || m === 's').join('')
  const reason = checkRegex(source, flags)
  if (reason !== undefined) {
    throw new RuleError(
      at,
      'regex',
      `the regular expression does not compile: ${reason} (RE2: no look-around, no back-references)`,
    )
  }
  return { op: 'regex', source, flags }
}

/** As Python's ip_network: an address with bits behind the prefix is a mistake. */
function checkedNetwork(text: string, at: Position): string {
  const network = text.includes('/') ? text : `${text}/${text.includes(':') ? 128 : 32}`
  const span = parseNetwork(network)
  if (span === undefined) throw new RuleError(at, 'cidr', `"${text}" is not a network like 10.0.0.0/8`)
  if (parseAddress(network.slice(0, network.indexOf('/')))?.value !== span.from) {
    const first = formatAddress({ version: span.version, value: span.from })
    throw new RuleError(at, 'cidr', `"${text}" has host bits set; the network begins at ${first}`)
  }
  return network
}

/** Runs the text modifiers in the order in which they are written. */
function transform(start: readonly Text[], at: Position, item: Item): readonly Text[] {
  let texts = start
  for (const modifier of item.modifiers) {
    texts = texts.flatMap(text => transformOne(text, modifier, at, item))
    if (texts.length > maxExpansions)
      throw new RuleError(at, 'value', `the value expands to more than ${maxExpansions} texts`)
  }
  return texts
}

function transformOne(text: Text, modifier: Modifier, at: Position, item: Item): readonly Text[] {
  const run = { any: 'run' } as const
  const withGlob = (glob: readonly GlobPart[]): readonly Text[] => [{ ...text, glob }]
  switch (modifier) {
    case 'contains':
      return withGlob(endRun(startRun(text.glob, run), run))
    case 'startswith':
      return withGlob(endRun(text.glob, run))
    case 'endswith':
      return withGlob(startRun(text.glob, run))
    case 'windash':
      return dashVariants(text.glob, at).map(glob => ({ ...text, glob }))
    case 'expand':
      return placeholders(text.glob, at, item.variables).map(glob => ({ ...text, glob }))
    case 'base64':
      return withGlob([encoded(plain(text, modifier, at), text.bytes).toString('base64')])
    case 'base64offset':
      return offsetVariants(encoded(plain(text, modifier, at), text.bytes)).map(t => ({ glob: [t], bytes: false }))
    case 'wide':
    case 'utf16le':
    case 'utf16be':
    case 'utf16':
      return [{ glob: [utf16(plain(text, modifier, at), modifier, at)], bytes: true }]
    default:
      return [text]
  }
}

const isRun = (part: GlobPart | undefined) => typeof part === 'object' && part.any === 'run'
const startRun = (glob: readonly GlobPart[], run: GlobPart) => (isRun(glob[0]) ? glob : [run, ...glob])
const endRun = (glob: readonly GlobPart[], run: GlobPart) => (isRun(glob.at(-1)) ? glob : [...glob, run])

function plain(text: Text, modifier: Modifier, at: Position): string {
  if (text.glob.some(part => typeof part !== 'string')) {
    throw new RuleError(
      at,
      'value',
      `"${modifier}" cannot encode wildcards; put contains, startswith or endswith behind it`,
    )
  }
  return text.glob.join('')
}

const encoded = (text: string, bytes: boolean) => Buffer.from(text, bytes ? 'latin1' : 'utf8')

/** The three ways in which the bytes may stand in a longer Base64 text (pySigma SigmaBase64OffsetModifier). */
function offsetVariants(bytes: Buffer): readonly string[] {
  return [0, 2, 3].map((start, i) => {
    const text = Buffer.concat([Buffer.alloc(i, 0x20), bytes]).toString('base64')
    const cut = [0, 3, 2][(bytes.length + i) % 3] ?? 0
    return text.slice(start, cut === 0 ? undefined : -cut)
  })
}

function utf16(text: string, modifier: Modifier, at: Position): string {
  if ([...text].some(c => c > '\x7f')) throw new RuleError(at, 'value', `"${modifier}" takes ASCII text only`)
  const big = modifier === 'utf16be'
  const pairs = [...text].map(c => (big ? `\0${c}` : `${c}\0`)).join('')
  return modifier === 'utf16' ? `\xff\xfe${pairs}` : pairs
}

const dashes = ['-', '/', '\u2013', '\u2014', '\u2015']

/** Each dash of an option becomes each of `- / – — ―` (pySigma SigmaWindowsDashModifier). */
function dashVariants(glob: readonly GlobPart[], at: Position): readonly (readonly GlobPart[])[] {
  const pieces: GlobPart[] = []
  for (const part of glob) {
    if (typeof part === 'string') pieces.push(...part.split(/(\B[-/]\b)/).filter(p => p !== ''))
    else pieces.push(part)
  }
  const choices = pieces.map((piece): readonly GlobPart[] => (piece === '-' || piece === '/' ? dashes : [piece]))
  if (choices.reduce((n, c) => n * c.length, 1) > maxExpansions) {
    throw new RuleError(at, 'value', `the value expands to more than ${maxExpansions} texts`)
  }
  let all: GlobPart[][] = [[]]
  for (const choice of choices) all = all.flatMap(head => choice.map(piece => [...head, piece]))
  return all.map(normalGlob)
}

function placeholders(glob: readonly GlobPart[], at: Position, variables: Variables): readonly (readonly GlobPart[])[] {
  let all: GlobPart[][] = [[]]
  for (const part of glob) {
    const pieces = typeof part === 'string' ? part.split(/(%[^%\s]+%)/) : [part]
    for (const piece of pieces) {
      const name = typeof piece === 'string' ? /^%([^%\s]+)%$/.exec(piece)?.[1] : undefined
      if (name === undefined) {
        for (const head of all) head.push(piece)
        continue
      }
      const values = Object.hasOwn(variables, name) ? variables[name] : undefined
      if (values === undefined)
        throw new RuleError(
          at,
          'value',
          `placeholder %${name}% has no values${didYouMean(name, Object.keys(variables))}`,
        )
      all = all.flatMap(head => values.map(value => [...head, ...globFrom(value)]))
      if (all.length > maxExpansions)
        throw new RuleError(at, 'value', `the value expands to more than ${maxExpansions} texts`)
    }
  }
  return all.map(normalGlob)
}
