// What several threads tell of the same port, as one listener; of the same transport, as one account.
import type { Counters } from '../receive/listener.ts'
import type { Account, ListenerState } from './messages.ts'

/** One state for each transport, address and port, in the order of their first; the counters are added up. */
export function sumListeners(states: readonly ListenerState[]): readonly ListenerState[] {
  const sums = new Map<string, ListenerState>()
  for (const state of states) {
    const key = `${state.transport} ${state.address} ${state.port}`
    const before = sums.get(key)
    sums.set(key, before === undefined ? state : { ...state, counters: sum(before.counters, state.counters) })
  }
  return [...sums.values()]
}

/** One account for each transport. */
export function sumAccounts(accounts: readonly Account[]): readonly Account[] {
  const sums = new Map<Account['transport'], Account>()
  for (const { transport, taken, stored } of accounts) {
    const before = sums.get(transport) ?? { transport, taken: 0, stored: 0 }
    sums.set(transport, { transport, taken: before.taken + taken, stored: before.stored + stored })
  }
  return [...sums.values()]
}

type Tree = { readonly [name: string]: number | Tree }

function sum(a: Counters, b: Counters): Counters {
  // what is added up has the shape of what came in
  return addTrees(a, b) as Counters
}

function addTrees(a: Tree, b: Tree): Tree {
  return Object.fromEntries(
    Object.entries(a).map(([name, value]) => {
      const other = b[name]
      if (typeof value === 'number') return [name, value + (typeof other === 'number' ? other : 0)]
      return [name, typeof other === 'object' ? addTrees(value, other) : value]
    }),
  )
}
