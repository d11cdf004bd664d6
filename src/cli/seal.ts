// picket seal: makes the key whose successors authenticate the chain, and shows it once.
import type { Command } from 'commander'
import { type Cli, createCommand } from './cli.ts'
import { addDataOptions, type ConfigOptions, dataDirFor } from './config-option.ts'

type Options = ConfigOptions & { readonly again?: true }

export function sealCommand({ io }: Cli): Command {
  const command = createCommand('seal', 'seal the chain with a key that somebody else keeps', [
    ['with the service stopped; hand the line to somebody who is not root here', 'seal'],
  ])
  return addDataOptions(command)
    .option('--again', 'begin anew with another key')
    .addHelpText('after', '\nThe key is shown once and not stored. `picket verify --seal-key FILE` checks with it.')
    .action(async (options: Options) => {
      const [{ lockDataDir }, { printSealKey, startRatchet }] = await Promise.all([
        import('../store/sqlite/lock.ts'),
        import('../store/sqlite/integrity/ratchet.ts'),
      ])
      const dataDir = dataDirFor(options, io)
      using _lock = lockDataDir(dataDir)
      await io.out(`${printSealKey(startRatchet(dataDir, { again: options.again === true }))}\n`)
      io.err('This line is not shown again. Keep it where nobody who is root here can read it.\n')
    })
}
