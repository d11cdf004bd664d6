// The rules in use: read from their folders, told of in the log, known by id to alerting and the web.
import { basename, join, relative } from 'node:path'
import type { Log } from '../base/log.ts'
import type { Metrics } from '../base/metrics.ts'
import type { Config } from '../config/schema.ts'
import { loadRules, printFinding, type RuleSource } from '../detect/rules.ts'
import type { RuleInfo } from '../model/rule.ts'

/** The rules that Picket ships, used when rules.dirs names no folder. */
const shippedRules = join(import.meta.dirname, '../../rules.d')

export type RuleSet = {
  /** For the intake threads, which compile for themselves. */
  readonly sources: readonly RuleSource[]
  /** For people: `file` is relative to its rule folder. */
  readonly infos: readonly RuleInfo[]
  infoOf(id: string): RuleInfo | undefined
  /** `file:line:col reason` of everything that should be mended. */
  readonly problems: readonly string[]
}

/** Reads the rule folders. A bad file is a problem; the other rules run. */
export function loadRuleSet(config: Config['rules'], metrics: Metrics, log: Log): RuleSet {
  const paths = config.dirs.length > 0 ? config.dirs : [shippedRules]
  const { sources, rules, findings } = loadRules(paths)
  const problems = findings.filter(({ severity }) => severity !== 'info').map(printFinding)
  for (const problem of problems) log.warn({}, `rule: ${problem}`)
  metrics.set('picket_rules_loaded', {}, rules.length)
  metrics.set('picket_rules_invalid', {}, findings.filter(({ severity }) => severity === 'error').length)
  const shownFiles = new Map(
    sources.map(({ file, layer }) => [file, relative(paths[layer] ?? '', file) || basename(file)]),
  )
  const infos = rules.map(({ info }) => ({ ...info, file: shownFiles.get(info.file) ?? info.file }))
  const byId = new Map(infos.map(info => [info.id, info]))
  return { sources, infos, infoOf: id => byId.get(id), problems }
}
