// picket serve: the service.
import type { Command } from 'commander'
import { createLog } from '../base/log.ts'
import { printFinding } from '../config/finding.ts'
import { type Cli, createCommand } from './cli.ts'
import { addDataOptions, type ConfigOptions, loadConfigFor } from './config-option.ts'

export function serveCommand({ io, engine }: Cli): Command {
  const command = createCommand('serve', 'receive, store, search and alert until stopped', [
    ['everything with defaults, data under ./data', 'serve'],
    ['as the system service does', 'serve --config /etc/picket/picket.yaml'],
  ])
  return addDataOptions(command)
    .addHelpText(
      'after',
      '\nSIGTERM and Ctrl-C stop it: what has arrived is stored first. SIGHUP reads rules and certificates again.',
    )
    .action(async (options: ConfigOptions) => {
      const { config, warnings } = loadConfigFor(options, io)
      const log = createLog(config.log.level)
      for (const warning of warnings) log.warn({}, printFinding(warning))
      const load = () => loadConfigFor(options, io).config
      await engine.serve(config, { log, signal: io.signal, load, onHangup: io.onHangup })
    })
}
