// picket parse: frames on standard input → records on standard output, by the code that the receivers use.
import type { Command } from 'commander'
import { PicketError } from '../base/errors.ts'
import { type RecordJson, recordToJson } from '../model/record.ts'
import { parseTime } from '../query/time.ts'
import { type Cli, createCommand } from './cli.ts'
import { explainRecord } from './explain-record.ts'
import { readLines } from './lines.ts'

type Options = {
  readonly base64?: true
  readonly raw?: true
  readonly explain?: true
  readonly assumeTz: string
  readonly assumeCharset: string
  readonly receivedAt?: string
  readonly peer: string
}

/** Records are written in pieces of about this size, not one by one. */
const outputCharacters = 1 << 16

export function parseCommand({ io }: Cli): Command {
  return createCommand('parse', 'show what Picket makes of syslog frames', [
    ['one frame per line', 'parse < frames.txt'],
    ['what was recognised, in words', "parse --explain <<< '<13>Nov 23 12:00:00 web01 su: alice to root'"],
    ['frames with newlines or odd bytes, as base64', 'parse --base64 < frames.b64'],
  ])
    .option('--base64', 'each line is the base64 of a frame')
    .option('--assume-tz <zone>', 'time zone of times without one', 'UTC')
    .option('--assume-charset <name>', 'charset of text that is not UTF-8', 'windows-1252')
    .option('--received-at <time>', 'when the frames arrived (default: now); gives times without a year theirs')
    .option('--peer <address>', 'the address the frames came from', '127.0.0.1')
    .option('--raw', 'add the bytes of the frame, base64')
    .option('--explain', 'readable text instead of JSON')
    .action(async (options: Options) => {
      const origin = checkedOrigin(options)
      const receivedAt = receivedAtOf(options.receivedAt, io.clock.now())
      const { recordOf, rowOfFrame } = await import('../parse/record.ts')
      let pending = ''
      let line = 0
      for await (const bytes of readLines(io.input)) {
        line++
        const frame = options.base64 ? decodeBase64(bytes, line) : bytes
        const record = recordOf(rowOfFrame(frame, receivedAt, origin), '')
        const json = recordToJson(record, options.raw ? frame : undefined)
        pending += options.explain ? explainRecord(json) : jsonLine(json)
        if (pending.length < outputCharacters) continue
        await io.out(pending)
        pending = ''
      }
      await io.out(pending)
    })
}

function jsonLine(json: RecordJson): string {
  return `${JSON.stringify(json)}\n`
}

function checkedOrigin({ assumeTz: timeZone, assumeCharset: charset, peer }: Options) {
  try {
    // An offset like +08:00 is a zone too.
    Intl.DateTimeFormat('en', { timeZone })
  } catch (cause) {
    throw new PicketError('BAD_REQUEST', `--assume-tz ${timeZone}: no such time zone (like Europe/Berlin or +08:00)`, {
      cause,
    })
  }
  try {
    new TextDecoder(charset)
  } catch (cause) {
    throw new PicketError(
      'BAD_REQUEST',
      `--assume-charset ${charset}: no such charset (like windows-1252 or gb18030)`,
      { cause },
    )
  }
  return { peer, transport: 'udp' as const, timeZone, charset }
}

function receivedAtOf(text: string | undefined, now: number): number {
  if (text === undefined) return now
  const span = parseTime(text)
  if (span === undefined) {
    throw new PicketError('BAD_REQUEST', `--received-at ${text}: no time like 2026-11-23T12:00:00.123Z`)
  }
  return span.start
}

function decodeBase64(bytes: Buffer, line: number): Buffer {
  const text = bytes.toString('latin1').trim()
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}(?:==)?|[A-Za-z0-9+/]{3}=?)?$/.test(text)) {
    throw new PicketError('BAD_REQUEST', `line ${line} is no base64`)
  }
  return Buffer.from(text, 'base64')
}
