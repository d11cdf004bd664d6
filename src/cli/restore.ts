// picket restore: a backup into an empty data folder.
import { userInfo } from 'node:os'
import type { Command } from 'commander'
import { byteSize } from './byte-size.ts'
import { type Cli, createCommand } from './cli.ts'
import { addDataOptions, type ConfigOptions, loadConfigFor } from './config-option.ts'
import { createProgress } from './progress.ts'

type Options = ConfigOptions & { readonly skipDamaged?: true }

export function restoreCommand({ io, engine, exit }: Cli): Command {
  const command = createCommand('restore', 'bring a backup back into an empty data folder', [
    ['as the service account, so that the files are its own', 'restore /backup/picket --data /var/lib/picket'],
    ['what is left of a damaged backup', 'restore /backup/picket --data /srv/picket --skip-damaged'],
  ])
    .argument('<dir>', 'folder of the backup')
    .option('--skip-damaged', 'leave out damaged files instead of refusing')
  return addDataOptions(command)
    .addHelpText(
      'after',
      [
        '\nStop Picket and move the old data folder away first. Every file is compared with its SHA-256 from when the backup',
        'was made, and checked. Accounts and tokens are those of the backup; everybody has to log in again.',
        'Exit code 1: damaged files were left out.',
      ].join('\n'),
    )
    .action(async (dir: string, { skipDamaged, ...options }: Options) => {
      const { dataDir } = loadConfigFor(options, io).config
      const progress = createProgress(io)
      const result = await engine.restoreBackup(dir, dataDir, {
        signal: io.signal,
        now: io.clock.now,
        skipDamaged: skipDamaged === true,
        by: `cli:${userInfo().username}`,
        onFile: (step, name, bytes) => progress(`${step} ${name} (${byteSize(bytes)})`, bytes),
      })
      const { records, days, bytes, from, to, hasState, backedUpAt, skipped } = result
      const range = from === undefined || to === undefined ? '' : `, received ${iso(from)} to ${iso(to)}`
      await io.out(`${records} records of ${days} days restored (${byteSize(bytes)})${range}\n`)
      for (const name of skipped) io.err(`picket: ${name} is damaged and left out\n`)
      if (!hasState) io.err('picket: accounts and alerts are not in this backup; hits raise their alerts again\n')
      const when = backedUpAt === null ? 'the backup was never completed' : `the backup was made at ${backedUpAt}`
      io.err(`picket: ${when}; what was received later is not in it\n`)
      if (skipped.length > 0) exit(1)
    })
}

function iso(at: number): string {
  return new Date(at).toISOString()
}
