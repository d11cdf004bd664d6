// Where campaigns work that kill processes, damage files or fail calls: in memory when there is room. What the kernel was
// given outlives a process there just as on a disk, and a disk would only add its waiting. Power cuts have their own disk.
import { mkdtempSync, statfsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const neededBytes = 1 << 30

/** A new folder; the caller removes it. */
export function makeScratch(name: string): string {
  return mkdtempSync(join(hasRoom('/dev/shm') ? '/dev/shm' : tmpdir(), `picket-${name}-`))
}

function hasRoom(dir: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(dir)
    return bavail * bsize >= neededBytes
  } catch {
    return false
  }
}
