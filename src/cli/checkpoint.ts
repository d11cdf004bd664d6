// picket checkpoint: the line to keep elsewhere.
import type { Command } from 'commander'
import { PicketError } from '../base/errors.ts'
import { type Cli, createCommand } from './cli.ts'
import { addDataOptions, type ConfigOptions, dataDirFor } from './config-option.ts'

export function checkpointCommand({ io }: Cli): Command {
  const command = createCommand('checkpoint', 'print a line that fixes what is stored now; keep it elsewhere', [
    ['on paper, in another machine’s log, in a repository', 'checkpoint'],
  ])
  return addDataOptions(command)
    .addHelpText('after', '\n`picket verify --checkpoint FILE` compares. Mails have a checkpoint at their foot.')
    .action(async (options: ConfigOptions) => {
      const { newestCheckpoint, printCheckpoint } = await import('../store/sqlite/integrity/checkpoint.ts')
      const dataDir = dataDirFor(options, io)
      const checkpoint = newestCheckpoint(dataDir)
      if (checkpoint === undefined) throw new PicketError('NOT_FOUND', `nothing is stored in ${dataDir} yet`)
      await io.out(`${printCheckpoint(checkpoint)}\n`)
    })
}
