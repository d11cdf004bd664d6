// Lower case for many ASCII bytes at once, into memory that is used again and again: a new buffer per block would cost
// more than the work.

/** Memory for one lower-cased text at a time. */
export type LowerScratch = {
  /** The text with `A`..`Z` in lower case, all other bytes unchanged; good until the next call with another text. */
  lower(text: Buffer): Buffer
}

export function lowerScratch(): LowerScratch {
  let memory = Buffer.alloc(0)
  let last: Buffer | undefined
  return {
    lower(text) {
      if (last !== text) {
        if (memory.length < text.length) memory = Buffer.allocUnsafeSlow(Math.ceil(text.length / 4096) * 4096 * 2)
        lowerInto(text, memory)
        last = text
      }
      return memory.subarray(0, text.length)
    },
  }
}

/** Four bytes a step where the text lies on a word border in memory. `to` begins at one. */
function lowerInto(text: Buffer, to: Buffer): void {
  const words = text.byteOffset % 4 === 0 ? text.length >> 2 : 0
  const source = new Int32Array(text.buffer, words === 0 ? 0 : text.byteOffset, words)
  const target = new Int32Array(to.buffer, to.byteOffset, words)
  for (let i = 0; i < words; i++) {
    const word = source[i] as number
    // the high bit of each byte: set when the low seven bits are >= 'A', and when they are > 'Z'
    const low = word & 0x7f7f7f7f
    const isUpper = (low + 0x3f3f3f3f) & ~(low + 0x25252525) & ~word & 0x80808080
    target[i] = word | (isUpper >>> 2)
  }
  for (let i = words * 4; i < text.length; i++) {
    const byte = text[i] as number
    to[i] = byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte
  }
}
