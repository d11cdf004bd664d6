// What every command is given: the world, the engine, and a way to say how it ended.
import { Command } from 'commander'
import type { Engine } from './engine.ts'
import type { ExitCode } from './exit-code.ts'
import type { Io } from './io.ts'

export type Cli = {
  readonly io: Io
  readonly engine: Engine
  /** The exit code when no error is thrown; 0 without a call. */
  exit(code: ExitCode): void
}

/** A command with examples under its help: `[what it does, the command line behind "picket "]`. */
export function createCommand(
  name: string,
  summary: string,
  examples: readonly (readonly [does: string, args: string])[],
): Command {
  const command = new Command(name).summary(summary).description(summary)
  if (examples.length === 0) return command
  const lines = examples.map(([does, args]) => `  # ${does}\n  picket ${args}`)
  return command.addHelpText('after', `\nExamples:\n${lines.join('\n')}`)
}
