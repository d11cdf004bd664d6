// picket check: configuration and rules, every finding with its place.

import type { Command } from 'commander'
import { ConfigError, printFinding } from '../config/finding.ts'
import type { LoadedConfig } from '../config/load.ts'
import { printConfig } from '../config/print.ts'
import { type Cli, createCommand } from './cli.ts'
import { addConfigOption, type ConfigOptions, loadConfigFor } from './config-option.ts'
import { reportRules } from './rule-paths.ts'

type Options = ConfigOptions & { readonly print?: true }

export function checkCommand(cli: Cli): Command {
  const command = createCommand('check', 'check the configuration and the rules', [
    ['the configuration of the system', 'check'],
    ['before a restart, and the values in force', 'check --config /etc/picket/picket.yaml --print'],
  ])
  return addConfigOption(command)
    .option('--print', 'print the configuration in force')
    .addHelpText(
      'after',
      '\nEvery finding is one line: file:line:column reason. Exit code 0: fine, 1: findings, 2: unreadable.',
    )
    .action(async (options: Options) => {
      const loaded = await loadOrReport(options, cli)
      if (loaded === undefined) return
      for (const warning of loaded.warnings) await cli.io.out(`${printFinding(warning)}\n`)
      if (loaded.warnings.length > 0) cli.exit(1)
      if (options.print) await cli.io.out(printConfig(loaded.config))
      const { dirs } = loaded.config.rules
      await reportRules(dirs.length > 0 ? dirs : [cli.engine.builtInRules], cli)
    })
}

async function loadOrReport(options: ConfigOptions, { io, exit }: Cli): Promise<LoadedConfig | undefined> {
  try {
    return loadConfigFor(options, io)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    for (const finding of error.findings) await io.out(`${printFinding(finding)}\n`)
    exit(1)
    return undefined
  }
}
