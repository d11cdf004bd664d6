// Drives shim.c: compiles it once per run and tells a running process, through a mapped file, which calls of the disk fail.
import { execFileSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export type Fault = {
  readonly operation: 'write' | 'fsync' | 'short' | 'slow' | 'kill'
  /** Calls that pass before the first that is hit, and how many are hit then; -1: all. */
  readonly skip?: number
  readonly count: number
  /** errno, or ms for `slow`. */
  readonly value: number
  /** A part of the path of the files meant. */
  readonly match: string
}

export const EIO = 5
export const ENOSPC = 28

export type Shim = {
  readonly env: { readonly LD_PRELOAD: string; readonly SHIM_CONTROL: string }
  set(fault: Fault): void
  /** The disk works again. */
  heal(): void
  /** Calls that were hit, and that were looked at, since the last `set`. */
  hits(): number
  seen(): number
}

let library: string | undefined

export function createShim(): Shim {
  library ??= compile()
  const path = join(mkdtempSync(join(tmpdir(), 'picket-shim-')), 'control')
  writeFileSync(path, Buffer.alloc(180))
  const number = (at: number): number => readFileSync(path).readInt32LE(at)
  function write(data: Buffer): void {
    const fd = openSync(path, 'r+')
    writeSync(fd, data)
    closeSync(fd)
  }
  return {
    env: { LD_PRELOAD: library, SHIM_CONTROL: path },
    set({ operation, skip = 0, count, value, match }) {
      const data = Buffer.alloc(180)
      data.write(match, 52, 127)
      for (const [i, n] of [skip, count, value, 0, 0].entries()) data.writeInt32LE(n, 32 + 4 * i)
      write(data) // the operation last: nothing is hit by half of a plan
      data.write(operation, 0, 31)
      write(data)
    },
    heal: () => write(Buffer.alloc(32)),
    hits: () => number(48),
    seen: () => number(44),
  }
}

function compile(): string {
  const path = join(mkdtempSync(join(tmpdir(), 'picket-shim-')), 'shim.so')
  execFileSync('cc', ['-shared', '-fPIC', '-O1', '-o', path, join(import.meta.dirname, 'shim.c'), '-ldl'])
  return path
}
