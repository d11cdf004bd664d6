// Is a text only printable ASCII? Asked for every byte that arrives, so four bytes at a time.

/** The memory that was looked at last, as words. */
export class WordView {
  memory: ArrayBufferLike | undefined
  words: Int32Array = new Int32Array(0)
}

/** Making a view of the memory costs more than a loop over few bytes. */
const minViewBytes = 4096

/** True when bytes[from..end) are printable ASCII and TAB: those that parseMessage leaves as they are. */
export function isPlainText(bytes: Uint8Array, from: number, end: number, view: WordView): boolean {
  if (bytes.length < minViewBytes) return isPlainRange(bytes, from, end)
  if (view.memory !== bytes.buffer) {
    view.memory = bytes.buffer
    view.words = new Int32Array(bytes.buffer, 0, bytes.buffer.byteLength >> 2)
  }
  // Whole aligned words of four bytes, and the edges byte by byte.
  const words = view.words
  const shift = bytes.byteOffset
  const firstWord = (shift + from + 3) >> 2
  const lastWord = (shift + end) >> 2
  if (firstWord >= lastWord) return isPlainRange(bytes, from, end)
  if (!isPlainRange(bytes, from, firstWord * 4 - shift) || !isPlainRange(bytes, lastWord * 4 - shift, end)) return false
  for (let n = firstWord; n < lastWord; n++) {
    const word = words[n] ?? 0
    // The high bit of a byte: set in it (not ASCII), by a borrow (below blank), by a carry (DEL).
    if ((((word - 0x20202020) & ~word) | word | (word + 0x01010101)) & 0x80808080) {
      if (!isPlainRange(bytes, n * 4 - shift, n * 4 - shift + 4)) return false
    }
  }
  return true
}

function isPlainRange(bytes: Uint8Array, from: number, end: number): boolean {
  for (let at = from; at < end; at++) {
    const byte = bytes[at] ?? 0
    if ((byte < 0x20 && byte !== 0x09) || byte > 0x7e) return false
  }
  return true
}
