// Realistic log lines for the benchmarks, made once and kept in the temp folder.
import { execFileSync } from 'node:child_process'
import { existsSync, renameSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A file of `records` lines of bench/make-logs.mjs (138 bytes each). */
export function linesFile(records: number): string {
  const file = join(tmpdir(), `picket-bench-${records}.log`)
  if (existsSync(file)) return file
  execFileSync(process.execPath, [join(import.meta.dirname, 'make-logs.mjs'), String(records), `${file}.part`])
  renameSync(`${file}.part`, file)
  return file
}
