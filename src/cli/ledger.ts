// picket ledger: the books of a data folder. What was received, and what became of it.
import type { Command } from 'commander'
import { PicketError } from '../base/errors.ts'
import { differenceOf, loadBooks, noSums, type Sums } from '../store/ledger-file.ts'
import { type Cli, createCommand } from './cli.ts'
import { addDataOptions, type ConfigOptions, dataDirFor } from './config-option.ts'

type Options = ConfigOptions & { readonly json?: true }

export function ledgerCommand({ io, exit }: Cli): Command {
  const command = createCommand('ledger', 'what was received, and what became of every message', [
    ['the books of the system, at most a second old', 'ledger'],
    ['of another folder, for a script', 'ledger --data /var/lib/picket --json'],
  ])
  return addDataOptions(command)
    .option('--json', 'one JSON object instead of a table')
    .addHelpText('after', '\nExit code 1: the books do not balance, which is a bug.')
    .action(async (options: Options) => {
      const dataDir = dataDirFor(options, io)
      const books = loadBooks(dataDir)
      if (books === undefined) throw new PicketError('NOT_FOUND', `there are no books in ${dataDir} yet`)
      const listeners = Object.entries(books.sums)
      const total: Sums = { ...noSums }
      for (const [, sums] of listeners)
        for (const [name, count] of Object.entries(sums)) total[name as keyof Sums] += count
      const rows = [...listeners, ['total', total] as const]
      const difference = listeners.reduce((sum, [, sums]) => sum + Math.abs(differenceOf(sums)), 0)
      const { since, at, crashes, closed } = books
      await io.out(
        options.json
          ? `${JSON.stringify({ since: iso(since), at: iso(at), closed, crashes, difference, listeners: books.sums, total })}\n`
          : `${table(rows)}since ${iso(since)}, noted ${iso(at)}${closed ? ' at an orderly stop' : ''}; difference ${difference}${
              crashes === 0
                ? ''
                : `\n${crashes} ends were no orderly stops: what arrived up to a second before each is here only when it was stored`
            }\n`,
      )
      if (difference !== 0) exit(1)
    })
}

/** A column per listener, a line per place that a message can be in. */
function table(rows: readonly (readonly [string, Sums])[]): string {
  const names = Object.keys(noSums) as (keyof Sums)[]
  const lines = [
    ['', ...rows.map(([name]) => name)],
    ...names.map(name => [name.replaceAll('_', ' '), ...rows.map(([, sums]) => String(sums[name]))]),
  ]
  const widths = rows.map((_, n) => Math.max(...lines.map(line => (line[n + 1] ?? '').length)))
  const first = Math.max(...lines.map(([name = '']) => name.length))
  return lines
    .map(
      ([name = '', ...cells]) =>
        `${name.padEnd(first)}  ${cells.map((cell, n) => cell.padStart(widths[n] ?? 0)).join('  ')}\n`,
    )
    .join('')
}

function iso(at: number): string {
  return new Date(at).toISOString()
}
