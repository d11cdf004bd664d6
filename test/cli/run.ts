// Runs a command in this process with streams that are recorded.
import { systemClock } from '../../src/base/clock.ts'
import { type Engine, engine as realEngine } from '../../src/cli/engine.ts'
import type { Io } from '../../src/cli/io.ts'
import { main } from '../../src/cli/program.ts'

export type Ran = { readonly code: number; readonly out: string; readonly err: string }

type Options = {
  readonly input?: string | Buffer
  readonly secret?: string
  readonly env?: Io['env']
  readonly engine?: Partial<Engine>
  readonly now?: number
}

export async function run(args: readonly string[], options: Options = {}): Promise<Ran> {
  let out = ''
  let err = ''
  const io: Io = {
    input: (async function* () {
      yield Buffer.from(options.input ?? '')
    })(),
    async out(text) {
      out += text
    },
    err(text) {
      err += text
    },
    secret: async () => options.secret ?? '',
    env: options.env ?? {},
    color: false,
    signal: new AbortController().signal,
    onHangup: () => undefined,
    clock: { ...systemClock, now: () => options.now ?? Date.UTC(2026, 10, 23, 12) },
  }
  const code = await main(args, io, { ...realEngine, ...options.engine })
  return { code, out, err }
}
