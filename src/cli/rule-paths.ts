// Rule files and folders given on the command line, else those of the configuration.
import { existsSync } from 'node:fs'
import { PicketError } from '../base/errors.ts'
import type { Variables } from '../detect/modifiers.ts'
import type { Cli } from './cli.ts'
import { type ConfigOptions, loadConfigFor } from './config-option.ts'

export type RuleOptions = ConfigOptions & { readonly rules?: readonly string[] }

/** The paths to load. Errors: NOT_FOUND for a given path that does not exist. */
export function rulePaths(options: RuleOptions, { io, engine }: Cli): readonly string[] {
  const { rules: given } = options
  const missing = given?.find(path => !existsSync(path))
  if (missing !== undefined) throw new PicketError('NOT_FOUND', `there is no rule file or folder ${missing}`)
  if (given !== undefined && given.length > 0) return given
  const { dirs } = loadConfigFor(options, io).config.rules
  return dirs.length > 0 ? dirs : [engine.builtInRules]
}

/** Loads rules and prints every finding; exit code 1 when a rule has an error. Returns what runs. */
export async function reportRules(paths: readonly string[], { io, exit }: Cli, variables: Variables = {}) {
  const { loadRules, printFinding } = await import('../detect/rules.ts')
  const loaded = loadRules(paths, { variables })
  for (const finding of loaded.findings) await io.out(`${printFinding(finding)}\n`)
  const errors = loaded.findings.filter(finding => finding.severity === 'error').length
  if (errors > 0) exit(1)
  io.err(`${loaded.rules.length} rules run, ${errors} errors, ${loaded.findings.length - errors} remarks\n`)
  return loaded
}
