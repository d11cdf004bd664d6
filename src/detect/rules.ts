// Rule folders → compiled rules. A bad file is reported and the others run; a later folder overrides a rule by its id.
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { type Finding, RuleError, type Warn } from './finding.ts'
import { isFed } from './log-source.ts'
import type { Variables } from './modifiers.ts'
import { maxFileBytes, parseRuleFile } from './rule-file.ts'
import { type CompiledRule, compileDocument } from './sigma.ts'
import { witnessesOf } from './witness.ts'

export { printFinding } from './finding.ts'
export type { CompiledRule } from './sigma.ts'

/** A rule file as text: plain data that other threads compile for themselves. */
export type RuleSource = {
  readonly file: string
  readonly text: string
  /** Number of the folder it comes from; a higher one overrides. */
  readonly layer: number
}

type CompileOptions = { readonly variables?: Variables }

export type CompiledRules = { readonly rules: readonly CompiledRule[]; readonly findings: readonly Finding[] }

const maxRules = 50_000
const maxFiles = 50_000
const maxFolderDepth = 16

export type RuleFiles = { readonly sources: readonly RuleSource[]; readonly findings: readonly Finding[] }

/** Reads and compiles rule files; see readRules and compileRules. */
export function loadRules(paths: readonly string[], options: CompileOptions = {}): CompiledRules & RuleFiles {
  const { sources, findings } = readRules(paths)
  const compiled = compileRules(sources, options)
  return { sources, rules: compiled.rules, findings: [...findings, ...compiled.findings] }
}

/** Reads the `*.yml` and `*.yaml` of folders (with their subfolders) or single files, less `*.test.yml`. */
export function readRules(paths: readonly string[]): RuleFiles {
  const findings: Finding[] = []
  const sources = paths.flatMap((path, layer) => {
    const unreadable = (file: string, error: unknown) => {
      const reason = error instanceof Error ? error.message : String(error)
      findings.push({
        file,
        line: 1,
        column: 1,
        severity: 'error',
        code: 'unreadable',
        message: `cannot be read: ${reason}`,
      })
    }
    return filesOf(path, unreadable).flatMap((file): RuleSource[] => {
      try {
        if (statSync(file).size > maxFileBytes) throw new Error('the file is larger than 1 MiB')
        return [{ file, text: readFileSync(file, 'utf8'), layer }]
      } catch (error) {
        unreadable(file, error)
        return []
      }
    })
  })
  return { sources, findings }
}

/** Compiles rule files. Findings come in the order of the files; rules without an error run. */
export function compileRules(sources: readonly RuleSource[], options: CompileOptions = {}): CompiledRules {
  const steps = compileSteps(sources, options)
  for (;;) {
    const step = steps.next()
    if (step.done === true) return step.value
  }
}

/** The same in steps of one file, for a thread that has other things to do in between. */
export function* compileSteps(
  sources: readonly RuleSource[],
  options: CompileOptions = {},
): Generator<undefined, CompiledRules> {
  const findings: Finding[] = []
  const rules = new Map<string, { readonly rule: CompiledRule; readonly layer: number }>()
  for (const { file, text, layer } of sources) {
    yield
    const parsed = parseRuleFile(file, text)
    findings.push(...parsed.findings)
    for (const document of parsed.documents) {
      const warn: Warn = (at, severity, code, message) => {
        findings.push({ file, line: at.line, column: at.column, severity, code, message })
      }
      try {
        const rule = compileDocument(file, document, options.variables ?? {}, warn)
        if (rule === undefined) continue
        const other = rules.get(rule.info.id)
        if (other !== undefined && other.layer === layer) {
          throw new RuleError(rule.at, 'id', `a rule "${rule.info.id}" exists already, in ${other.rule.info.file}`)
        }
        if (rules.size >= maxRules) throw new RuleError(rule.at, 'limit', `more than ${maxRules} rules`)
        if (!isFed(rule.logSource)) {
          warn(
            rule.at,
            'info',
            'logsource',
            `"${rule.info.title}" speaks of a log source that no record belongs to yet`,
          )
        } else if (witnessesOf(rule.query, rule.logSource).length === 0) {
          warn(
            rule.at,
            'info',
            'cost',
            `"${rule.info.title}" looks for no certain text, so it is tried on every record`,
          )
        }
        rules.set(rule.info.id, { rule, layer })
      } catch (error) {
        if (!(error instanceof RuleError)) throw error
        findings.push({
          file,
          line: error.at.line,
          column: error.at.column,
          severity: 'error',
          code: error.code,
          message: error.message,
        })
      }
    }
  }
  return { rules: [...rules.values()].map(({ rule }) => rule), findings }
}

/** The rule files below a path, in the order of their names. */
function filesOf(path: string, unreadable: (file: string, error: unknown) => void): readonly string[] {
  try {
    if (!statSync(path).isDirectory()) return [path]
    const files = readdirSync(path, { recursive: true, withFileTypes: true })
      .filter(item => item.isFile() && isRuleFile(item.name))
      .map(item => join(item.parentPath, item.name))
      .filter(file => file.slice(path.length).split('/').length <= maxFolderDepth)
      .sort()
    if (files.length > maxFiles) throw new Error(`more than ${maxFiles} files`)
    return files
  } catch (error) {
    unreadable(path, error)
    return []
  }
}

const isRuleFile = (file: string) =>
  /\.ya?ml$/.test(file) && !/\.test\.ya?ml$/.test(file) && !basename(file).startsWith('.')
