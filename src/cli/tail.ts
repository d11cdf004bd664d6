// picket tail: records as they are stored.
import { setTimeout } from 'node:timers/promises'
import { type Command, Option } from 'commander'
import { type Cli, createCommand } from './cli.ts'
import { addDataOptions, type ConfigOptions, dataDirFor } from './config-option.ts'
import { queryOf } from './query.ts'
import { printRecord } from './search.ts'

type Options = ConfigOptions & { readonly format: 'text' | 'json' }

const lookEveryMs = 500
/** Of one look; older ones beyond them are left out, with a word about it. */
const batchRecords = 1000

export function tailCommand({ io, engine }: Cli): Command {
  const command = createCommand('tail', 'follow what is stored', [
    ['everything', 'tail'],
    ['what root does', "tail 'user:root'"],
  ])
    .argument('[query]', 'which records; none: all', '')
    .addOption(new Option('--format <format>', 'how to print records').choices(['text', 'json']).default('text'))
  return addDataOptions(command)
    .addHelpText('after', '\nEnds with Ctrl-C.')
    .action(async (text: string, options: Options) => {
      const query = queryOf(text, io)
      const reader = await engine.openReader(dataDirFor(options, io))
      try {
        let after = reader.search({ query: { kind: 'all' }, limit: 1 }).records[0]?.id
        while (!io.signal.aborted) {
          const head = reader.search({ query: { kind: 'all' }, limit: 1 }).records[0]?.id
          if (head !== after) {
            const page = reader.search({ query, limit: batchRecords, ...(after === undefined ? {} : { after }) })
            const leftOut = (page.matched ?? 0) - page.records.length
            if (leftOut > 0) io.err(`picket: ${leftOut} records came too fast to be shown; picket search has them\n`)
            await io.out(
              page.records
                .toReversed()
                .map(record => printRecord(record, options.format, io.color))
                .join(''),
            )
            after = newer(head, page.records[0]?.id)
          }
          await setTimeout(lookEveryMs, undefined, { signal: io.signal }).catch(() => undefined)
        }
      } finally {
        reader.close()
      }
    })
}

/** The page may already hold records that came after the look at the head. */
function newer(a: string | undefined, b: string | undefined): string | undefined {
  return a === undefined || (b !== undefined && b > a) ? b : a
}
