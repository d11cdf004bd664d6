// Which rules a literal in a frame points at: the witnesses of all rules, turned round for the scan of match.ts.
import { isFed } from './log-source.ts'
import type { CompiledRule } from './sigma.ts'
import { witnessesOf } from './witness.ts'

/**
 * Literal → the rules that look for it, and the gates that it opens. A gate is what a log source always says: rules
 * behind it are candidates only when it stands open, too.
 */
export type RuleIndex = {
  readonly literals: readonly string[]
  readonly rulesOf: readonly Int32Array[]
  readonly gatesOf: readonly Int32Array[]
  /** Rule → gate, or -1. */
  readonly gateOf: Int32Array
  readonly gateCount: number
  /** Rules with nothing certain. */
  readonly always: readonly number[]
}

/**
 * Characters that fold to ASCII letters (KELVIN SIGN, LATIN CAPITAL I WITH DOT, LATIN SMALL LONG S), in UTF-8: a frame
 * with one of them may hide a literal, so every rule looks at it.
 */
const foldingBytes = ['\xe2\x84\xaa', '\xc4\xb0', '\xc5\xbf']

/** Indexes the rules by their witnesses. Rules that no log source feeds are left out. */
export function indexRules(rules: readonly CompiledRule[]): RuleIndex {
  const uses = new Map<string, { readonly rules: number[]; readonly gates: number[] }>()
  const useOf = (literal: string) => {
    const known = uses.get(literal)
    if (known !== undefined) return known
    const made = { rules: [], gates: [] }
    uses.set(literal, made)
    return made
  }
  const gates = new Map<string, number>()
  const gateOf = new Int32Array(rules.length).fill(-1)
  const always: number[] = []
  const indexed: number[] = []
  rules.forEach((rule, n) => {
    if (!isFed(rule.logSource)) return
    const [own, gate] = witnessesOf(rule.query, rule.logSource)
    if (own === undefined) {
      always.push(n)
      return
    }
    indexed.push(n)
    for (const literal of own) useOf(literal).rules.push(n)
    if (gate === undefined) return
    const key = gate.join('\0')
    const number = gates.get(key) ?? gates.size
    if (!gates.has(key)) for (const literal of gate) useOf(literal).gates.push(number)
    gates.set(key, number)
    gateOf[n] = number
  })
  for (const literal of indexed.length > 0 ? foldingBytes : []) {
    useOf(literal).rules.push(...indexed)
    useOf(literal).gates.push(...gates.values())
  }
  return {
    literals: [...uses.keys()],
    rulesOf: [...uses.values()].map(use => Int32Array.from(use.rules)),
    gatesOf: [...uses.values()].map(use => Int32Array.from(use.gates)),
    gateOf,
    gateCount: gates.size,
    always,
  }
}
