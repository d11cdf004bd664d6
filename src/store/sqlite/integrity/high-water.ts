// ack.hwm: how far the store had come, outside of SQLite. A store that is behind it has lost what it had stored once: its
// tail was cut off, its write-ahead log damaged, or an older copy put back.
//
//   two slots, written in turn:  "PHW1"  n:u64  seq:u64  at:u64  hash:32  crc32:u32      64 bytes, big-endian
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { faultPoint } from '../../../base/fault-point.ts'
import type { ChainHead } from './chain.ts'

/** The chain's newest link, the last record's sequence number, and when that was noted (ms since 1970 UTC). */
export type HighWater = ChainHead & { readonly seq: number; readonly at: number }

const slotBytes = 64
const magic = 0x50485731

function highWaterPath(dataDir: string): string {
  return join(dataDir, 'ack.hwm')
}

/** The higher of the slots that are whole; undefined when there is none. */
export function loadHighWater(dataDir: string): HighWater | undefined {
  let data: Buffer
  try {
    data = readFileSync(highWaterPath(dataDir))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
  return [0, slotBytes]
    .map(at => parseSlot(data.subarray(at, at + slotBytes)))
    .filter(mark => mark !== undefined)
    .toSorted((a, b) => b.n - a.n)[0]
}

export type HighWaterFile = {
  /** Notes the mark. Not pushed to the disk: after a power cut an older one is as good. */
  save(mark: HighWater): void
  close(): void
}

export function openHighWater(dataDir: string): HighWaterFile {
  const path = highWaterPath(dataDir)
  const newest = loadHighWater(dataDir)
  const fd = openSync(path, newest === undefined ? 'w' : 'r+', 0o640)
  // the slot that holds the newest mark is not the one to write first
  let slot = newest !== undefined && parseSlot(readFileSync(path).subarray(0, slotBytes))?.n === newest.n ? 1 : 0
  return {
    save(mark) {
      const data = printSlot(mark)
      // in two steps, so that a test can show that half a slot does no harm
      writeSync(fd, data, 0, slotBytes / 2, slot * slotBytes)
      faultPoint('hwm-slot-half')
      writeSync(fd, data, slotBytes / 2, slotBytes / 2, slot * slotBytes + slotBytes / 2)
      slot = 1 - slot
    },
    close: () => closeSync(fd),
  }
}

function printSlot({ n, seq, at, hash }: HighWater): Buffer {
  const data = Buffer.alloc(slotBytes)
  data.writeUInt32BE(magic, 0)
  data.writeBigUInt64BE(BigInt(n), 4)
  data.writeBigUInt64BE(BigInt(seq), 12)
  data.writeBigUInt64BE(BigInt(at), 20)
  hash.copy(data, 28)
  data.writeUInt32BE(crc32(data.subarray(0, 60)), 60)
  return data
}

function parseSlot(data: Buffer): HighWater | undefined {
  if (data.length !== slotBytes || data.readUInt32BE(0) !== magic) return undefined
  if (crc32(data.subarray(0, 60)) !== data.readUInt32BE(60)) return undefined
  const number = (at: number): number => Number(data.readBigUInt64BE(at))
  return { n: number(4), seq: number(12), at: number(20), hash: Buffer.from(data.subarray(28, 60)) }
}
