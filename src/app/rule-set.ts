// The rules in use: read from their folders, told of in the log, known by id to alerting and the web.
import { basename, join, relative } from 'node:path'
import type { Log } from '../base/log.ts'
import type { Metrics } from '../base/metrics.ts'
import type { Config } from '../config/schema.ts'
import { compileRules, printFinding, type RuleFiles, readRules } from '../detect/rules.ts'
import type { RuleInfo } from '../model/rule.ts'

/** The rules that Picket ships, used when rules.dirs names no folder. */
const shippedRules = join(import.meta.dirname, '../../rules.d')

export type RuleSet = {
  /** For people: `file` is relative to its rule folder. */
  readonly infos: readonly RuleInfo[]
  infoOf(id: string): RuleInfo | undefined
  /** `file:line:col reason` of everything that should be mended. */
  readonly problems: readonly string[]
}

/** Rule files as text, with the folders they came from. */
export type RuleTexts = RuleFiles & { readonly paths: readonly string[] }

/** Reads the rule folders; the intake threads compile the sources for themselves. */
export function readRuleTexts(config: Config['rules']): RuleTexts {
  const paths = config.dirs.length > 0 ? config.dirs : [shippedRules]
  return { ...readRules(paths), paths }
}

/** Compiles the rules for those who show and name them. A bad file is a problem; the other rules run. */
export function createRuleSet({ paths, sources, findings }: RuleTexts, metrics: Metrics, log: Log): RuleSet {
  const compiled = compileRules(sources)
  const all = [...findings, ...compiled.findings]
  const problems = all.filter(({ severity }) => severity !== 'info').map(printFinding)
  for (const problem of problems) log.warn({}, `rule: ${problem}`)
  metrics.set('picket_rules_loaded', {}, compiled.rules.length)
  metrics.set('picket_rules_invalid', {}, all.filter(({ severity }) => severity === 'error').length)
  const shownFiles = new Map(
    sources.map(({ file, layer }) => [file, relative(paths[layer] ?? '', file) || basename(file)]),
  )
  const infos = compiled.rules.map(({ info }) => ({ ...info, file: shownFiles.get(info.file) ?? info.file }))
  const byId = new Map(infos.map(info => [info.id, info]))
  return { infos, infoOf: id => byId.get(id), problems }
}
