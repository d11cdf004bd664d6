// picket doctor: what is wrong with this installation, and what to do about it.
import { styleText } from 'node:util'
import type { Command } from 'commander'
import { visible } from '../base/visible.ts'
import { type Cli, createCommand } from './cli.ts'
import { addDataOptions, type ConfigOptions } from './config-option.ts'
import type { Diagnosis } from './doctor-diagnosis.ts'

type Options = ConfigOptions & { readonly mail?: true; readonly deep?: true }

export function doctorCommand(cli: Cli): Command {
  const { io, exit } = cli
  const command = createCommand('doctor', 'look for what is wrong with this installation', [
    ['as the service account', 'doctor'],
    ['with a login at the mail server, and every stored record', 'doctor --mail --deep'],
  ])
    .option('--mail', 'connect to the mail server and log in; sends nothing')
    .option('--deep', 'check every day file instead of the newest one; reads everything')
  return addDataOptions(command)
    .addHelpText(
      'after',
      '\nEach line is ok, a warning or an error, with the way to mend it below. Exit code 1: there is an error.',
    )
    .action(async (options: Options) => {
      const { diagnose } = await import('./doctor-diagnosis.ts')
      let errors = 0
      let warnings = 0
      for await (const found of diagnose(options, cli)) {
        if (found.level === 'error') errors++
        if (found.level === 'warning') warnings++
        await io.out(printDiagnosis(found, io.color))
      }
      io.err(`${errors} errors, ${warnings} warnings\n`)
      if (errors > 0) exit(1)
    })
}

const colors = { ok: 'green', warning: 'yellow', error: 'red' } as const

function printDiagnosis({ level, text, fix }: Diagnosis, color: boolean): string {
  const word = level.padEnd(7)
  const painted = color ? styleText(colors[level], word, { validateStream: false }) : word
  return `${painted} ${visible(text)}\n${fix === undefined ? '' : `        → ${visible(fix)}\n`}`
}
