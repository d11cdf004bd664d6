// Records against all rules, on the hot path of intake: one byte scan per frame, then only the rules it points at.
//
//   frame bytes ──scan──▶ false: surely no rule ── record ──▶ matchCandidates: predicates of the seen rules
//   text was decoded (escapes, hex, charset: the bytes say little) ── record ──▶ matchAll: every rule
import type { LogRecord } from '../model/record.ts'
import type { Predicate } from '../query/ast.ts'
import { lowerCache } from '../query/lower.ts'
import { compileQuery } from '../query/match.ts'
import { compileScan } from './literal-scan.ts'
import { applies, type LogSources, logSourcesOf } from './log-source.ts'
import type { CompiledRule } from './sigma.ts'
import { eventView, isRecordJson, recordFromJson, SigmaView } from './sigma-view.ts'
import { witnessOf } from './witness.ts'

/** One matcher per thread: it keeps what the latest scan saw. */
export type Matcher = {
  /** False: no rule matches the record of the frame bytes[start, end), if none of its text was decoded. */
  scan(bytes: Uint8Array, start: number, end: number): boolean
  /** Ids of the rules that match the record of the frame scanned last. */
  matchCandidates(record: LogRecord): readonly string[]
  /** Ids of the rules that match, whatever was scanned. */
  matchAll(record: LogRecord): readonly string[]
  /** As matchAll for a flat event (Sigma field names) or a record in its JSON form. */
  matchEvent(event: unknown, options?: { readonly ignoreLogSource?: boolean }): readonly string[]
  readonly ruleCount: number
  /** Ids of rules without a certain literal: they see every record. */
  readonly unindexed: readonly string[]
}

/**
 * Characters that fold to ASCII letters (KELVIN SIGN, LATIN CAPITAL I WITH DOT, LATIN SMALL LONG S), in UTF-8: a frame
 * with one of them may hide a literal, so every rule looks at it.
 */
const foldingBytes = ['\xe2\x84\xaa', '\xc4\xb0', '\xc5\xbf']

const none: readonly string[] = Object.freeze([])

/** Compiles rules into a matcher; predicates are made when a rule first becomes a candidate. */
export function createMatcher(rules: readonly CompiledRule[]): Matcher {
  const rulesOfLiteral = new Map<string, number[]>()
  const always: number[] = []
  rules.forEach((rule, index) => {
    const witness = witnessOf(rule.query, rule.logSource)
    if (witness === undefined) always.push(index)
    for (const literal of witness ?? []) {
      const list = rulesOfLiteral.get(literal)
      if (list === undefined) rulesOfLiteral.set(literal, [index])
      else list.push(index)
    }
  })
  const everyRule = rules.map((_, index) => index)
  const literals = [...rulesOfLiteral.keys(), ...(rules.length > 0 ? foldingBytes : [])]
  const ruleLists = [...rulesOfLiteral.values(), ...foldingBytes.map(() => everyRule)].slice(0, literals.length)

  // What the latest scan saw: stamp[x] === generation means "seen", so nothing is cleared between frames.
  let generation = 0
  let candidateCount = 0
  const candidates = new Int32Array(rules.length)
  const ruleStamp = new Float64Array(rules.length)
  const literalStamp = new Float64Array(literals.length)
  const predicates: (Predicate | undefined)[] = rules.map(() => undefined)
  const view = new SigmaView()
  const lower = lowerCache()

  const addRule = (rule: number) => {
    if (ruleStamp[rule] === generation) return
    ruleStamp[rule] = generation
    candidates[candidateCount++] = rule
  }
  const automaton = compileScan(literals, literal => {
    if (literalStamp[literal] === generation) return
    literalStamp[literal] = generation
    for (const rule of ruleLists[literal] ?? []) addRule(rule)
  })
  const test = (index: number): Predicate => {
    const known = predicates[index]
    if (known !== undefined) return known
    // `now` has no part in rules: sigma.ts refuses it.
    const predicate = compileQuery((rules[index] as CompiledRule).query, { now: 0, lower })
    predicates[index] = predicate
    return predicate
  }

  function matchRules(
    indexes: Iterable<number>,
    event: Parameters<Predicate>[0],
    sources: LogSources | undefined,
  ): readonly string[] {
    let ids: string[] | undefined
    for (const index of indexes) {
      const rule = rules[index] as CompiledRule
      if (!applies(rule.logSource, sources) || !test(index)(event)) continue
      ids ??= []
      ids.push(rule.info.id)
    }
    return ids ?? none
  }

  return {
    scan(bytes, start, end) {
      generation++
      candidateCount = 0
      automaton.scan(bytes, start, end)
      return candidateCount > 0 || always.length > 0
    },
    matchCandidates(record) {
      for (const rule of always) addRule(rule)
      return matchRules(candidates.subarray(0, candidateCount).sort(), view.of(record), logSourcesOf(record))
    },
    matchAll: record => matchRules(everyRule, view.of(record), logSourcesOf(record)),
    matchEvent(event, options = {}) {
      if (isRecordJson(event)) {
        const record = recordFromJson(event)
        return matchRules(everyRule, view.of(record), options.ignoreLogSource ? undefined : logSourcesOf(record))
      }
      return matchRules(everyRule, eventView(event), undefined)
    },
    ruleCount: rules.length,
    unindexed: always.map(index => rules[index]?.info.id ?? ''),
  }
}
