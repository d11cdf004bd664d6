// Runs packaging/picket-verify.py: another program, written from docs/integrity.md, that must come to the same result.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

const python = '/usr/bin/python3'
const program = join(import.meta.dirname, '../../../../packaging/picket-verify.py')

export type Second = {
  readonly outcome: string
  readonly findings: readonly { readonly kind: string; readonly seq: number | null; readonly last_seq: number | null }[]
  readonly records: number
  readonly links: number
  readonly checkpoints_held: number
  readonly seals_held: number
}

/** False when it can run here; else why not, for `test(…, { skip })`. */
export const cannotRun: string | false =
  spawnSync(python, ['-c', 'import sqlite3']).status === 0 ? false : `no ${python} with sqlite3: install python3`

export function verifySecond(dir: string, ...args: readonly string[]): Second & { readonly code: number | null } {
  const { status, stdout, stderr } = spawnSync(python, [program, dir, '--json', ...args], { encoding: 'utf8' })
  if (stdout === '') throw new Error(stderr)
  return { code: status, ...(JSON.parse(stdout) as Second) }
}
