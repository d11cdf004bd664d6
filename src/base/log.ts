// Picket's own log: JSON lines on stdout for the journal, one readable line each when a person watches a terminal.
import { Writable } from 'node:stream'
import { isatty } from 'node:tty'
import { styleText } from 'node:util'
import { type DestinationStream, type Logger, pino } from 'pino'
import { visible, visibleLines } from './visible.ts'

const logLevels = ['debug', 'info', 'warn', 'error'] as const
export type LogLevel = (typeof logLevels)[number]

/** What the parts of Picket need of a log; tests give an object that records the calls. */
export type Log = { [level in LogLevel]: (fields: object, message: string) => void }

/** Opens the log. Writes are synchronous, so that the last line before an exit is not lost and threads may share it.
 *  @param level Lines below are not written.
 *  @param options.fd Standard output (1) by default; standard error (2) for commands that print data.
 *  @param options.human One readable line per entry; by default when it goes to a terminal. */
export function createLog(level: LogLevel, options: { readonly fd?: 1 | 2; readonly human?: boolean } = {}): Logger {
  const fd = options.fd ?? 1
  const file = pino.destination({ dest: fd, sync: true })
  const human = options.human ?? isatty(fd)
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, human ? humanStream(file) : file)
}

/** One JSON line of the log as a person reads it: `12:00:01 WARN  receive: message  key=value`.
 *  @param color Mark warnings and errors with terminal colours. */
export function printLogLine(json: string, color: boolean): string {
  const { level, time, msg, err, ...fields } = JSON.parse(json) as {
    readonly level: number
    readonly time: string
    readonly msg?: string
    readonly err?: { readonly message?: string; readonly stack?: string }
  }
  const word = (pino.levels.labels[level] ?? 'info').toUpperCase().padEnd(5)
  const style = level >= 50 ? 'red' : level >= 40 ? 'yellow' : 'dim'
  const pairs = Object.entries(fields).map(([key, value]) => `${key}=${printable(value)}`)
  const head = `${time.slice(11, 19)} ${color ? styleText(style, word, { validateStream: false }) : word}`
  const cause = err === undefined ? '' : `\n  ${(err.stack ?? err.message ?? '').replaceAll('\n', '\n  ')}`
  return `${[head, visible(msg ?? ''), ...pairs].join(' ')}${visibleLines(cause)}\n`
}

function humanStream(file: DestinationStream): Writable {
  const color = process.env.NO_COLOR === undefined || process.env.NO_COLOR === ''
  return new Writable({
    decodeStrings: false,
    write(line: string, _encoding, done) {
      file.write(printLogLine(line, color))
      done()
    },
  })
}

function printable(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return /^[\w.:/@%+,-]+$/.test(text) ? text : visible(JSON.stringify(value))
}

export type RateLimitedLog = {
  /** Logs the first warning of a reason at once; repeats are counted and told once per interval, with the count. */
  warn(reason: string, fields: object, message: string): void
  /** Tells now what was counted and not told yet. */
  flush(): void
}

/** Reasons remembered at a time; more share the reason `other`, so that senders cannot fill memory or the log. */
const maxReasons = 1000

/** One warning per reason and interval, with how often it happened. Call `flush` when stopping. */
export function rateLimited(log: Pick<Log, 'warn'>, intervalMs: number): RateLimitedLog {
  type Entry = { suppressed: number; fields: object; message: string; timer: NodeJS.Timeout }
  const entries = new Map<string, Entry>()

  function warn(reason: string, fields: object, message: string): void {
    const key = entries.has(reason) || entries.size < maxReasons ? reason : 'other'
    const entry = entries.get(key)
    if (entry !== undefined) {
      entry.suppressed++
      entry.fields = fields
      entry.message = message
      return
    }
    log.warn({ reason, ...fields }, message)
    const timer = setInterval(tell, intervalMs, key).unref()
    entries.set(key, { suppressed: 0, fields, message, timer })
  }

  function tell(reason: string): void {
    const entry = entries.get(reason)
    if (entry === undefined) return
    if (entry.suppressed === 0) {
      clearInterval(entry.timer)
      entries.delete(reason)
      return
    }
    log.warn({ reason, count: entry.suppressed, ...entry.fields }, entry.message)
    entry.suppressed = 0
  }

  return {
    warn,
    flush() {
      for (const [reason, entry] of entries) {
        if (entry.suppressed > 0) tell(reason)
        clearInterval(entry.timer)
      }
      entries.clear()
    },
  }
}
