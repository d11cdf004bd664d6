// The distinct terms of a block, gathered from bytes without a string per token. Plain words go to the full-text index;
// terms with a digit or a non-ASCII letter go to a Bloom filter, because nearly all of them occur once (ARCHITECTURE.md).
// What a term is: src/query/tokens.ts; test/store/sqlite/terms.test.ts holds the two to the same answer.
import { tokensOf } from '../../query/tokens.ts'

/** Longer words go to the filter too: nobody types them, and the index would keep each one. */
const maxWordBytes = 40

const kindOther = 0
const kindLetter = 1
const kindDigit = 2
/** Per byte: letter or `_`, digit, or a separator. */
const kinds = new Uint8Array(256)
/** ASCII lower case. */
const lower = new Uint8Array(256)
for (let c = 0; c < 256; c++) {
  const isUpper = c >= 0x41 && c <= 0x5a
  lower[c] = isUpper ? c + 32 : c
  kinds[c] =
    isUpper || (c >= 0x61 && c <= 0x7a) || c === 0x5f ? kindLetter : c >= 0x30 && c <= 0x39 ? kindDigit : kindOther
}

const seed1 = 0x811c9dc5 | 0
const seed2 = 0x2545f491 | 0

/** The two hashes of a filter term; `text` is lower case already. */
export function hashTerm(text: string): readonly [number, number] {
  let h1 = seed1
  let h2 = seed2
  for (const byte of Buffer.from(text)) {
    h1 = Math.imul(h1 ^ byte, 0x01000193)
    h2 = Math.imul(h2 ^ byte, 0x5bd1e995) ^ (h2 >>> 15)
  }
  return [h1, h2]
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

  /** Slots of the filter terms: both hashes side by side; a pair of zeros is free. */
  #filterSlots = new Int32Array(2 * 32_768)
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
    // the last tokens, for dotted quads: start of the run of all-digit tokens joined by single dots
    let quads = 0
    let quad0 = 0
    let quad1 = 0
    let quad2 = 0
    let lastNumberEnd = -2
    while (at < end) {
      let kind = kinds[bytes[at] as number] as number
      if (kind === kindOther) {
        at++
        continue
      }
      const from = at
      let h1 = seed1
      let h2 = seed2
      let seen = 0
      do {
        seen |= kind
        const c = lower[bytes[at] as number] as number
        h1 = Math.imul(h1 ^ c, 0x01000193)
        h2 = Math.imul(h2 ^ c, 0x5bd1e995) ^ (h2 >>> 15)
        at++
        if (at === end) break
        kind = kinds[bytes[at] as number] as number
      } while (kind !== kindOther)
      if (seen === kindLetter && at - from <= maxWordBytes) {
        this.#addWord(bytes, from, at, h1)
        continue
      }
      this.#addFilterTerm(h1, h2)
      if (seen !== kindDigit) continue
      quads = lastNumberEnd + 1 === from && bytes[lastNumberEnd] === 0x2e ? quads + 1 : 1
      lastNumberEnd = at
      if (quads > 3) this.#addJoined(bytes, quad0, at)
      quad0 = quad1
      quad1 = quad2
      quad2 = from
    }
  }

  /** Adds the terms of any text. */
  addText(text: string): void {
    for (const token of tokensOf(text)) {
      if (isWord(token)) {
        const bytes = Buffer.from(token, 'latin1')
        this.#addWord(bytes, 0, bytes.length, hashTerm(token)[0])
      } else {
        const [h1, h2] = hashTerm(token)
        this.#addFilterTerm(h1, h2)
      }
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

  /** The filter terms' hashes, pairs of 32 bit, to be merged or built into a filter. */
  filterTerms(): Int32Array<ArrayBuffer> {
    const pairs = new Int32Array(2 * this.#filterTerms)
    let to = 0
    for (let slot = 0; slot < this.#filterSlots.length; slot += 2) {
      if (this.#filterSlots[slot] === 0 && this.#filterSlots[slot + 1] === 0) continue
      pairs[to++] = this.#filterSlots[slot] as number
      pairs[to++] = this.#filterSlots[slot + 1] as number
    }
    return pairs
  }

  /** Takes in what another set gave out. */
  merge(words: string, filterTerms: Int32Array): void {
    if (words !== '') this.addText(words)
    for (let i = 0; i < filterTerms.length; i += 2)
      this.#addFilterTerm(filterTerms[i] as number, filterTerms[i + 1] as number)
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
          while (i < length && this.#text[start + i] === lower[bytes[from + i] as number]) i++
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
    for (let i = from; i < to; i++) this.#text[this.#textLength++] = lower[bytes[i] as number] as number
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

  #addJoined(bytes: Uint8Array, from: number, to: number): void {
    let h1 = seed1
    let h2 = seed2
    for (let i = from; i < to; i++) {
      const c = bytes[i] as number
      h1 = Math.imul(h1 ^ c, 0x01000193)
      h2 = Math.imul(h2 ^ c, 0x5bd1e995) ^ (h2 >>> 15)
    }
    this.#addFilterTerm(h1, h2)
  }

  #addFilterTerm(h1: number, h2: number): void {
    if (h1 === 0 && h2 === 0) h2 = 1
    const slots = this.#filterSlots
    const mask = slots.length / 2 - 1
    let slot = (h1 ^ (h1 >>> 15)) & mask
    for (;;) {
      const a = slots[2 * slot] as number
      const b = slots[2 * slot + 1] as number
      if (a === h1 && b === h2) return
      if (a === 0 && b === 0) break
      slot = (slot + 1) & mask
    }
    slots[2 * slot] = h1
    slots[2 * slot + 1] = h2
    if (++this.#filterTerms * 4 > slots.length) this.#growFilter()
  }

  #growFilter(): void {
    const old = this.#filterSlots
    this.#filterSlots = new Int32Array(old.length * 2)
    this.#filterTerms = 0
    for (let i = 0; i < old.length; i += 2)
      if (old[i] !== 0 || old[i + 1] !== 0) this.#addFilterTerm(old[i] as number, old[i + 1] as number)
  }
}

const bitsPerTerm = 10
const probes = 6

/** A Bloom filter over hash pairs: 10 bits a term and 6 probes, about 1 % false answers. */
export function buildFilter(terms: Int32Array): Uint8Array<ArrayBuffer> {
  const bits = Math.max(64, Math.ceil(((terms.length / 2) * bitsPerTerm) / 8) * 8)
  const filter = new Uint8Array(bits / 8)
  for (let i = 0; i < terms.length; i += 2) {
    let probe = (terms[i] as number) >>> 0
    const step = ((terms[i + 1] as number) | 1) >>> 0
    for (let k = 0; k < probes; k++) {
      const bit = probe % bits
      filter[bit >>> 3] = (filter[bit >>> 3] as number) | (1 << (bit & 7))
      probe = (probe + step) >>> 0
    }
  }
  return filter
}

/** False: the term is certainly not in the filter's block. */
export function mayContain(filter: Uint8Array, term: readonly [number, number]): boolean {
  const bits = filter.length * 8
  const h2 = term[0] === 0 && term[1] === 0 ? 1 : term[1]
  let probe = term[0] >>> 0
  const step = (h2 | 1) >>> 0
  for (let k = 0; k < probes; k++) {
    const bit = probe % bits
    if (((filter[bit >>> 3] as number) & (1 << (bit & 7))) === 0) return false
    probe = (probe + step) >>> 0
  }
  return true
}
