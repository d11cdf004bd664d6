import { deepEqual, equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Query } from '../../src/query/ast.ts'
import { globFrom } from '../../src/query/glob.ts'
import { compileQuery } from '../../src/query/match.ts'
import { parseQuery } from '../../src/query/parse.ts'
import { decodedTexts, type IndexPlan, indexPlan, witness } from '../../src/query/plan.ts'
import { recordView } from '../../src/query/record-view.ts'
import { indexedTexts, tokensOf } from '../../src/query/tokens.ts'
import { testOf, treeOf } from './arbitrary.ts'
import { frameText, sampleRecords } from './samples.ts'

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

test('witnesses', () => {
  const w = (text: string, want: readonly string[] | undefined) => deepEqual(witness(parse(text)), want, text)
  w('chattr', ['chattr'])
  w('"Touch -r"', ['touch'])
  w('"nc -l"', undefined)
  w('a OR chattr', undefined)
  w('useradd OR chattr', ['useradd', 'chattr'])
  w('root chattr', ['chattr'])
  w('root (useradd OR chattr)', ['useradd', 'chattr'])
  w('event.action:ssh_login', undefined)
  w('event.action:ssh_login user:alice', ['alice'])
  w('-chattr', undefined)
  w('*etc*passwd', ['passwd'])
  w('订单chattr', ['chattr'])
  w('severity:3', undefined)
  deepEqual(witness({ kind: 'test', field: '', test: { op: 'anywhere', glob: globFrom('Foo*barbar') } }), ['barbar'])
  deepEqual(
    witness({
      kind: 'test',
      field: 'process.command_line',
      test: { op: 'glob', glob: globFrom('*nc -l*'), cased: false },
    }),
    ['nc -l'],
  )
  equal(witness(parse(Array.from({ length: 65 }, (_, i) => `word${i}`).join(' OR '))), undefined)
})

// ── the promise: a match implies the plan and a witness ──────────────────────────────────────────────────────────

const records = sampleRecords().map(record => {
  const tokens = new Set(indexedTexts(record).flatMap(text => [...tokensOf(text)]))
  const texts = [frameText(record).replaceAll(/[A-Z]/g, letter => letter.toLowerCase()), ...decodedTexts(record)]
  return { record, view: recordView(record), tokens, texts }
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

test('a record that matches satisfies the plan and holds a witness', () => {
  let matched = 0
  let planned = 0
  let witnessed = 0
  const leaf = testOf(texts, fields)
  fc.assert(
    fc.property(fc.oneof({ weight: 3, arbitrary: leaf }, treeOf(leaf)), query => {
      const predicate = compileQuery(query, { now: 0 })
      const plan = indexPlan(query)
      const literals = witness(query)
      for (const { record, view, tokens, texts: scanned } of records) {
        if (!predicate(view)) continue
        matched++
        if (plan.kind !== 'all') planned++
        if (literals !== undefined) witnessed++
        ok(
          satisfied(plan, tokens),
          `${short(plan)} of ${JSON.stringify(query)} must hold for ${JSON.stringify(record)}`,
        )
        const found = literals?.some(literal => scanned.some(text => text.includes(literal))) ?? true
        ok(found, `${literals} of ${JSON.stringify(query)} must stand in ${JSON.stringify(record)}`)
      }
    }),
    { numRuns: 1000 },
  )
  ok(matched > 500 && planned > 100 && witnessed > 100, `${matched} ${planned} ${witnessed}`)
})
