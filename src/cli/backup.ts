// picket backup: the data folder into another folder, beside a running service.
import { statSync } from 'node:fs'
import type { Command } from 'commander'
import { visible } from '../base/visible.ts'
import { byteSize } from './byte-size.ts'
import { type Cli, createCommand } from './cli.ts'
import { addDataOptions, type ConfigOptions, dataDirFor } from './config-option.ts'
import { createProgress } from './progress.ts'

type Options = ConfigOptions & { readonly prune?: true }

export function backupCommand({ io, engine, exit }: Cli): Command {
  const command = createCommand('backup', 'copy the stored data while Picket runs', [
    ['every night, from cron or a systemd timer', 'backup /backup/picket'],
    ['look into it', "search 'host:web01' --data /backup/picket"],
    ['keep no longer than the data folder does', 'backup /backup/picket --prune'],
  ])
    .argument('<dir>', 'folder of the backup; made when it is missing')
    .option('--prune', 'remove days that the data folder no longer has')
  return addDataOptions(command)
    .addHelpText(
      'after',
      [
        '\nOnly files that changed since the last run are copied. Each copy is checked before it replaces the old one, so a',
        'full disk or a kill leaves a whole backup. It holds password hashes and all messages: keep the folder private.',
        'Exit code 3: something could not be copied; its old copy is as it was.',
      ].join('\n'),
    )
    .action(async (dir: string, { prune, ...options }: Options) => {
      const dataDir = dataDirFor(options, io)
      const progress = createProgress(io)
      const result = await engine.backUp(dataDir, dir, {
        signal: io.signal,
        now: io.clock.now,
        prune: prune === true,
        onFile: (name, bytes) => progress(`copying ${name} (${byteSize(bytes)})`, bytes),
      })
      for (const { name, reason } of result.failed) io.err(`picket: ${name} is not copied: ${visible(reason)}\n`)
      const { copied, copiedBytes, unchanged, pruned, older, days, records, bytes } = result
      await io.out(
        `${copied} files copied (${byteSize(copiedBytes)}), ${unchanged} unchanged, ${result.failed.length} failed, ${pruned} removed\n` +
          `the backup holds ${records} records of ${days} days (${byteSize(bytes)})\n`,
      )
      if (older > 0)
        io.err(
          `picket: ${older} days are no longer in the data folder; they stay in the backup (--prune removes them)\n`,
        )
      if (statSync(dir).dev === statSync(dataDir).dev)
        io.err('picket: the backup is on the same file system as the data: copy it to another machine\n')
      if (result.failed.length > 0) exit(3)
    })
}
