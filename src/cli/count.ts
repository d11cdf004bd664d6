// picket count: the commonest values of fields among the records that a query finds.
import type { Command } from 'commander'
import { visible } from '../base/visible.ts'
import { type Cli, createCommand } from './cli.ts'
import { addDataOptions, type ConfigOptions, dataDirFor } from './config-option.ts'
import { createDamageTeller } from './damaged.ts'
import { wholeNumber } from './number-option.ts'
import { queryOf } from './query.ts'
import { resolveTimeOption, sinceOption, untilOption } from './time-option.ts'

type Options = ConfigOptions & {
  readonly by: string
  readonly since?: string
  readonly until?: string
  readonly limit: number
  readonly json?: true
}

export function countCommand({ io, engine, exit }: Cli): Command {
  const command = createCommand('count', 'the commonest values of fields', [
    ['who fails to log in', 'count event.outcome:failure --by user,src --since 1d'],
    ['the noisiest programs, as JSON', "count '' --by app --json"],
  ])
    .argument('[query]', 'which records to count; none: all', '')
    .requiredOption('--by <fields>', 'fields, separated by commas')
    .addOption(sinceOption())
    .addOption(untilOption())
    .option('--limit <n>', 'values of each field', wholeNumber(1, 10_000), 20)
    .option('--json', 'one JSON object instead of columns')
  return addDataOptions(command)
    .addHelpText('after', '\nExit code 1: nothing was found.')
    .action(async (text: string, options: Options) => {
      const query = queryOf(text, io)
      const fields = options.by
        .split(',')
        .map(field => field.trim())
        .filter(field => field !== '')
      const reader = await engine.openReader(dataDirFor(options, io))
      try {
        const now = io.clock.now()
        const range = { from: resolveTimeOption(options.since, now), to: resolveTimeOption(options.until, now) }
        const { facets, damaged } = reader.facets({ ...range, query, fields, limit: options.limit })
        createDamageTeller(io)(damaged)
        if (Object.values(facets).every(values => values.length === 0)) exit(1)
        await io.out(options.json ? `${JSON.stringify(facets)}\n` : Object.entries(facets).map(printFacet).join('\n'))
      } finally {
        reader.close()
      }
    })
}

function printFacet([field, values]: readonly [
  string,
  readonly { readonly value: string; readonly count: number }[],
]): string {
  const width = Math.max(...values.map(({ count }) => String(count).length), 0)
  const lines = values.map(({ value, count }) => `${String(count).padStart(width)}  ${visible(value)}\n`)
  return `${field}\n${lines.join('')}`
}
