// What the rest of Picket knows of a rule: its name and rank. How it matches is detect's business.

export const levels = ['informational', 'low', 'medium', 'high', 'critical'] as const
export type Level = (typeof levels)[number]

export type RuleInfo = {
  /** Sigma `id`, else `name`, else the title. Unique among loaded rules. */
  readonly id: string
  /** Sigma `name`, by which correlations and `picket rules match` speak of the rule. */
  readonly name?: string | undefined
  readonly title: string
  readonly level: Level
  readonly description?: string | undefined
  readonly falsePositives: readonly string[]
  /** ATT&CK technique ids, `T1059.004`. */
  readonly techniques: readonly string[]
  /** What to do next, in words (`picket.next` of the rule file). */
  readonly nextSteps?: string | undefined
  /** File that the rule was read from. */
  readonly file: string
  readonly enabled: boolean
}
