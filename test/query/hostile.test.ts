import { doesNotThrow, equal, match, ok } from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { highlights } from '../../src/query/highlight.ts'
import { checkRegex, compileQuery } from '../../src/query/match.ts'
import { maxClauses, parseQuery } from '../../src/query/parse.ts'
import { indexPlan } from '../../src/query/plan.ts'
import { printQuery } from '../../src/query/print.ts'
import { recordView } from '../../src/query/record-view.ts'
import { queryText } from './arbitrary.ts'
import { sample } from './samples.ts'

const event = recordView(sample('Failed password for root from 203.0.113.9 port 22 a" aaaaaaaaaaaaaaaa'))

/** Parses and, when that goes well, uses the query in every way there is. */
function use(text: string): 'error' | 'fine' {
  const parsed = parseQuery(text, { checkRegex })
  if ('error' in parsed) {
    const { position, length, message } = parsed.error
    ok(position >= 0 && position + length <= text.length && message.length > 10, JSON.stringify(parsed.error))
    return 'error'
  }
  const { query } = parsed
  doesNotThrow(() => compileQuery(query, { now: 0 })(event))
  doesNotThrow(() => [indexPlan(query), printQuery(query), highlights(query, 'a b')])
  return 'fine'
}

test('every hostile query is answered with a place and a reason, or means something', () => {
  const expected: Record<string, 'error' | 'fine'> = {
    'q-0': 'error',
    'q-2': 'error',
    'q-4': 'error',
    'q-6': 'error',
    'q-8': 'error',
    'q-10': 'fine',
    'q-12': 'fine',
    'q-14': 'error',
    'q-16': 'error',
    'q-18': 'fine',
    'q-20': 'error',
    'q-22': 'fine',
    'q-24': 'error',
    'q-26': 'error',
    'q-28': 'error',
    'q-30': 'fine',
    'q-32': 'error',
    'q-34': 'fine',
    'q-36': 'fine',
    'q-38': 'error',
    'q-40': 'fine',
    'q-42': 'fine',
    'q-paren-1000': 'error',
    'q-prefix-1': 'fine',
  }
  const lines = readFileSync(join(import.meta.dirname, '..', 'fixtures', 'query-hostile-dev.jsonl'), 'utf8')
    .trim()
    .split('\n')
  equal(lines.length, Object.keys(expected).length)
  for (const line of lines) {
    const vector = JSON.parse(line) as { readonly id: string; readonly raw_b64: string }
    equal(use(Buffer.from(vector.raw_b64, 'base64').toString()), expected[vector.id], vector.id)
  }
})

test('random text never throws, wherever it goes', () => {
  fc.assert(
    fc.property(fc.oneof(queryText(), fc.string({ unit: 'binary', maxLength: 60 })), text => {
      use(text)
    }),
    { numRuns: 1500 },
  )
})

test('the work of a query is bounded by its length', () => {
  const texts = [
    '(',
    '!',
    '-',
    '"',
    '\\',
    '/',
    '[',
    '*',
    '?',
    'a:',
    'a ',
    'OR ',
    '/(a',
    '[1 TO ',
    '~',
    '^2',
    '@',
    ' ',
    '((a) ',
    '"a" ',
    '*a',
    '?a ',
    'NOT ',
  ]
  for (const unit of texts) {
    const text = unit.repeat(Math.floor(8192 / unit.length))
    const parsed = parseQuery(text)
    if ('error' in parsed) match(parsed.error.message, /\S/)
    else ok(countOf(JSON.stringify(parsed.query), '"op"') <= maxClauses)
  }
})

function countOf(text: string, part: string): number {
  return text.split(part).length - 1
}
