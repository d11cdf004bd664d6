// What is wrong with a rule file, and where: the one form that `picket check`, the log and the web show.

export type Finding = {
  readonly file: string
  /** 1-based; columns count UTF-16 units. */
  readonly line: number
  readonly column: number
  /** `error`: the rule does not run. `warning`: it runs, and probably not as meant. `info`: advice. */
  readonly severity: 'error' | 'warning' | 'info'
  /** One word for the kind of mistake: yaml, title, logsource, modifier, value, regex, condition, query, … */
  readonly code: string
  readonly message: string
}

export type Position = { readonly line: number; readonly column: number }

/** Takes what does not stop a rule. */
export type Warn = (at: Position, severity: Finding['severity'], code: string, message: string) => void

/** One line: `rules.d/web/jndi.yml:14:9 [modifier] unknown modifier "containz" (did you mean "contains"?)`. */
export function printFinding(finding: Finding): string {
  return `${finding.file}:${finding.line}:${finding.column} [${finding.code}] ${finding.message}`
}

/** A mistake found deep inside one rule: thrown by the compiler's steps, caught once per document in rules.ts. */
export class RuleError extends Error {
  readonly at: Position
  readonly code: string

  constructor(at: Position, code: string, message: string) {
    super(message)
    this.name = 'RuleError'
    this.at = at
    this.code = code
  }
}

/** ` (did you mean "x"?)` for the known word nearest to `word`, or '' when none is near. */
export function didYouMean(word: string, known: Iterable<string>): string {
  let best: string | undefined
  let bestDistance = Math.max(1, Math.floor(word.length / 3)) + 1
  for (const candidate of known) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase())
    if (distance < bestDistance) {
      best = candidate
      bestDistance = distance
    }
  }
  return best === undefined ? '' : ` (did you mean "${best}"?)`
}

/** Edit distance in which two swapped letters are one edit; words over 64 characters are far from everything. */
function editDistance(a: string, b: string): number {
  if (a.length > 64 || b.length > 64) return 64
  const rows = [Array.from({ length: b.length + 1 }, (_, j) => j)]
  const at = (i: number, j: number) => rows[i]?.[j] ?? 64
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    rows.push(row)
    for (let j = 1; j <= b.length; j++) {
      const change = at(i - 1, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1)
      const swap = a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? at(i - 2, j - 2) + 1 : 64
      row.push(Math.min(change, at(i - 1, j) + 1, at(i, j - 1) + 1, swap))
    }
  }
  return at(a.length, b.length)
}
