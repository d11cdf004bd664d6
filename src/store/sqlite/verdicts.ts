// What is known of the rows of a block without making records: three values, joined like truth values.

export const no = 0
/** Only the predicate, given the record, can tell. */
export const unknown = 1
export const yes = 2
export type Verdict = typeof no | typeof unknown | typeof yes

/** One verdict per row, or one for all rows. Given away: whoever gets one may write into it. */
export type Verdicts = Verdict | Uint8Array

/** The least of both, row by row. */
export function both(a: Verdicts, b: Verdicts): Verdicts {
  if (typeof a === 'number') return typeof b === 'number' ? (Math.min(a, b) as Verdict) : atMost(b, a)
  if (typeof b === 'number') return atMost(a, b)
  for (let i = 0; i < a.length; i++) if ((b[i] as number) < (a[i] as number)) a[i] = b[i] as number
  return a
}

/** The greatest of both, row by row. */
export function either(a: Verdicts, b: Verdicts): Verdicts {
  if (typeof a === 'number') return typeof b === 'number' ? (Math.max(a, b) as Verdict) : atLeast(b, a)
  if (typeof b === 'number') return atLeast(a, b)
  for (let i = 0; i < a.length; i++) if ((b[i] as number) > (a[i] as number)) a[i] = b[i] as number
  return a
}

export function opposite(a: Verdicts): Verdicts {
  if (typeof a === 'number') return (yes - a) as Verdict
  for (let i = 0; i < a.length; i++) a[i] = yes - (a[i] as number)
  return a
}

/** True when no row can match. */
export function isNever(verdicts: Verdicts): boolean {
  return typeof verdicts === 'number' ? verdicts === no : verdicts.every(isNo)
}

function isNo(verdict: number): boolean {
  return verdict === no
}

function atMost(a: Uint8Array, bound: Verdict): Verdicts {
  if (bound === yes) return a
  if (bound === no) return no
  for (let i = 0; i < a.length; i++) if ((a[i] as number) > bound) a[i] = bound
  return a
}

function atLeast(a: Uint8Array, bound: Verdict): Verdicts {
  if (bound === no) return a
  if (bound === yes) return yes
  for (let i = 0; i < a.length; i++) if ((a[i] as number) < bound) a[i] = bound
  return a
}
