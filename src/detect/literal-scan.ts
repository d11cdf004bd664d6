// One dense Aho-Corasick automaton over bytes, ASCII case folded: which of many literals stand in a frame.
// One table load per byte; the alphabet is compressed to the bytes that occur in literals, all others are one class.

export type LiteralScan = {
  /** Calls `found` with the literal's number for every literal in bytes[start, end), at least once each. */
  scan(bytes: Uint8Array, start: number, end: number): boolean
  readonly tableBytes: number
}

/** Bound on the table; longer rule sets are scanned by the heads of their literals, which is less exact and still sound. */
const maxTableEntries = 16 << 20

/** Compiles the automaton. Literals are latin1 strings (a character per byte), lower case, not empty. */
export function compileScan(literals: readonly string[], found: (literal: number) => void): LiteralScan {
  let texts = literals
  for (let cut = 16; entriesOf(texts) > maxTableEntries && cut >= 2; cut >>= 1)
    texts = literals.map(t => t.slice(0, cut))
  const { classes, classCount } = alphabetOf(texts)
  const { next, outputs } = buildTable(texts, classes, classCount)
  if (literals.length === 0) return { tableBytes: next.byteLength, scan: () => false }

  return {
    tableBytes: next.byteLength,
    scan(bytes, start, end) {
      const table = next
      const classOf = classes
      let hit = false
      let state = 0
      let i = start
      while (i < end) {
        // The inner loop calls nothing, so that the optimiser keeps both tables in registers.
        do {
          state = table[state + (classOf[bytes[i++] as number] as number)] as number
        } while (state >= 0 && i < end)
        if (state >= 0) break
        // Negative: literals end here.
        state = ~state
        hit = true
        const ending = outputs[(state / classCount) | 0] as readonly number[]
        for (let n = 0; n < ending.length; n++) found(ending[n] as number)
      }
      return hit
    },
  }
}

const entriesOf = (texts: readonly string[]) =>
  (texts.reduce((n, t) => n + t.length, 1) + 1) * alphabetOf(texts).classCount

/** byte → class; class 0 is every byte that no literal has. */
function alphabetOf(texts: readonly string[]): { classes: Uint8Array; classCount: number } {
  const used = new Set<number>()
  for (const text of texts) for (let i = 0; i < text.length; i++) used.add(text.charCodeAt(i))
  const classes = new Uint8Array(256)
  let classCount = 1
  for (const byte of [...used].sort((a, b) => a - b)) {
    // 255 classes at most: 26 letters share theirs with their capitals.
    classes[byte] = classCount
    if (byte >= 0x61 && byte <= 0x7a) classes[byte - 0x20] = classCount
    classCount++
  }
  return { classes, classCount }
}

/** States are numbered times classCount, so that a step is one addition; a state where a literal ends is stored as ~state. */
function buildTable(texts: readonly string[], classes: Uint8Array, classCount: number) {
  const maxStates = texts.reduce((n, t) => n + t.length, 1)
  const trie = new Int32Array(maxStates * classCount)
  const outputs: number[][] = [[]]
  let states = 1
  texts.forEach((text, literal) => {
    let state = 0
    for (let i = 0; i < text.length; i++) {
      const at = state * classCount + (classes[text.charCodeAt(i)] as number)
      if (trie[at] === 0) {
        trie[at] = states++
        outputs.push([])
      }
      state = trie[at] as number
    }
    outputs[state]?.push(literal)
  })

  // Breadth first: the failure state is less deep, so its row and outputs are complete when they are needed.
  const next = trie.slice(0, states * classCount)
  const failure = new Int32Array(states)
  const queue: number[] = []
  for (let c = 0; c < classCount; c++) if (next[c] !== 0) queue.push(next[c] as number)
  for (let head = 0; head < queue.length; head++) {
    const state = queue[head] as number
    const fallback = failure[state] as number
    outputs[state]?.push(...(outputs[fallback] ?? []))
    for (let c = 0; c < classCount; c++) {
      const at = state * classCount + c
      const child = next[at] as number
      const other = next[fallback * classCount + c] as number
      if (child === 0) next[at] = other
      else {
        failure[child] = other
        queue.push(child)
      }
    }
  }
  // Numbered by depth: the states that a text is mostly in lie together and stay in the cache.
  const order = [0, ...queue]
  const place = new Int32Array(states)
  order.forEach((state, n) => {
    place[state] = n * classCount
  })
  const table = new Int32Array(next.length)
  order.forEach((state, n) => {
    for (let c = 0; c < classCount; c++) {
      const target = next[state * classCount + c] as number
      const at = place[target] as number
      table[n * classCount + c] = (outputs[target]?.length ?? 0) > 0 ? ~at : at
    }
  })
  return { next: table, outputs: order.map(state => outputs[state] ?? []) }
}
