// The rules in use: read from their folders, told of in the log, known by id to alerting and the web. They can be read
// again: a file that has a mistake then stays as it was when it had none.
import { basename, join, relative } from 'node:path'
import type { Log } from '../base/log.ts'
import type { Metrics } from '../base/metrics.ts'
import type { Config } from '../config/schema.ts'
import {
  type CompiledRules,
  compileRules,
  printFinding,
  type RuleFiles,
  type RuleSource,
  readRules,
} from '../detect/rules.ts'
import type { RuleInfo } from '../model/rule.ts'

/** The rules that Picket ships, used when rules.dirs names no folder. */
const shippedRules = join(import.meta.dirname, '../../rules.d')

export type RuleSet = {
  /** For people: `file` is relative to its rule folder. */
  readonly infos: readonly RuleInfo[]
  infoOf(id: string): RuleInfo | undefined
  /** `file:line:col reason` of everything that should be mended. */
  readonly problems: readonly string[]
  /** Reads the folders again. Returns what the intake threads have to compile, or undefined when it is the same as before. */
  reload(config: Config['rules']): readonly RuleSource[] | undefined
}

/** Rule files as text, with the folders they came from. */
export type RuleTexts = RuleFiles & { readonly paths: readonly string[] }

/** Reads the rule folders; the intake threads compile the sources for themselves. */
export function readRuleTexts(config: Config['rules']): RuleTexts {
  const paths = config.dirs.length > 0 ? config.dirs : [shippedRules]
  return { ...readRules(paths), paths }
}

/** Compiles the rules for those who show and name them. A bad file is a problem; the other rules run. */
export function createRuleSet(texts: RuleTexts, metrics: Metrics, log: Log): RuleSet {
  let inUse: readonly RuleSource[] = []
  /** The newest version of each file that has no mistake. */
  let good: ReadonlyMap<string, RuleSource> = new Map()
  let infos: readonly RuleInfo[] = []
  let byId: ReadonlyMap<string, RuleInfo> = new Map()
  let problems: readonly string[] = []

  function use(read: RuleTexts): void {
    const asRead = compileRules(read.sources)
    const findings = [...read.findings, ...asRead.findings]
    const broken = new Set(findings.filter(({ severity }) => severity === 'error').map(({ file }) => file))
    const kept = keptVersions(read, broken, good)
    inUse = inOrder([...read.sources.filter(({ file }) => !kept.has(file)), ...kept.values()])
    good = new Map([...byFile(read.sources.filter(({ file }) => !broken.has(file))), ...kept])
    tell(findings, kept)
    show(kept.size === 0 ? asRead.rules : compileRules(inUse).rules, read.paths)
  }

  function tell(findings: CompiledRules['findings'], kept: ReadonlyMap<string, RuleSource>): void {
    problems = findings
      .filter(({ severity }) => severity !== 'info')
      .map(finding => printFinding(finding) + (kept.has(finding.file) ? ' (the version before is in use)' : ''))
    for (const problem of problems) log.warn({}, `rule: ${problem}`)
    metrics.set('picket_rules_invalid', {}, findings.filter(({ severity }) => severity === 'error').length)
  }

  function show(rules: CompiledRules['rules'], paths: readonly string[]): void {
    const shownFiles = new Map(
      inUse.map(({ file, layer }) => [file, relative(paths[layer] ?? '', file) || basename(file)]),
    )
    infos = rules.map(({ info }) => ({ ...info, file: shownFiles.get(info.file) ?? info.file }))
    byId = new Map(infos.map(info => [info.id, info]))
    metrics.set('picket_rules_loaded', {}, rules.length)
  }

  use(texts)
  return {
    get infos() {
      return infos
    },
    infoOf: id => byId.get(id),
    get problems() {
      return problems
    },
    reload(config) {
      const before = inUse
      use(readRuleTexts(config))
      return isSame(before, inUse) ? undefined : inUse
    },
  }
}

/** The good versions, by file, of files that are broken now or lie in a folder that cannot be read now. */
function keptVersions(
  { sources, paths }: RuleTexts,
  broken: ReadonlySet<string>,
  good: ReadonlyMap<string, RuleSource>,
): ReadonlyMap<string, RuleSource> {
  const read = byFile(sources)
  const kept = [...good.values()].flatMap((source): RuleSource[] => {
    const layer = paths.findLastIndex(path => isBelow(source.file, path))
    const isBroken = broken.has(source.file) || broken.has(paths[layer] ?? '')
    return layer >= 0 && isBroken && read.get(source.file)?.text !== source.text ? [{ ...source, layer }] : []
  })
  return byFile(kept)
}

function byFile(sources: readonly RuleSource[]): ReadonlyMap<string, RuleSource> {
  return new Map(sources.map(source => [source.file, source]))
}

function isBelow(file: string, path: string): boolean {
  const between = relative(path, file)
  return between !== '..' && !between.startsWith('../')
}

/** The order of readRules: by folder, then by name. */
function inOrder(sources: readonly RuleSource[]): readonly RuleSource[] {
  return sources.toSorted((a, b) => a.layer - b.layer || (a.file < b.file ? -1 : 1))
}

function isSame(before: readonly RuleSource[], after: readonly RuleSource[]): boolean {
  const print = (sources: readonly RuleSource[]) =>
    JSON.stringify(sources.map(({ file, text, layer }) => [file, text, layer]))
  return print(before) === print(after)
}
