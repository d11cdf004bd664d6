// Short byte strings → small ids, without making a JS string for those that were seen before.

/** Ids count from 1 in order of first sight; 0 is for the caller's "absent". */
export class ByteDictionary {
  #slots = new Int32Array(2048)
  #hashes: number[] = []
  #entries: Uint8Array[] = []

  get size(): number {
    return this.#entries.length
  }

  clear(): void {
    this.#slots.fill(0)
    this.#hashes = []
    this.#entries = []
  }

  /** The id of bytes[start..end). */
  idOf(bytes: Uint8Array, start: number, end: number): number {
    let hash = 0x811c9dc5 | 0
    for (let i = start; i < end; i++) hash = Math.imul(hash ^ (bytes[i] as number), 0x01000193)
    const mask = this.#slots.length - 1
    let slot = (hash ^ (hash >>> 15)) & mask
    for (;;) {
      const id = this.#slots[slot] as number
      if (id === 0) break
      if (this.#hashes[id - 1] === hash && same(this.#entries[id - 1] as Uint8Array, bytes, start, end)) return id
      slot = (slot + 1) & mask
    }
    this.#hashes.push(hash)
    this.#entries.push(bytes.slice(start, end))
    if (this.#entries.length * 2 > this.#slots.length) this.#grow()
    else this.#slots[slot] = this.#entries.length
    return this.#entries.length
  }

  texts(): string[] {
    return this.#entries.map(entry => Buffer.from(entry).toString())
  }

  #grow(): void {
    this.#slots = new Int32Array(this.#slots.length * 2)
    const mask = this.#slots.length - 1
    this.#hashes.forEach((hash, i) => {
      let slot = (hash ^ (hash >>> 15)) & mask
      while (this.#slots[slot] !== 0) slot = (slot + 1) & mask
      this.#slots[slot] = i + 1
    })
  }
}

function same(entry: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  if (entry.length !== end - start) return false
  for (let i = 0; i < entry.length; i++) if (entry[i] !== bytes[start + i]) return false
  return true
}
