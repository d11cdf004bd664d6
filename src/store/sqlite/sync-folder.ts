// Makes the entries of a folder durable: of files that are new, moved or removed.
import { closeSync, fsyncSync, openSync } from 'node:fs'

export function syncFolder(dir: string): void {
  const fd = openSync(dir, 'r')
  try {
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}
