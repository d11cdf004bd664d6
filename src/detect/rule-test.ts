// The tests beside the rules: `x.test.yml` holds cases for the rules of `x.yml`. Raw lines go through the real parser,
// which the caller hands in, because detect does not know how records are made.
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { LogRecord } from '../model/record.ts'
import { didYouMean, type Finding, RuleError } from './finding.ts'
import { createMatcher } from './match.ts'
import { entry, type MapValue, parseRuleFile, text, type Value } from './rule-file.ts'
import type { RuleSource } from './rules.ts'
import type { CompiledRule } from './sigma.ts'

/** How one case ended. `failure` is absent when it did as it said. */
export type RuleTestResult = {
  readonly file: string
  readonly line: number
  readonly name: string
  /** The rules that the case is about: ids. */
  readonly rules: readonly string[]
  readonly expect: 'match' | 'none'
  readonly failure?: string
}

const caseKeys = ['name', 'log', 'event', 'expect', 'rule'] as const

/** Reads the `*.test.yml` of folders. Unreadable folders have been reported by loadRules already. */
export function loadRuleTests(paths: readonly string[]): readonly RuleSource[] {
  return paths.flatMap((path, layer) => {
    if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) return []
    return readdirSync(path, { recursive: true, withFileTypes: true })
      .filter(item => item.isFile() && /\.test\.ya?ml$/.test(item.name))
      .map(item => join(item.parentPath, item.name))
      .sort()
      .map(file => ({ file, text: readFileSync(file, 'utf8'), layer }))
  })
}

/**
 * Runs every case of the test files against the rules. A case is
 * `{ name, log: "<raw line>" | event: {…}, expect: match | none, rule?: id or title }`; without `rule` it speaks of
 * all rules of the file beside it. Mistakes in test files are findings.
 */
export function runRuleTests(
  rules: readonly CompiledRule[],
  tests: readonly RuleSource[],
  parseLine: (line: string) => LogRecord,
): { readonly results: readonly RuleTestResult[]; readonly findings: readonly Finding[] } {
  const matcher = createMatcher(rules)
  const results: RuleTestResult[] = []
  const findings: Finding[] = []

  function runCase(file: string, value: Value): RuleTestResult {
    const test = checkedCase(value)
    const name = text(test, 'name') ?? ''
    const about = rulesOf(file, test, rules)
    const log = text(test, 'log')
    const hits =
      log === undefined ? matcher.matchEvent(plainOf(entry(test, 'event')?.value)) : matcher.matchAll(parseLine(log))
    const seen = about.filter(rule => hits.includes(rule.info.id))
    const expect = text(test, 'expect') === 'match' ? 'match' : 'none'
    const result = { file, line: value.line, name, rules: about.map(rule => rule.info.id), expect } as const
    if (expect === 'match' && seen.length === 0)
      return { ...result, failure: `no rule matched; expected ${titles(about)}` }
    if (expect === 'none' && seen.length > 0)
      return { ...result, failure: `${titles(seen)} matched; expected no match` }
    return result
  }

  for (const { file, text } of tests) {
    const parsed = parseRuleFile(file, text)
    findings.push(...parsed.findings)
    for (const document of parsed.documents) {
      for (const value of document.kind === 'list' ? document.items : [document]) {
        try {
          results.push(runCase(file, value))
        } catch (error) {
          if (!(error instanceof RuleError)) throw error
          const { at, code, message } = error
          findings.push({ file, line: at.line, column: at.column, severity: 'error', code, message })
        }
      }
    }
  }
  return { results, findings }
}

const titles = (rules: readonly CompiledRule[]) => rules.map(rule => `"${rule.info.title}"`).join(' or ')

function checkedCase(value: Value): MapValue {
  if (value.kind !== 'map')
    throw new RuleError(value, 'test', 'a test file is a list of cases {name, log or event, expect}')
  for (const { key, keyAt } of value.entries) {
    if (!(caseKeys as readonly string[]).includes(key))
      throw new RuleError(keyAt, 'test', `unknown key "${key}"${didYouMean(key, caseKeys)}`)
  }
  if (text(value, 'name') === undefined) throw new RuleError(value, 'test', 'the case has no name')
  if ((text(value, 'log') === undefined) === (entry(value, 'event') === undefined)) {
    throw new RuleError(value, 'test', 'a case has either "log" (a raw line) or "event"')
  }
  if (!/^(?:match|none)$/.test(text(value, 'expect') ?? ''))
    throw new RuleError(value, 'test', '"expect" is match or none')
  return value
}

function rulesOf(file: string, test: MapValue, rules: readonly CompiledRule[]): readonly CompiledRule[] {
  const name = text(test, 'rule')
  const beside = file.replace(/\.test(\.ya?ml)$/, '$1')
  const found = rules.filter(({ info }) =>
    name === undefined ? info.file === beside : info.id === name || info.title === name,
  )
  if (found.length > 0) return found
  if (name === undefined) throw new RuleError(test, 'test', `no rule was loaded from ${beside}`)
  const known = rules.filter(rule => rule.info.file === beside).map(rule => rule.info.title)
  throw new RuleError(
    entry(test, 'rule')?.value ?? test,
    'test',
    `no rule has the id or title "${name}"${didYouMean(name, known)}`,
  )
}

/** A value of the file as plain JSON. */
function plainOf(value: Value | undefined): unknown {
  switch (value?.kind) {
    case 'scalar':
      return value.value
    case 'list':
      return value.items.map(plainOf)
    case 'map':
      return Object.fromEntries(value.entries.map(e => [e.key, plainOf(e.value)]))
    default:
      return undefined
  }
}
