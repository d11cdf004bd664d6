// The distinct terms of a block, gathered from bytes without a string per token. Plain words go to the full-text index;
// terms with a digit or a non-ASCII letter go to a Bloom filter, because nearly all of them occur once (ARCHITECTURE.md).
// What a term is: src/query/tokens.ts; test/store/sqlite/terms.test.ts holds the two to the same answer.
import { tokensOf } from '../../query/tokens.ts'

/** Longer words go to the filter too: nobody types them, and the index would keep each one. */
const maxWordBytes = 40

const letter = 0x100
const digit = 0x200
/** Per byte: 0 for a separator, else the lower-case byte with its kind. One look-up per byte serves for all three. */
const classes = new Uint16Array(256)
for (let c = 0; c < 256; c++) {
  const isUpper = c >= 0x41 && c <= 0x5a
  if (isUpper || (c >= 0x61 && c <= 0x7a) || c === 0x5f) classes[c] = letter | (isUpper ? c + 32 : c)
  else if (c >= 0x30 && c <= 0x39) classes[c] = digit | c
}
const dot = 0x2e

const hashStart = 0x811c9dc5 | 0
const hashFactor = 0x01000193

/** The hash of a filter term; `text` is lower case already. */
export function hashTerm(text: string): number {
  let hash = hashStart
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ ((classes[byte] as number) || byte), hashFactor)
  return hash || 1
}

/** True for terms that the full-text index holds: ASCII letters and `_` only. */
export function isWord(token: string): boolean {
  return token.length <= maxWordBytes && /^[a-z_]+$/.test(token)
}

/** Gathers the distinct terms of one block; reused for the next after `clear`. */
export class TermSet {
  /** Slots of the word table: index + 1 into the word list, 0 = free. */
  #wordSlots = new Int32Array(8192)
  #wordHash = new Int32Array(4096)
  #wordStart = new Int32Array(4096)
  #wordEnd = new Int32Array(4096)
  #words = 0
  #text = new Uint8Array(65_536)
  #textLength = 0

  /** Slots of the filter terms' hashes; 0 is free. */
  #filterSlots = new Int32Array(65_536)
  /** The same hashes, in the order in which they came. */
  #filterHashes = new Int32Array(32_768)
  #filterTerms = 0

  clear(): void {
    this.#wordSlots.fill(0)
    this.#words = 0
    this.#textLength = 0
    this.#filterSlots.fill(0)
    this.#filterTerms = 0
  }

  /** Adds the terms of ASCII bytes; bytes above 0x7e only separate here, so other text goes through `addText`. */
  addBytes(bytes: Uint8Array, start: number, end: number): void {
    let at = start
    // for dotted quads: how many all-digit tokens joined by single dots end here, and where the last three began
    let joined = 0
    let from3 = 0
    let from2 = 0
    let from1 = 0
    let lastNumberEnd = -2
    while (at < end) {
      let c = classes[bytes[at] as number] as number
      if (c === 0) {
        at++
        continue
      }
      const from = at
      let hash = hashStart
      let kinds = 0
      do {
        kinds |= c
        hash = Math.imul(hash ^ c, hashFactor)
        if (++at === end) break
        c = classes[bytes[at] as number] as number
      } while (c !== 0)
      if ((kinds & digit) === 0 && at - from <= maxWordBytes) {
        this.#addWord(bytes, from, at, hash)
        continue
      }
      this.#addFilterTerm(hash || 1)
      if ((kinds & letter) !== 0) continue
      joined = lastNumberEnd + 1 === from && bytes[lastNumberEnd] === dot ? joined + 1 : 1
      lastNumberEnd = at
      if (joined > 3) this.#addFilterTerm(hashDotted(bytes, from3, at))
      from3 = from2
      from2 = from1
      from1 = from
    }
  }

  /** Adds the terms of any text. */
  addText(text: string): void {
    for (const token of tokensOf(text)) {
      if (isWord(token)) {
        const bytes = Buffer.from(token, 'latin1')
        this.#addWord(bytes, 0, bytes.length, hashTerm(token))
      } else this.#addFilterTerm(hashTerm(token))
    }
  }

  /** The words, joined by blanks, for the full-text index. */
  words(): string {
    const list: string[] = []
    for (let i = 0; i < this.#words; i++)
      list.push(
        Buffer.from(this.#text.subarray(this.#wordStart[i] as number, this.#wordEnd[i] as number)).toString('latin1'),
      )
    return list.join(' ')
  }

  /** The filter terms' hashes, to be merged or built into a filter. */
  filterTerms(): Int32Array<ArrayBuffer> {
    return this.#filterHashes.slice(0, this.#filterTerms)
  }

  /** Takes in what another set gave out. */
  merge(words: string, filterTerms: Int32Array): void {
    if (words !== '') this.addText(words)
    for (const hash of filterTerms) this.#addFilterTerm(hash)
  }

  #addWord(bytes: Uint8Array, from: number, to: number, hash: number): void {
    const mask = this.#wordSlots.length - 1
    const length = to - from
    let slot = (hash ^ (hash >>> 15)) & mask
    for (;;) {
      const entry = this.#wordSlots[slot] as number
      if (entry === 0) break
      const word = entry - 1
      if (this.#wordHash[word] === hash) {
        // the hash alone would let a sender hide a word behind another of the same hash
        const start = this.#wordStart[word] as number
        let i = 0
        if ((this.#wordEnd[word] as number) - start === length)
          while (i < length && this.#text[start + i] === ((classes[bytes[from + i] as number] as number) & 0xff)) i++
        if (i === length) return
      }
      slot = (slot + 1) & mask
    }
    if (this.#words === this.#wordHash.length) this.#growWords()
    if (this.#textLength + length > this.#text.length) {
      const text = new Uint8Array(this.#text.length * 2)
      text.set(this.#text)
      this.#text = text
    }
    const word = this.#words++
    this.#wordHash[word] = hash
    this.#wordStart[word] = this.#textLength
    for (let i = from; i < to; i++) this.#text[this.#textLength++] = classes[bytes[i] as number] as number
    this.#wordEnd[word] = this.#textLength
    this.#placeWord(word)
  }

  #placeWord(word: number): void {
    const mask = this.#wordSlots.length - 1
    const hash = this.#wordHash[word] as number
    let slot = (hash ^ (hash >>> 15)) & mask
    while (this.#wordSlots[slot] !== 0) slot = (slot + 1) & mask
    this.#wordSlots[slot] = word + 1
  }

  #growWords(): void {
    const grown = (old: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> => {
      const copy = new Int32Array(old.length * 2)
      copy.set(old)
      return copy
    }
    this.#wordHash = grown(this.#wordHash)
    this.#wordStart = grown(this.#wordStart)
    this.#wordEnd = grown(this.#wordEnd)
    this.#wordSlots = new Int32Array(this.#wordSlots.length * 2)
    for (let word = 0; word < this.#words; word++) this.#placeWord(word)
  }

  #addFilterTerm(hash: number): void {
    const slots = this.#filterSlots
    const mask = slots.length - 1
    let slot = (hash ^ (hash >>> 15)) & mask
    for (;;) {
      const found = slots[slot]
      if (found === hash) return
      if (found === 0) break
      slot = (slot + 1) & mask
    }
    slots[slot] = hash
    this.#filterHashes[this.#filterTerms++] = hash
    if (this.#filterTerms === this.#filterHashes.length) this.#growFilter()
  }

  #growFilter(): void {
    const hashes = this.#filterHashes
    this.#filterSlots = new Int32Array(hashes.length * 4)
    this.#filterHashes = new Int32Array(hashes.length * 2)
    this.#filterTerms = 0
    for (const hash of hashes) this.#addFilterTerm(hash)
  }
}

/** The hash of bytes[from, to), digits and dots, as hashTerm gives it for their text. */
function hashDotted(bytes: Uint8Array, from: number, to: number): number {
  let hash = hashStart
  for (let i = from; i < to; i++) {
    const byte = bytes[i] as number
    hash = Math.imul(hash ^ ((classes[byte] as number) || byte), hashFactor)
  }
  return hash || 1
}

const bitsPerTerm = 10
const probes = 6

/** A Bloom filter over the hashes of terms: 10 bits a term and 6 probes, about 1 % false answers. */
export function buildFilter(hashes: Int32Array): Uint8Array<ArrayBuffer> {
  const bits = Math.max(64, Math.ceil((hashes.length * bitsPerTerm) / 8) * 8)
  const filter = new Uint8Array(bits / 8)
  for (const hash of hashes) {
    let probe = hash >>> 0
    const step = stepOf(hash)
    for (let k = 0; k < probes; k++) {
      const bit = probe % bits
      filter[bit >>> 3] = (filter[bit >>> 3] as number) | (1 << (bit & 7))
      probe = (probe + step) >>> 0
    }
  }
  return filter
}

/** False: the term with this hash is certainly not in the filter's block. */
export function mayContain(filter: Uint8Array, hash: number): boolean {
  const bits = filter.length * 8
  let probe = hash >>> 0
  const step = stepOf(hash)
  for (let k = 0; k < probes; k++) {
    const bit = probe % bits
    if (((filter[bit >>> 3] as number) & (1 << (bit & 7))) === 0) return false
    probe = (probe + step) >>> 0
  }
  return true
}

/** The second hash of double hashing, odd, mixed from the first (the finaliser of MurmurHash3). */
function stepOf(hash: number): number {
  const mixed = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  return ((mixed ^ (mixed >>> 13)) | 1) >>> 0
}
