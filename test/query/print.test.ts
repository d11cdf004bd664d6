import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Query } from '../../src/query/ast.ts'
import { parseQuery } from '../../src/query/parse.ts'
import { printQuery } from '../../src/query/print.ts'
import { parsedTree, queryText } from './arbitrary.ts'

const parse = (text: string): Query => {
  const parsed = parseQuery(text)
  if ('error' in parsed) throw new Error(`${JSON.stringify(text)}: ${parsed.error.message}`)
  return parsed.query
}

test('parse(print(query)) is the query', () => {
  fc.assert(
    fc.property(parsedTree(), query => deepEqual(parse(printQuery(query)), structuredClone(query))),
    { numRuns: 1000 },
  )
})

test('print(parse(text)) is a fixed point, and parsing never throws', () => {
  let parsed = 0
  fc.assert(
    fc.property(queryText(), text => {
      const first = parseQuery(text)
      if ('error' in first) return
      parsed++
      const printed = printQuery(first.query)
      deepEqual(parse(printed), first.query, printed)
      equal(printQuery(parse(printed)), printed)
    }),
    { numRuns: 3000 },
  )
  equal(parsed > 200, true, `only ${parsed} of the random texts were queries`)
})

test('prints what people would write', () => {
  const p = (text: string, want: string) => equal(printQuery(parse(text)), want, text)
  p('message:chattr or', 'chattr AND or')
  p('a OR (b AND (c OR d))', 'a OR b AND (c OR d)')
  p('-(a b)', 'NOT (a AND b)')
  p('severity<=4 level:3', 'severity:<=warning AND severity:error')
  p('status:[400 TO 499]', 'http.response.status_code:[400 TO 499]')
  p('NOT status:[400 TO 499}', 'NOT http.response.status_code:[400 TO 499}')
  p('received:2026-11-23', 'received:[2026-11-23T00:00:00.000Z TO 2026-11-24T00:00:00.000Z}')
  p('cmd:"nc -l"*', 'process.command_line:"nc -l"*')
  p('"what? now"', '"what\\? now"')
  p('user:"null"', 'user.name:"null"')
  p('_exists_:user', 'user.name:*')
})

test('Sigma tests print as expressions of the same meaning', () => {
  const glob: Query = {
    kind: 'test',
    field: 'message',
    test: { op: 'glob', glob: [{ any: 'run' }, 'a.b'], cased: false },
  }
  equal(printQuery(glob), 'message:/(?s)^.*a\\.b$/i')
  equal(printQuery({ kind: 'and', of: [] }), '*')
  equal(printQuery({ kind: 'or', of: [] }), 'NOT *')
})
