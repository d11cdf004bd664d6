// What the kernel says of a process and its children: CPU time and memory.
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

const ticksPerSecond = 100

/** User and system CPU seconds of a process, all its threads, dead children included. */
export function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  return [11, 12, 13, 14].reduce((sum, at) => sum + Number(fields[at]), 0) / ticksPerSecond
}

/** Resident memory in MB of a process and its children: `rss` counts shared pages in each, `pss` once. */
export function memoryMb(pid: number): { readonly rss: number; readonly pss: number } {
  const own = { rss: smaps(pid, 'Rss'), pss: smaps(pid, 'Pss') }
  for (const child of childrenOf(pid)) {
    const more = memoryMb(child)
    own.rss += more.rss
    own.pss += more.pss
  }
  return own
}

function smaps(pid: number, name: string): number {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')
  return Math.round(Number(new RegExp(`^${name}: +(\\d+)`, 'm').exec(text)?.[1] ?? 0) / 1024)
}

function childrenOf(pid: number): number[] {
  return readdirSync(`/proc/${pid}/task`).flatMap(task =>
    readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
  )
}

/** Bytes of the files of a folder. */
export function folderBytes(dir: string): number {
  return readdirSync(dir).reduce((sum, name) => sum + statSync(join(dir, name)).size, 0)
}
