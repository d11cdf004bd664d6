// ledger.dat: the books over restarts. Two slots written in turn, so that a crash in the middle of a write leaves one.
//
//   slot   "PLG1"  length:u32  crc32:u32  JSON      8 KiB, big-endian; the slot with the higher n counts
import { closeSync, fdatasyncSync, openSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { PicketError } from '../base/errors.ts'
import type { Books } from '../model/books.ts'

const slotBytes = 8192
const headBytes = 12
const magic = 0x504c4731

function ledgerPath(dataDir: string): string {
  return join(dataDir, 'ledger.dat')
}

/** The newest whole note; undefined when there is none. Errors: ACCESS_DENIED. */
export function loadBooks(dataDir: string): Books | undefined {
  let data: Buffer
  try {
    data = readFileSync(ledgerPath(dataDir))
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new PicketError('ACCESS_DENIED', `cannot read ${ledgerPath(dataDir)}: ${(cause as Error).message}`, { cause })
  }
  return [0, slotBytes]
    .map(at => parseSlot(data.subarray(at, at + slotBytes)))
    .filter(books => books !== undefined)
    .toSorted((a, b) => b.n - a.n)[0]
}

export type LedgerFile = {
  /** Writes the note over the older one. Pushed to the disk only when it is the last one of a run. */
  save(books: Books): void
  close(): void
}

export function openLedgerFile(dataDir: string): LedgerFile {
  const path = ledgerPath(dataDir)
  const fd = openSync(path, loadBooks(dataDir) === undefined ? 'w' : 'r+', 0o640)
  return {
    save(books) {
      const json = Buffer.from(JSON.stringify(books))
      const slot = Buffer.alloc(slotBytes)
      if (json.length > slotBytes - headBytes) throw new Error('BUG: the books do not fit into their file')
      slot.writeUInt32BE(magic, 0)
      slot.writeUInt32BE(json.length, 4)
      slot.writeUInt32BE(crc32(json), 8)
      json.copy(slot, headBytes)
      writeSync(fd, slot, 0, slotBytes, (books.n % 2) * slotBytes)
      if (books.closed) fdatasyncSync(fd)
    },
    close: () => closeSync(fd),
  }
}

function parseSlot(data: Buffer): Books | undefined {
  if (data.length !== slotBytes || data.readUInt32BE(0) !== magic) return undefined
  const json = data.subarray(headBytes, headBytes + data.readUInt32BE(4))
  if (crc32(json) !== data.readUInt32BE(8)) return undefined
  return JSON.parse(json.toString()) as Books // its checksum says that it is ours
}
