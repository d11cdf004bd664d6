// The key ratchet: every few minutes the chain's newest hash is authenticated with a key that is then replaced by its
// one-way successor and wiped. Who takes this machine over finds no key for what is sealed already; whoever was given the
// first key when it was made, and keeps it elsewhere, can check every seal.
//
//   K(e+1) = HMAC-SHA256(K(e), "picket/ratchet/1")
//   mac    = HMAC-SHA256(K(e), "picket/seal/1\n"  series  "\n"  e:u64  H(n-1))              of the link n that holds the seal
//   series = first 16 hex digits of SHA-256("picket/series/1\n" K(0))
//
//   seal.key: two slots, one in use   "PRK1"  series:8  e:u64  K(e):32  zeros:8  crc32:u32     64 bytes, big-endian
import { createHmac, hash, randomBytes, timingSafeEqual } from 'node:crypto'
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { PicketError } from '../../../base/errors.ts'
import { faultPoint } from '../../../base/fault-point.ts'
import type { ChainEvent } from './chain.ts'

export type Seal = Extract<ChainEvent, { kind: 'seal' }>

/** A key and which one it is: the epochs count from 0. */
export type SealKey = { readonly series: string; readonly epoch: number; readonly key: Buffer }

const slotBytes = 64
const magic = 0x50524b31
/** More than a century of seals; a number from a forged file must not keep a verifier busy for ever. */
const maxEpochs = 20_000_000

/** Makes a data folder's first key and returns it: the only time that it is seen. The caller holds the folder's lock.
 *  Errors: CONFLICT when there is one, and `again` is not set. */
export function startRatchet(dataDir: string, { again }: { readonly again: boolean }): SealKey {
  const path = ratchetPath(dataDir)
  if (existsSync(path) && !again)
    throw new PicketError('CONFLICT', `${path} exists: the store is sealed already (--again begins with a new key)`)
  const key = randomBytes(32)
  const first = { series: seriesOf(key), epoch: 0, key }
  const fd = openSync(path, 'w', 0o600)
  try {
    writeSync(fd, Buffer.concat([printSlot(first), Buffer.alloc(slotBytes)]))
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
  return first
}

/** The key in force; undefined when the store is not sealed by a key. */
export function loadRatchet(dataDir: string): SealKey | undefined {
  try {
    return newestSlot(readFileSync(ratchetPath(dataDir)))?.key
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** Replaces the key by its successor: writes that to the other slot, then wipes the old one. */
export function advanceRatchet(dataDir: string): void {
  const fd = openSync(ratchetPath(dataDir), 'r+')
  try {
    const newest = newestSlot(readFileSync(ratchetPath(dataDir)))
    if (newest === undefined) return
    const { series, epoch, key } = newest.key
    writeSync(
      fd,
      printSlot({ series, epoch: epoch + 1, key: successor(key) }),
      0,
      slotBytes,
      (1 - newest.slot) * slotBytes,
    )
    fsyncSync(fd)
    faultPoint('ratchet-slot-written')
    writeSync(fd, Buffer.alloc(slotBytes), 0, slotBytes, newest.slot * slotBytes)
    fsyncSync(fd)
    faultPoint('ratchet-old-wiped')
  } finally {
    closeSync(fd)
  }
}

/** The event that seals everything up to the link with this hash. */
export function makeSeal(key: SealKey, chain: Uint8Array): Seal {
  return { kind: 'seal', series: key.series, epoch: key.epoch, mac: macOf(key, chain).toString('hex') }
}

/** A seal and the hash of the link before it. */
export type PlacedSeal = { readonly n: number; readonly seal: Seal; readonly chain: Buffer }

/**
 * Checks all seals of a chain with the first key. Epochs must follow each other: a seal that is not there was cut out.
 *
 * @param fromBatch the first link that is there: seals of days that were removed are not missed
 * @param inForce the key that the data folder held before the chain was read; what it says is compared too
 */
export function checkSeals(
  first: Buffer,
  seals: readonly PlacedSeal[],
  { inForce, fromBatch }: { readonly inForce: SealKey | undefined; readonly fromBatch: number },
): { readonly problems: readonly { readonly n?: number; readonly text: string }[]; readonly held: number } {
  const problems: { n?: number; text: string }[] = []
  const series = seriesOf(first)
  const ours = seals.filter(({ seal }) => seal.series === series)
  let key = first
  let epoch = 0
  let held = 0
  let expected = fromBatch === 1 || seals[0]?.seal.series !== series ? 0 : undefined
  const goTo = (wanted: number): boolean => {
    if (!(wanted >= epoch && wanted < maxEpochs)) return false
    for (; epoch < wanted; epoch++) key = successor(key)
    return true
  }
  for (const { n, seal, chain } of ours) {
    if (expected !== undefined && seal.epoch !== expected)
      problems.push({ n, text: `seal ${seal.epoch} stands where seal ${expected} should` })
    expected = seal.epoch + 1
    const isGenuine =
      goTo(seal.epoch) && isSame(macOf({ series, epoch: seal.epoch, key }, chain), Buffer.from(seal.mac, 'hex'))
    if (isGenuine) held++
    else problems.push({ n, text: `seal ${seal.epoch} is not of this key: what is before it was rewritten` })
  }
  if (ours.length === 0) problems.push({ text: 'the chain has no seal of this key' })
  // the key may be behind the chain (a crash, or a Picket that runs), but nobody can go back to an earlier one
  if (inForce?.series === series) {
    const next = expected ?? 0
    if (inForce.epoch > next) problems.push({ text: `seals ${next} to ${inForce.epoch - 1} are missing at the end` })
    else if (!isSame(keyAt(first, inForce.epoch), inForce.key))
      problems.push({ text: 'seal.key does not come from this key: the end of the chain may have been cut off' })
  }
  return { problems, held }
}

export function printSealKey({ series, key }: SealKey): string {
  return `picket-seal-key/1 ${series} ${key.toString('base64url')}`
}

/** The first key in a text, or undefined when there is none, or it is mistyped. */
export function parseSealKey(text: string): Buffer | undefined {
  const found = /picket-seal-key\/1\s+([0-9a-f]{16})\s+([\w-]{43})/.exec(text)
  const key = Buffer.from(found?.[2] ?? '', 'base64url')
  return found !== null && seriesOf(key) === found[1] ? key : undefined
}

function macOf({ series, epoch, key }: SealKey, chain: Uint8Array): Buffer {
  const number = Buffer.alloc(8)
  number.writeBigUInt64BE(BigInt(epoch))
  return createHmac('sha256', key).update(`picket/seal/1\n${series}\n`).update(number).update(chain).digest()
}

function keyAt(first: Buffer, epoch: number): Buffer {
  let key = first
  for (let e = 0; e < epoch; e++) key = successor(key)
  return key
}

function successor(key: Buffer): Buffer {
  return createHmac('sha256', key).update('picket/ratchet/1').digest()
}

function seriesOf(first: Buffer): string {
  return hash('sha256', Buffer.concat([Buffer.from('picket/series/1\n'), first]), 'hex').slice(0, 16)
}

function isSame(a: Buffer, b: Buffer): boolean {
  return a.length === b.length && timingSafeEqual(a, b)
}

function ratchetPath(dataDir: string): string {
  return join(dataDir, 'seal.key')
}

function printSlot({ series, epoch, key }: SealKey): Buffer {
  const data = Buffer.alloc(slotBytes)
  data.writeUInt32BE(magic, 0)
  data.write(series, 4, 'hex')
  data.writeBigUInt64BE(BigInt(epoch), 12)
  key.copy(data, 20)
  data.writeUInt32BE(crc32(data.subarray(0, 60)), 60)
  return data
}

/** Of two whole slots (a crash between writing and wiping) the later one. */
function newestSlot(file: Buffer): { readonly slot: 0 | 1; readonly key: SealKey } | undefined {
  const [a, b] = ([0, 1] as const).map(slot => {
    const data = file.subarray(slot * slotBytes, (slot + 1) * slotBytes)
    const isWhole =
      data.length === slotBytes &&
      data.readUInt32BE(0) === magic &&
      crc32(data.subarray(0, 60)) === data.readUInt32BE(60)
    if (!isWhole) return undefined
    const key = {
      series: data.toString('hex', 4, 12),
      epoch: Number(data.readBigUInt64BE(12)),
      key: Buffer.from(data.subarray(20, 52)),
    }
    return { slot, key }
  })
  if (a === undefined || b === undefined) return a ?? b
  return a.key.epoch > b.key.epoch ? a : b
}
