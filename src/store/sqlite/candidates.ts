// Which blocks may hold matching records: evaluates an index plan over the full-text index and the term filters.
// It may answer with too many blocks, never with too few; unsealed blocks have no index and always stay in.
import type { IndexPlan } from '../../query/plan.ts'
import type { Db } from './day-file.ts'
import { hashTerm, isWord, mayContain } from './terms.ts'

export type IndexStatements = ReturnType<typeof prepareIndex>

export function prepareIndex(db: Db) {
  return {
    words: db.prepare('SELECT rowid FROM term WHERE term MATCH ?').pluck(),
    filter: db.prepare('SELECT filter FROM term_filter WHERE first_seq = ?').pluck(),
  }
}

type Block = { readonly first_seq: number; readonly sealed: number }

/** The blocks that may match, in their order. */
export function candidateBlocks<T extends Block>(
  index: IndexStatements,
  plan: IndexPlan,
  blocks: readonly T[],
): readonly T[] {
  if (plan.kind === 'all' || blocks.length === 0) return blocks
  const sealed = new Set(blocks.filter(block => block.sealed === 1).map(block => block.first_seq))
  const kept = evaluate(index, plan, sealed)
  return blocks.filter(block => block.sealed === 0 || kept.has(block.first_seq))
}

/** The members of `within` that may satisfy the plan. */
function evaluate(index: IndexStatements, plan: IndexPlan, within: ReadonlySet<number>): ReadonlySet<number> {
  switch (plan.kind) {
    case 'all':
    // a prefix may go on with digits, which the full-text index does not hold
    case 'prefix':
      return within
    case 'none':
      return new Set()
    case 'token':
      return isWord(plan.token) ? withWord(index, plan.token, within) : withFilterTerm(index, plan.token, within)
    case 'and': {
      // words first: each one shrinks what the filters have to be read for
      const words = plan.of.toSorted((a, b) => cost(a) - cost(b))
      return words.reduce((left, part) => (left.size === 0 ? left : evaluate(index, part, left)), within)
    }
    case 'or':
      return plan.of.reduce<ReadonlySet<number>>((found, part) => found.union(evaluate(index, part, within)), new Set())
    default:
      return plan satisfies never
  }
}

function cost(plan: IndexPlan): number {
  return plan.kind === 'token' && isWord(plan.token) ? 0 : plan.kind === 'token' ? 1 : 2
}

function withWord(index: IndexStatements, word: string, within: ReadonlySet<number>): ReadonlySet<number> {
  const found = new Set<number>()
  for (const firstSeq of index.words.all(`"${word}"`) as number[]) if (within.has(firstSeq)) found.add(firstSeq)
  return found
}

function withFilterTerm(index: IndexStatements, token: string, within: ReadonlySet<number>): ReadonlySet<number> {
  const term = hashTerm(token)
  const found = new Set<number>()
  for (const firstSeq of within) {
    const filter = index.filter.get(firstSeq) as Buffer | undefined
    if (filter === undefined || mayContain(filter, term)) found.add(firstSeq)
  }
  return found
}
