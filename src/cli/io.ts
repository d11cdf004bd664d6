// What a command sees of the world: streams, terminal, environment, time. The real one here; tests give their own.
import { type Clock, systemClock } from '../base/clock.ts'
import { askSecret } from './ask-secret.ts'

export type Io = {
  /** Standard input as it comes. */
  readonly input: AsyncIterable<Uint8Array>
  /** Writes data to standard output; resolves when more may be written. */
  out(data: string | Uint8Array): Promise<void>
  /** Writes to standard error: everything that is not the data asked for. */
  err(text: string): void
  /** Asks for a secret without echo; when standard input is no terminal, its first line. */
  secret(question: string): Promise<string>
  readonly env: { readonly [name: string]: string | undefined }
  /** Standard output is a terminal. */
  readonly isTerminal: boolean
  /** Standard output is a terminal and NO_COLOR is not set. */
  readonly color: boolean
  /** Ends on SIGINT and SIGTERM. */
  readonly signal: AbortSignal
  /** Calls back on each SIGHUP; while nobody asked for it, SIGHUP ends the process. */
  onHangup(listener: () => void): void
  readonly clock: Clock
}

/** The Io of this process. Installs handlers for SIGINT, SIGTERM and a closed standard output. */
export function processIo(): Io {
  const stopped = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopped.abort())
  // `picket search … | head`: the reader has enough.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0)
    throw error
  })
  return {
    input: process.stdin,
    out(data) {
      return new Promise(resolve => {
        if (process.stdout.write(data)) resolve()
        else process.stdout.once('drain', resolve)
      })
    },
    err: text => void process.stderr.write(text),
    secret: question => askSecret(question, process.stdin, process.stderr),
    env: process.env,
    isTerminal: process.stdout.isTTY === true,
    color: process.stdout.isTTY === true && !process.env.NO_COLOR,
    signal: stopped.signal,
    onHangup: listener => void process.on('SIGHUP', listener),
    clock: systemClock,
  }
}
