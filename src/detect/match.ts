// Records against all rules, on the hot path of intake: one byte scan per frame, then only the rules it points at.
//
//   frame bytes ──scan──▶ false: surely no rule ── record ──▶ matchCandidates: predicates of the seen rules
//   text was decoded (escapes, hex, charset: the bytes say little) ── record ──▶ matchAll: a scan of the record's texts
import type { LogRecord } from '../model/record.ts'
import type { EventView, Predicate, Query } from '../query/ast.ts'
import { lowerCache, textsOf } from '../query/lower.ts'
import { compileQuery } from '../query/match.ts'
import { compileScan } from './literal-scan.ts'
import { applies, type LogSources, logSourcesOf } from './log-source.ts'
import { indexRules } from './rule-index.ts'
import type { CompiledRule } from './sigma.ts'
import { eventView, isRecordJson, recordFromJson, SigmaView } from './sigma-view.ts'

/** One matcher per thread: it keeps what the latest scan saw. */
export type Matcher = {
  /** False: no rule matches the record of the frame bytes[start, end), if none of its text was decoded. */
  scan(bytes: Uint8Array, start: number, end: number): boolean
  /** Ids of the rules that match the record of the frame scanned last. */
  matchCandidates(record: LogRecord): readonly string[]
  /** Ids of the rules that match, whatever the frame's bytes say: the record's own texts are scanned instead. */
  matchAll(record: LogRecord): readonly string[]
  /** The same without any scan: every rule is evaluated. What the others must agree with. */
  matchEvery(record: LogRecord): readonly string[]
  /** As matchAll for a flat event (Sigma field names) or a record in its JSON form. */
  matchEvent(event: unknown, options?: { readonly ignoreLogSource?: boolean }): readonly string[]
  readonly ruleCount: number
  /** Ids of rules without a certain literal: they see every record. */
  readonly unindexed: readonly string[]
}

const none: readonly string[] = Object.freeze([])

/** Compiles rules into a matcher; predicates are made when a rule first becomes a candidate. */
export function createMatcher(rules: readonly CompiledRule[]): Matcher {
  const index = indexRules(rules)
  const everyRule = rules.map((_, n) => n)

  // What the latest scan saw: a stamp of this generation means "seen", so nothing is cleared between frames.
  let generation = 0
  let candidateCount = 0
  const candidates = new Int32Array(rules.length)
  const literalStamp = new Float64Array(index.literals.length)
  const ruleStamp = new Float64Array(rules.length)
  const gateStamp = new Float64Array(index.gateCount)
  const predicates: (Predicate | undefined)[] = rules.map(() => undefined)
  const regexRules = rules.map(rule => usesRegex(rule.query))
  const view = new SigmaView()
  const lower = lowerCache()

  const automaton = compileScan(index.literals, literal => {
    if (literalStamp[literal] === generation) return
    literalStamp[literal] = generation
    const own = index.rulesOf[literal] as Int32Array
    for (let i = 0; i < own.length; i++) {
      const rule = own[i] as number
      if (ruleStamp[rule] === generation) continue
      ruleStamp[rule] = generation
      candidates[candidateCount++] = rule
    }
    const gates = index.gatesOf[literal] as Int32Array
    for (let i = 0; i < gates.length; i++) gateStamp[gates[i] as number] = generation
  })
  /** Leaves out the candidates whose log source did not show itself. */
  const passGates = () => {
    let kept = 0
    for (let i = 0; i < candidateCount; i++) {
      const rule = candidates[i] as number
      const gate = index.gateOf[rule] as number
      if (gate < 0 || gateStamp[gate] === generation) candidates[kept++] = rule
    }
    candidateCount = kept
  }
  const test = (n: number): Predicate => {
    const known = predicates[n]
    if (known !== undefined) return known
    // `now` has no part in rules: sigma.ts refuses it.
    const { query } = rules[n] as CompiledRule
    const predicate = compileQuery(query, { now: 0, lower })
    predicates[n] = predicate
    return predicate
  }

  function matchRules(numbers: Iterable<number>, event: EventView, sources: LogSources | undefined): readonly string[] {
    let ids: string[] | undefined
    const clipped = clippedView(event)
    for (const n of numbers) {
      const rule = rules[n] as CompiledRule
      if (!applies(rule.logSource, sources) || !test(n)(regexRules[n] ? clipped : event)) continue
      ids ??= []
      ids.push(rule.info.id)
    }
    return ids ?? none
  }

  function scan(bytes: Uint8Array, start: number, end: number): boolean {
    generation++
    candidateCount = 0
    if (automaton.scan(bytes, start, end)) passGates()
    return candidateCount > 0 || index.always.length > 0
  }

  function matchCandidates(record: LogRecord): readonly string[] {
    if (candidateCount === 0 && index.always.length === 0) return none
    const numbers = [...candidates.subarray(0, candidateCount), ...index.always].sort((a, b) => a - b)
    return matchRules(numbers, view.of(record), logSourcesOf(record))
  }

  return {
    scan,
    matchCandidates,
    matchAll(record) {
      const texts = Buffer.from(textsOf(view.of(record).values()).join('\n'))
      return scan(texts, 0, texts.length) ? matchCandidates(record) : none
    },
    matchEvery: record => matchRules(everyRule, view.of(record), logSourcesOf(record)),
    matchEvent(event, options = {}) {
      if (isRecordJson(event)) {
        const record = recordFromJson(event)
        return matchRules(everyRule, view.of(record), options.ignoreLogSource ? undefined : logSourcesOf(record))
      }
      return matchRules(everyRule, eventView(event), undefined)
    },
    ruleCount: rules.length,
    unindexed: index.always.map(n => rules[n]?.info.id ?? ''),
  }
}

/** Regular expressions see the first 64 Ki characters of a text: RE2 is linear, and slow on hostile texts all the same. */
const maxRegexText = 65_536

function clippedView(event: EventView): EventView {
  return { read: field => clip(event.read(field)), values: () => event.values().map(clip) }
}

function clip(value: unknown): unknown {
  if (typeof value === 'string') return value.length > maxRegexText ? value.slice(0, maxRegexText) : value
  return Array.isArray(value) ? value.map(clip) : value
}

function usesRegex(query: Query): boolean {
  switch (query.kind) {
    case 'all':
      return false
    case 'not':
      return usesRegex(query.of)
    case 'test':
      return query.test.op === 'regex'
    default:
      return query.of.some(usesRegex)
  }
}
