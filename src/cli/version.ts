// picket version
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from 'commander'
import { type Cli, createCommand } from './cli.ts'

/** `0.1.0`, from package.json. */
export function version(): string {
  const text = readFileSync(join(import.meta.dirname, '..', '..', 'package.json'), 'utf8')
  const { version } = JSON.parse(text) as { readonly version: string }
  return version
}

export function versionCommand({ io }: Cli): Command {
  return createCommand('version', 'print the version', [['the version', 'version']]).action(() =>
    io.out(`picket ${version()} (Node.js ${process.versions.node})\n`),
  )
}
