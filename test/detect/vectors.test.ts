// The Sigma vectors: what must match, what must not, and what must be refused with its line.
import { deepEqual, equal } from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { createMatcher } from '../../src/detect/match.ts'
import { compileRules } from '../../src/detect/rules.ts'

type Vector = {
  readonly id: string
  readonly rule_yaml: string
  readonly event: unknown
  readonly match: boolean
  readonly vars?: { readonly [name: string]: readonly string[] }
}
type InvalidVector = { readonly id: string; readonly rule_yaml: string; readonly line: number | null }

const lines = (name: string): readonly string[] =>
  readFileSync(join(import.meta.dirname, '..', 'fixtures', name), 'utf8')
    .trim()
    .split('\n')

/** Features of a later version. When one of these passes, or another one fails, this list is wrong. */
const left: readonly string[] = ['D032a', 'D032b', 'D032c', 'D049a', 'D049b']

test('every Sigma vector matches as it says, but the ones left for later', () => {
  const failed: string[] = []
  for (const line of lines('sigma-dev.jsonl')) {
    const vector = JSON.parse(line) as Vector
    const source = { file: `${vector.id}.yml`, text: vector.rule_yaml, layer: 0 }
    const { rules } = compileRules([source], { variables: vector.vars ?? {} })
    const hits = createMatcher(rules).matchEvent(vector.event)
    if (rules.length !== 1 || hits.length > 0 !== vector.match) failed.push(vector.id)
  }
  deepEqual(failed, left)
})

test('every invalid rule is refused on its line', () => {
  for (const line of lines('sigma-invalid-dev.jsonl')) {
    const vector = JSON.parse(line) as InvalidVector
    const { rules, findings } = compileRules([{ file: 'x.yml', text: vector.rule_yaml, layer: 0 }])
    equal(rules.length, 0, vector.id)
    const error = findings.find(f => f.severity === 'error')
    equal(error?.line ?? null, vector.line ?? error?.line, `${vector.id}: ${error?.message}`)
    equal(error?.file, 'x.yml', vector.id)
  }
})
