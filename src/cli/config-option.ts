// --config and --data: how every command finds the configuration and the data folder.
import { existsSync, statSync } from 'node:fs'
import { type Command, Option } from 'commander'
import { PicketError } from '../base/errors.ts'
import { type LoadedConfig, loadConfig } from '../config/load.ts'
import type { Io } from './io.ts'

export type ConfigOptions = { readonly config?: string; readonly data?: string }

const systemFile = '/etc/picket/picket.yaml'

/** Adds `--config FILE`. */
export function addConfigOption(command: Command): Command {
  return command.addOption(
    new Option('--config <file>', `configuration (default: $PICKET_CONFIG, ${systemFile}, or none)`),
  )
}

/** Adds `--config FILE` and `--data DIR`. */
export function addDataOptions(command: Command): Command {
  return addConfigOption(command).addOption(
    new Option('--data <dir>', 'data folder (default: dataDir of the configuration)'),
  )
}

/** The configuration that the options, the environment or the system name. */
export function loadConfigFor(options: ConfigOptions, io: Io): LoadedConfig {
  const file = options.config ?? (io.env.PICKET_CONFIG || (existsSync(systemFile) ? systemFile : undefined))
  return loadConfig({ file, env: io.env, overrides: { dataDir: options.data } })
}

/** The data folder to read. Errors: NOT_FOUND when it does not exist. */
export function dataDirFor(options: ConfigOptions, io: Io): string {
  const dataDir = options.data ?? loadConfigFor(options, io).config.dataDir
  if (statSync(dataDir, { throwIfNoEntry: false })?.isDirectory() !== true) {
    throw new PicketError('NOT_FOUND', `there is no data folder ${dataDir} (choose one with --data or --config)`)
  }
  return dataDir
}
