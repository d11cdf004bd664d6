// picket ledger: the books of a data folder, or of a running Picket. What was received, and what became of it.
import type { Command } from 'commander'
import { PicketError } from '../base/errors.ts'
import { type LedgerJson, noSums, printBooks, type Sums } from '../model/books.ts'
import { loadBooks } from '../store/ledger-file.ts'
import { fetchLedger } from './api.ts'
import { type Cli, createCommand } from './cli.ts'
import { addDataOptions, type ConfigOptions, dataDirFor } from './config-option.ts'
import type { Io } from './io.ts'

type Options = ConfigOptions & { readonly json?: true; readonly url?: string }

export function ledgerCommand({ io, exit }: Cli): Command {
  const command = createCommand('ledger', 'what was received, and what became of every message', [
    ['the books of the system, at most a second old', 'ledger'],
    ['of another folder, for a script', 'ledger --data /var/lib/picket --json'],
    ['of a running Picket, with a token in PICKET_TOKEN', 'ledger --url https://picket.example.com'],
  ])
    .option('--url <url>', 'ask a running Picket instead of reading a data folder')
    .option('--json', 'one JSON object instead of a table')
  return addDataOptions(command)
    .addHelpText('after', '\nExit code 1: the books do not balance, which is a bug.')
    .action(async (options: Options) => {
      const ledger = options.url === undefined ? readLedger(options, io) : await fetchLedger(options.url, io)
      await io.out(options.json ? `${JSON.stringify(ledger)}\n` : printLedger(ledger))
      if (ledger.difference !== 0) exit(1)
    })
}

function readLedger(options: Options, io: Io): LedgerJson {
  const dataDir = dataDirFor(options, io)
  const books = loadBooks(dataDir)
  if (books === undefined) throw new PicketError('NOT_FOUND', `there are no books in ${dataDir} yet`)
  return printBooks(books)
}

function printLedger({ since, at, closed, crashes, difference, listeners, total }: LedgerJson): string {
  const noted = `since ${since}, noted ${at}${closed ? ' at an orderly stop' : ''}; difference ${difference}\n`
  const ends = `${crashes} ends were no orderly stops: what arrived up to a second before each is here only when it was stored\n`
  return `${table([...Object.entries(listeners), ['total', total]])}${noted}${crashes === 0 ? '' : ends}`
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
