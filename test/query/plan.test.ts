import { deepEqual, equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Query } from '../../src/query/ast.ts'
import { compileQuery } from '../../src/query/match.ts'
import { parseQuery } from '../../src/query/parse.ts'
import { type IndexPlan, indexPlan } from '../../src/query/plan.ts'
import { recordView } from '../../src/query/record-view.ts'
import { indexedTexts, tokensOf } from '../../src/query/tokens.ts'
import { testOf, treeOf } from './arbitrary.ts'
import { sampleRecords } from './samples.ts'

function parse(text: string): Query {
  const parsed = parseQuery(text)
  if ('error' in parsed) throw new Error(`${text}: ${parsed.error.message}`)
  return parsed.query
}

/** A plan in short: tokens as they are, prefixes with `…`. */
function short(plan: IndexPlan): string {
  switch (plan.kind) {
    case 'token':
      return plan.token
    case 'prefix':
      return `${plan.text}…`
    case 'and':
    case 'or':
      return `(${plan.of.map(short).join(plan.kind === 'and' ? ' & ' : ' | ')})`
    default:
      return plan.kind
  }
}

test('plans', () => {
  const p = (text: string, want: string) => equal(short(indexPlan(parse(text))), want, text)
  p('chattr', 'chattr')
  p('"Touch -r"', '(touch & r)')
  p('"nc -l"*', '(nc & l…)')
  p('" on "*', 'on…')
  p('a OR "b c"', '(a | (b & c))')
  p('a -b', 'a')
  p('a OR -b', 'all')
  p('10.0.0.1:22', '(10.0.0.1 & 22)')
  p('1.2.3.4.5', '(1.2.3.4 & 2.3.4.5)')
  p('1.2.3', '(1 & 2 & 3)')
  p('"10.0.0.1"*', '(10 & 0 & 1…)')
  p('订单x', '(订 & 单 & x)')
  p('*etc*passwd', 'all')
  p('*etc/passwd', 'passwd')
  p('*/etc/pass*', '(etc & pass…)')
  p('ch?ttr', 'ch…')
  p('user:alice', 'alice')
  p('user:al*', 'al…')
  p('src:10.0.0.1', '10.0.0.1')
  p('src:10.0.*', '(10 & 0)')
  p('host:web-01', '(web & 01)')
  p('app:sshd severity<=3', 'sshd')
  p('event.action:ssh_login', 'all')
  p('/chattr/', 'all')
  p('*', 'all')
  p('a a', 'a')
  deepEqual(indexPlan({ kind: 'or', of: [] }), { kind: 'none' })
  deepEqual(indexPlan({ kind: 'and', of: [{ kind: 'or', of: [] }, parse('a')] }), { kind: 'none' })
})

// ── the promise: a match implies the plan ──────────────────────────────────────────────────────────

const records = sampleRecords().map(record => {
  const tokens = new Set(indexedTexts(record).flatMap(text => [...tokensOf(text)]))
  return { record, view: recordView(record), tokens }
})

function satisfied(plan: IndexPlan, tokens: ReadonlySet<string>): boolean {
  switch (plan.kind) {
    case 'all':
      return true
    case 'none':
      return false
    case 'token':
      return tokens.has(plan.token)
    case 'prefix':
      return [...tokens].some(token => token.startsWith(plan.text))
    case 'and':
      return plan.of.every(part => satisfied(part, tokens))
    case 'or':
      return plan.of.some(part => satisfied(part, tokens))
    default:
      return plan satisfies never
  }
}

const texts = records.flatMap(({ record }) => [
  record.message,
  record.hostname ?? '',
  record.appName ?? '',
  ...Object.values(record.fields).flat().map(String),
])
const fields = [
  'message',
  'message',
  'message',
  'host',
  'app',
  'user.name',
  'source.ip',
  'process.command_line',
  'process.executable',
  'event.action',
  'process.args',
]

test('a record that matches satisfies the plan', () => {
  let matched = 0
  let planned = 0
  const leaf = testOf(texts, fields)
  fc.assert(
    fc.property(fc.oneof({ weight: 3, arbitrary: leaf }, treeOf(leaf)), query => {
      const predicate = compileQuery(query, { now: 0 })
      const plan = indexPlan(query)
      for (const { record, view, tokens } of records) {
        if (!predicate(view)) continue
        matched++
        if (plan.kind !== 'all') planned++
        ok(
          satisfied(plan, tokens),
          `${short(plan)} of ${JSON.stringify(query)} must hold for ${JSON.stringify(record)}`,
        )
      }
    }),
    { numRuns: 1000 },
  )
  ok(matched > 500 && planned > 100, `${matched} ${planned}`)
})
