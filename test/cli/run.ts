// Runs a command in this process with streams that are recorded.
import { systemClock } from '../../src/base/clock.ts'
import { type Engine, engine as realEngine } from '../../src/cli/engine.ts'
import type { Io } from '../../src/cli/io.ts'
import { main } from '../../src/cli/program.ts'

export type Ran = { readonly code: number; readonly out: string; readonly bytes: Buffer; readonly err: string }

type Options = {
  readonly input?: string | Buffer
  readonly secret?: string
  readonly env?: Io['env']
  readonly engine?: Partial<Engine>
  readonly now?: number
  readonly isTerminal?: boolean
}

export async function run(args: readonly string[], options: Options = {}): Promise<Ran> {
  const out: Uint8Array[] = []
  let err = ''
  const io: Io = {
    input: (async function* () {
      yield Buffer.from(options.input ?? '')
    })(),
    async out(data) {
      out.push(Buffer.from(data))
    },
    err(text) {
      err += text
    },
    secret: async () => options.secret ?? '',
    env: options.env ?? {},
    isTerminal: options.isTerminal ?? false,
    color: false,
    signal: new AbortController().signal,
    onHangup: () => undefined,
    clock: { ...systemClock, now: () => options.now ?? Date.UTC(2026, 10, 23, 12) },
  }
  const code = await main(args, io, { ...realEngine, ...options.engine })
  const bytes = Buffer.concat(out)
  return { code, out: bytes.toString(), bytes, err }
}
