// Random queries: texts as users write them, and trees as the parser makes them.
import fc from 'fast-check'
import type { GlobPart, Query, Test } from '../../src/query/ast.ts'
import { normalGlob } from '../../src/query/glob.ts'

/** Parts of real messages make random queries match now and then. */
export function pieceOf(texts: readonly string[]): fc.Arbitrary<string> {
  return fc.tuple(fc.constantFrom(...texts), fc.nat(), fc.integer({ min: 1, max: 24 })).map(([text, at, length]) => {
    const start = text.length === 0 ? 0 : at % text.length
    return text.slice(start, start + length)
  })
}

export function wordOf(texts: readonly string[]): fc.Arbitrary<string> {
  const words = texts.flatMap(text => text.split(/[^\p{L}\p{N}_]+/u)).filter(word => word !== '')
  return fc.constantFrom(...new Set(words))
}

export function globOf(texts: readonly string[]): fc.Arbitrary<readonly GlobPart[]> {
  const part: fc.Arbitrary<GlobPart> = fc.oneof(
    { weight: 3, arbitrary: fc.oneof(pieceOf(texts), wordOf(texts)) },
    { weight: 2, arbitrary: fc.constant<GlobPart>({ any: 'run' }) },
    { weight: 1, arbitrary: fc.constant<GlobPart>({ any: 'one' }) },
  )
  return fc.array(part, { minLength: 1, maxLength: 4 }).map(normalGlob)
}

const isPattern = (glob: readonly GlobPart[]) =>
  glob.some(part => typeof part !== 'string') &&
  !(glob.length === 1 && typeof glob[0] === 'object' && glob[0].any === 'run')

/** Any test on any field, also those that only Sigma rules have. */
export function testOf(texts: readonly string[], fields: readonly string[]): fc.Arbitrary<Query> {
  const text = fc.oneof(pieceOf(texts), wordOf(texts))
  const made: fc.Arbitrary<Test> = fc.oneof(
    fc.record({ op: fc.constant('phrase' as const), text, prefix: fc.boolean() }),
    fc.record({ op: fc.constant('word' as const), glob: globOf(texts) }),
    fc.record({ op: fc.constant('glob' as const), glob: globOf(texts), cased: fc.boolean() }),
    fc.record({ op: fc.constant('anywhere' as const), glob: globOf(texts) }),
    fc.constant<Test>({ op: 'exists', present: true }),
    fc.constant<Test>({ op: 'null' }),
    fc.constant<Test>({ op: 'number', value: 22 }),
  )
  return fc
    .tuple(fc.constantFrom(...fields), made)
    .map(([field, test]) => ({ kind: 'test', field: test.op === 'anywhere' ? '' : field, test }))
}

export function treeOf(leaf: fc.Arbitrary<Query>): fc.Arbitrary<Query> {
  return fc.letrec<{ node: Query }>(tie => ({
    node: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      leaf,
      fc.record({ kind: fc.constantFrom('and' as const, 'or' as const), of: fc.array(tie('node'), { maxLength: 3 }) }),
      fc.record({ kind: fc.constant('not' as const), of: tie('node') }),
    ),
  })).node
}

/** Leaves in the form that the parser gives them. */
function parsedLeaf(): fc.Arbitrary<Query> {
  const any = fc.oneof(
    fc.string({ maxLength: 12 }),
    fc.string({ unit: 'grapheme', maxLength: 8 }),
    fc.string({ unit: 'binary', maxLength: 8 }),
  )
  const phraseText = any.map(text => text.replaceAll(/\s+/g, ' ').trim()).filter(text => text !== '')
  const glob = fc
    .array(fc.oneof<fc.Arbitrary<GlobPart>[]>(any, fc.constant({ any: 'run' }), fc.constant({ any: 'one' })), {
      maxLength: 5,
    })
    .map(normalGlob)
  const test = (field: string, made: fc.Arbitrary<Test>): fc.Arbitrary<Query> =>
    made.map(t => ({ kind: 'test', field, test: t }))
  const number = fc.oneof(fc.integer({ min: -1e9, max: 1e9 }), fc.constantFrom(0.5, 1e14))
  const comparison = fc.constantFrom('<' as const, '<=' as const, '>' as const, '>=' as const)
  return fc.oneof(
    fc.constant<Query>({ kind: 'all' }),
    test('message', fc.record({ op: fc.constant('phrase' as const), text: phraseText, prefix: fc.boolean() })),
    test(
      'process.command_line',
      fc.record({ op: fc.constant('phrase' as const), text: phraseText, prefix: fc.boolean() }),
    ),
    test('message', fc.record({ op: fc.constant('word' as const), glob: glob.filter(isPattern) })),
    test('message', fc.constant({ op: 'glob', glob: [], cased: false })),
    test(
      'host',
      fc.record({
        op: fc.constant('glob' as const),
        glob: glob.filter(g => g.length !== 1 || isPattern(g) || typeof g[0] === 'string'),
        cased: fc.constant(false),
      }),
    ),
    test('sd.ex@32473.a b:c', fc.constant({ op: 'glob', glob: ['null'], cased: false })),
    test(
      'message',
      fc.record({
        op: fc.constant('regex' as const),
        source: fc.constantFrom('a b', 'x\\/y', '(a|b)+$', '\\\\', '"', '^\\d{3}'),
        flags: fc.constantFrom('', 'i'),
      }),
    ),
    test('source.port', fc.record({ op: fc.constant('number' as const), value: number })),
    test('source.port', fc.record({ op: fc.constant('compare' as const), comparison, value: number })),
    test(
      'severity',
      fc.record({ op: fc.constant('compare' as const), comparison, value: fc.integer({ min: 0, max: 7 }) }),
    ),
    test('facility', fc.record({ op: fc.constant('number' as const), value: fc.integer({ min: 0, max: 23 }) })),
    test(
      'received',
      fc.record({
        op: fc.constant('compare' as const),
        comparison: fc.constantFrom('<' as const, '>=' as const),
        value: fc.integer({ min: 0, max: 4e12 }),
      }),
    ),
    test(
      'received',
      fc.record({
        op: fc.constant('compareTime' as const),
        comparison,
        time: fc.constantFrom('now', 'now-1h', 'now-7d/d'),
      }),
    ),
    test(
      'source.ip',
      fc.constantFrom<Test>(
        { op: 'cidr', network: '10.0.0.0/8' },
        { op: 'cidr', network: '2001:db8::/32' },
        { op: 'addressRange', from: '::1', to: '::1' },
        { op: 'addressRange', from: '10.0.0.1', to: '10.0.0.9' },
        { op: 'glob', glob: ['10.0.0.1'], cased: false },
      ),
    ),
    test('user.name', fc.constantFrom<Test>({ op: 'exists', present: true }, { op: 'null' })),
  )
}

/** Trees that the parser can produce: no list within a list of its kind, two members or more. */
export function parsedTree(): fc.Arbitrary<Query> {
  return treeOf(parsedLeaf()).map(flatten)
}

function flatten(query: Query): Query {
  if (query.kind === 'not') return { kind: 'not', of: flatten(query.of) }
  if (query.kind !== 'and' && query.kind !== 'or') return query
  const parts = query.of.map(flatten).flatMap(part => (part.kind === query.kind ? part.of : [part]))
  const [only] = parts
  if (only === undefined) return { kind: 'all' }
  return parts.length === 1 ? only : { kind: query.kind, of: parts }
}

/** Text of query syntax in no good order. */
export function queryText(): fc.Arbitrary<string> {
  const bits = [
    'a',
    'OR',
    'AND',
    'NOT',
    'or',
    '(',
    ')',
    '"',
    '"x y"',
    '*',
    '?',
    '\\',
    ':',
    'host:',
    'severity<=',
    'received:>now-1h',
    'cmd:/x y/i',
    '/',
    '[',
    ']',
    '{1 TO 5}',
    'src:10.0.0.0/8',
    'TO',
    '^2',
    '~',
    '&&',
    '||',
    '!',
    '-',
    '+',
    '@',
    '_exists_:',
    'f:null',
    'sd.a.b:c',
    ' ',
    ' ',
    ' ',
    '订单',
    '😀',
    '\u0000',
    '\ud800',
    '>5',
    'status:[400 TO *]',
    'null',
    '""',
    'time:2026-11-23',
    'src:::1',
  ]
  return fc
    .array(fc.oneof(fc.constantFrom(...bits), fc.string({ maxLength: 3 })), { maxLength: 14 })
    .map(list => list.join(''))
}
