// Opens the accounts and alerts of the data folder for the time of one command.
import type { State } from '../store/sqlite/state.ts'
import type { Cli } from './cli.ts'
import { type ConfigOptions, dataDirFor } from './config-option.ts'

export async function withState(
  { io, engine }: Cli,
  options: ConfigOptions,
  use: (state: State) => Promise<void>,
): Promise<void> {
  const state = await engine.openState(dataDirFor(options, io))
  try {
    await use(state)
  } finally {
    state.close()
  }
}
