// picket verify: are the stored records those that were received?
import { readFileSync } from 'node:fs'
import type { Command } from 'commander'
import { PicketError } from '../base/errors.ts'
import { visible } from '../base/visible.ts'
import type { Anchor, Verification } from '../store/sqlite/integrity/verify.ts'
import { type Cli, createCommand } from './cli.ts'
import { addDataOptions, type ConfigOptions, dataDirFor } from './config-option.ts'
import type { ExitCode } from './exit-code.ts'

type Options = ConfigOptions & {
  readonly checkpoint?: readonly string[]
  readonly key?: string
  readonly sealKey?: string
  readonly deep?: true
  readonly json?: true
}

const exitCodes = { intact: 0, altered: 1, unclear: 2 } as const satisfies { [outcome: string]: ExitCode }
const words = { intact: 'intact', altered: 'ALTERED', unclear: 'cannot tell' } as const

export function verifyCommand({ io, exit }: Cli): Command {
  const command = createCommand('verify', 'check that stored records are those that were received', [
    ['the data folder of the system', 'verify'],
    [
      'a backup, against checkpoints kept elsewhere (a mailbox will do)',
      'verify --data /backup/picket --checkpoint mail.mbox',
    ],
  ]).option('--checkpoint <file...>', 'checkpoints kept elsewhere, in any text', undefined)
  return addDataOptions(command)
    .option('--key <base64>', 'the public key that must have signed the day manifests')
    .option('--seal-key <file>', 'the line that picket seal printed')
    .option('--deep', 'also compare counts and search index with the records')
    .option('--json', 'one JSON object instead of text')
    .addHelpText('after', '\nExit code 0: intact, 1: altered, 2: cannot tell and why, 3: cannot read.')
    .action(async (options: Options) => {
      const dataDir = dataDirFor(options, io)
      const [{ verifyStore }, { parseCheckpoints }, { parseSealKey }] = await Promise.all([
        import('../store/sqlite/integrity/verify.ts'),
        import('../store/sqlite/integrity/checkpoint.ts'),
        import('../store/sqlite/integrity/ratchet.ts'),
      ])
      const anchors = (options.checkpoint ?? []).flatMap((file): Anchor[] => {
        const found = parseCheckpoints(readText(file))
        if (found.length === 0) throw new PicketError('BAD_REQUEST', `there is no checkpoint in ${file}`)
        return found
      })
      const verification = verifyStore(dataDir, {
        anchors,
        key: options.key,
        deep: options.deep,
        sealKey: options.sealKey === undefined ? undefined : sealKeyIn(options.sealKey, parseSealKey),
        onProgress: (records, day) => io.err(`${records} records checked, at ${day}\n`),
      })
      await io.out(options.json ? `${JSON.stringify(toJson(verification))}\n` : print(verification))
      exit(exitCodes[verification.outcome])
    })
}

function sealKeyIn(file: string, parse: (text: string) => Buffer | undefined): Buffer {
  const key = parse(readText(file))
  if (key === undefined) throw new PicketError('BAD_REQUEST', `there is no line in ${file} that picket seal printed`)
  return key
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw new PicketError('ACCESS_DENIED', `cannot read ${file}: ${(cause as Error).message}`, { cause })
  }
}

function print(verification: Verification): string {
  const { outcome, findings, findingCount, notes, records, links, days, anchorsHeld, sealsHeld, manifests, key, head } =
    verification
  const lines = [
    `${words[outcome]}: ${counted(records, 'record')} in ${counted(links, 'batch', 'batches')} of ${counted(days, 'day')}`,
  ]
  if (head !== undefined)
    lines.push(`the chain ends at batch ${head.n}, record ${head.seq}, ${new Date(head.at).toISOString()}`)
  if (manifests > 0) lines.push(`${manifests} day manifests, signed with the key ${visible(key ?? '')}`)
  if (sealsHeld > 0) lines.push(`${sealsHeld} seals are of the key`)
  if (anchorsHeld > 0) lines.push(`${anchorsHeld} checkpoints hold`)
  // damaged files may put anything into a message
  for (const { kind, text } of findings) lines.push(`${kind}: ${visible(text)}`)
  if (findingCount > findings.length) lines.push(`and ${findingCount - findings.length} more`)
  for (const note of notes) lines.push(`note: ${note}`)
  return `${lines.join('\n')}\n`
}

function toJson({
  findingCount,
  recordsBefore,
  anchorsHeld,
  sealsHeld,
  head,
  findings,
  ...verification
}: Verification): unknown {
  return {
    ...verification,
    findings: findings.map(({ lastSeq, ...finding }) => ({ ...finding, last_seq: lastSeq })),
    finding_count: findingCount,
    records_before: recordsBefore,
    checkpoints_held: anchorsHeld,
    seals_held: sealsHeld,
    head: head === undefined ? null : { ...head, hash: head.hash.toString('hex'), at: new Date(head.at).toISOString() },
  }
}

function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`
}
