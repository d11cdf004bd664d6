// Records against all rules, on the hot path of intake: one byte scan per frame, then only the rules it points at.
//
//   frame bytes ──scan──▶ false: surely no rule ── record ──▶ matchCandidates: predicates of the seen rules
//   text was decoded (escapes, hex, charset: the bytes say little) ── record ──▶ matchAll: every rule
import type { LogRecord } from '../model/record.ts'
import type { Predicate } from '../query/ast.ts'
import { lowerCache } from '../query/lower.ts'
import { compileQuery } from '../query/match.ts'
import { compileScan } from './literal-scan.ts'
import { applies, isFed, type LogSources, logSourcesOf } from './log-source.ts'
import type { CompiledRule } from './sigma.ts'
import { eventView, isRecordJson, recordFromJson, SigmaView } from './sigma-view.ts'
import { witnessesOf } from './witness.ts'

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

/** A literal is one of the rule's first (1) or second (2) set. */
type Use = { readonly rule: number; readonly bit: number }

const none: readonly string[] = Object.freeze([])

/** Compiles rules into a matcher; predicates are made when a rule first becomes a candidate. */
export function createMatcher(rules: readonly CompiledRule[]): Matcher {
  // Every rule needs up to two literal sets (witness.ts); bit 1 and bit 2 say which of them the frame has shown.
  const needed = new Uint8Array(rules.length)
  const usesOfLiteral = new Map<string, Use[]>()
  const always: number[] = []
  rules.forEach((rule, index) => {
    if (!isFed(rule.logSource)) return
    const sets = witnessesOf(rule.query, rule.logSource)
    if (sets.length === 0) always.push(index)
    sets.forEach((literals, set) => {
      const bit = set + 1
      needed[index] = (needed[index] as number) | bit
      for (const literal of literals) {
        const uses = usesOfLiteral.get(literal)
        if (uses === undefined) usesOfLiteral.set(literal, [{ rule: index, bit }])
        else uses.push({ rule: index, bit })
      }
    })
  })
  const everyUse = rules.map((_, index) => ({ rule: index, bit: needed[index] as number })).filter(use => use.bit !== 0)
  for (const bytes of foldingBytes) usesOfLiteral.set(bytes, everyUse)
  const literals = [...usesOfLiteral.keys()]
  const usesList = [...usesOfLiteral.values()]
  const everyRule = rules.map((_, index) => index)

  // What the latest scan saw: a stamp of this generation means "seen", so nothing is cleared between frames.
  let generation = 0
  let candidateCount = 0
  const candidates = new Int32Array(rules.length)
  const literalStamp = new Float64Array(literals.length)
  const ruleStamp = new Float64Array(rules.length)
  const seen = new Uint8Array(rules.length)
  const predicates: (Predicate | undefined)[] = rules.map(() => undefined)
  const view = new SigmaView()
  const lower = lowerCache()

  const see = ({ rule, bit }: Use) => {
    if (ruleStamp[rule] !== generation) {
      ruleStamp[rule] = generation
      seen[rule] = 0
    }
    const before = seen[rule] as number
    const after = before | bit
    if (after === before) return
    seen[rule] = after
    if (after === needed[rule]) candidates[candidateCount++] = rule
  }
  const automaton = compileScan(literals, literal => {
    if (literalStamp[literal] === generation) return
    literalStamp[literal] = generation
    for (const use of usesList[literal] as readonly Use[]) see(use)
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
      if (candidateCount === 0 && always.length === 0) return none
      const indexes = [...candidates.subarray(0, candidateCount), ...always].sort((a, b) => a - b)
      return matchRules(indexes, view.of(record), logSourcesOf(record))
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
