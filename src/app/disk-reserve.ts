// The file `reserve` in the data folder: room that is given back when the disk is full, so that picket.db, the chain and
// Picket's own records can still be written.
import { randomBytes } from 'node:crypto'
import { rmSync, statSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Log } from '../base/log.ts'

export type DiskReserve = AsyncDisposable & {
  readonly sizeBytes: number
  /** Begins to write the file, unless it is there or being written. */
  make(): void
  isThere(): boolean
  /** Removes the file; returns the bytes that the disk has more now. */
  giveUp(): number
}

/** Some thousand alerts, mails and links of the chain. */
const reserveBytes = 64 << 20
const chunkBytes = 1 << 20
/** What stat(2) counts st_blocks in. */
const statBlockBytes = 512

export function openDiskReserve(dataDir: string, log: Log, sizeBytes = reserveBytes): DiskReserve {
  const path = join(dataDir, 'reserve')
  let making: { readonly cancel: AbortController; readonly ended: Promise<void> } | undefined
  let canWarn = true

  function allocatedBytes(): number {
    return (statSync(path, { throwIfNoEntry: false })?.blocks ?? 0) * statBlockBytes
  }

  async function write(signal: AbortSignal): Promise<void> {
    try {
      await writeFile(path, chunks(sizeBytes), { mode: 0o600, signal })
      canWarn = true
    } catch (error) {
      rmSync(path, { force: true })
      if (signal.aborted) return
      if (canWarn) log.warn({ err: error }, 'cannot make the reserve for a full disk')
      canWarn = false
    }
  }

  return {
    sizeBytes,
    isThere: () => making === undefined && allocatedBytes() >= sizeBytes,
    make() {
      if (making !== undefined || allocatedBytes() >= sizeBytes) return
      const cancel = new AbortController()
      const ended = write(cancel.signal).finally(() => {
        making = undefined
      })
      making = { cancel, ended }
    },
    giveUp() {
      making?.cancel.abort()
      const bytes = allocatedBytes()
      rmSync(path, { force: true })
      return bytes
    },
    async [Symbol.asyncDispose]() {
      making?.cancel.abort()
      await making?.ended
    },
  }
}

/** Not zeros: a file system that compresses would store none of them. */
function* chunks(sizeBytes: number): Generator<Uint8Array> {
  const chunk = randomBytes(chunkBytes)
  for (let left = sizeBytes; left > 0; left -= chunkBytes) yield chunk.subarray(0, Math.min(left, chunkBytes))
}
