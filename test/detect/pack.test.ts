// The rules that ship: each loads without a finding, says what to do next, and passes the cases beside it.
import { deepEqual, ok } from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { createMatcher } from '../../src/detect/match.ts'
import { loadRuleTests, runRuleTests } from '../../src/detect/rule-test.ts'
import { loadRules, printFinding } from '../../src/detect/rules.ts'
import { recordOfLine } from './line.ts'

const pack = join(import.meta.dirname, '..', '..', 'rules.d')
const { rules, findings } = loadRules([pack])

test('the pack loads without a finding', () => {
  ok(rules.length >= 25)
  deepEqual(findings.map(printFinding), [])
})

test('every rule of the pack says what a reader of its alert needs', () => {
  for (const { info } of rules) {
    ok(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(info.id), `${info.file}: id`)
    ok((info.description ?? '').length > 30, `${info.file}: description`)
    ok((info.nextSteps ?? '').length > 30, `${info.file}: picket.next`)
    ok(info.falsePositives.length > 0, `${info.file}: falsepositives`)
    ok(info.techniques.length > 0, `${info.file}: tags`)
  }
})

test('every rule of the pack knows a certain text, so that it is not tried on every record', () => {
  deepEqual(createMatcher(rules).unindexed, [])
})

test('every case beside the rules ends as it says', () => {
  const { results, findings } = runRuleTests(rules, loadRuleTests([pack]), recordOfLine)
  deepEqual(findings.map(printFinding), [])
  deepEqual(
    results.flatMap(r => (r.failure === undefined ? [] : `${r.file}:${r.line} ${r.name}: ${r.failure}`)),
    [],
  )
  for (const { info } of rules) {
    const cases = results.filter(result => result.rules.includes(info.id))
    for (const expect of ['match', 'none'])
      ok(cases.filter(c => c.expect === expect).length >= 2, `${info.file}: ${expect}`)
  }
})
