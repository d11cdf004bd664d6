// The column codec of a block: lists of numbers as byte planes, dictionaries and text, each compressed on its own so
// that one column can be read without the others.
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib'

const stored = 0
const zstd = 1
/** Below this a zstd frame's own header outweighs the gain. */
const compressFromBytes = 48
const compressionLevel = { [constants.ZSTD_c_compressionLevel]: 1 }

/** One byte that names the codec, then the data. */
export function packBytes(data: Uint8Array): Uint8Array<ArrayBuffer> {
  if (data.length >= compressFromBytes) {
    const packed = zstdCompressSync(data, { params: compressionLevel, chunkSize: Math.max(1024, data.length >> 1) })
    if (packed.length < data.length) return withCodec(zstd, packed)
  }
  return withCodec(stored, data)
}

export function unpackBytes(packed: Buffer): Buffer {
  const body = packed.subarray(1)
  return packed[0] === zstd ? zstdDecompressSync(body) : body
}

function withCodec(codec: number, data: Uint8Array): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(data.length + 1)
  out[0] = codec
  out.set(data, 1)
  return out
}

/**
 * Non-negative safe integers as byte planes: all lowest bytes, then all second bytes … Random low bytes then do
 * not spoil the compression of the high ones. One leading byte holds the number of planes.
 */
export function packNumbers(
  values: Float64Array | Uint32Array | Uint16Array | Uint8Array,
  count: number,
): Uint8Array<ArrayBuffer> {
  let max = 0
  for (let i = 0; i < count; i++) if ((values[i] as number) > max) max = values[i] as number
  let planes = 1
  while (planes < 7 && max >= 2 ** (8 * planes)) planes++
  const out = new Uint8Array(1 + planes * count)
  out[0] = planes
  for (let plane = 0; plane < planes; plane++) {
    const to = 1 + plane * count
    if (max <= 0xffffffff) for (let i = 0; i < count; i++) out[to + i] = (values[i] as number) >>> (8 * plane)
    else for (let i = 0; i < count; i++) out[to + i] = Math.floor((values[i] as number) / 256 ** plane)
  }
  return packBytes(out)
}

export function unpackNumbers(packed: Buffer, count: number): Float64Array {
  const data = unpackBytes(packed)
  const planes = data[0] as number
  if (data.length !== 1 + planes * count) throw new RangeError(`a column of ${count} numbers has ${data.length} bytes`)
  const values = new Float64Array(count)
  let scale = 1
  for (let plane = 0; plane < planes; plane++) {
    const from = 1 + plane * count
    for (let i = 0; i < count; i++) values[i] = (values[i] as number) + (data[from + i] as number) * scale
    scale *= 256
  }
  return values
}

/** Integers as differences to the one before, folded to non-negative; the first is kept apart. They must lie within
 *  2^52 of each other. */
export function packDeltas(
  values: Float64Array,
  count: number,
): { readonly first: number; readonly packed: Uint8Array<ArrayBuffer> } {
  const first = count > 0 ? (values[0] as number) : 0
  const folded = new Float64Array(count)
  let previous = first
  for (let i = 0; i < count; i++) {
    const value = values[i] as number
    const delta = value - previous
    folded[i] = delta < 0 ? -2 * delta - 1 : 2 * delta
    previous = value
  }
  return { first, packed: packNumbers(folded, count) }
}

export function unpackDeltas(packed: Buffer, count: number, first: number): Float64Array {
  const values = unpackNumbers(packed, count)
  let previous = first
  for (let i = 0; i < count; i++) {
    const folded = values[i] as number
    previous += folded % 2 === 1 ? -(folded + 1) / 2 : folded / 2
    values[i] = previous
  }
  return values
}

export function packJson(value: unknown): Uint8Array<ArrayBuffer> {
  return packBytes(Buffer.from(JSON.stringify(value)))
}

export function unpackJson(packed: Buffer): unknown {
  return JSON.parse(unpackBytes(packed).toString())
}
