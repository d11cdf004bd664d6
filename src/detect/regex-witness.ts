// A regular expression (RE2 syntax) → the literal sets that every match must contain, read from its source. Sound, not
// complete: whatever is not understood gives no set.
//   alternatives → union;  concatenation → any one of its parts;  optional parts → nothing

/** White space of `\s` in RE2 that a message can hold, each a literal of its own. CR LF of a frame is LF in the message. */
const blanks = [' ', '\t', '\n']
/** Stands in a run for "one of `blanks`". */
const blank = '\u{e000}'

/** Candidate sets: each alone is necessary. `pieces` cuts a text into the literals that stand in a frame as they are. */
export function regexLiterals(
  source: string,
  pieces: (text: string) => readonly string[],
): readonly (readonly string[])[] {
  const reader: Reader = { source, at: 0, pieces }
  const sets = alternation(reader, 0)
  return sets === undefined || reader.at < source.length ? [] : sets
}

type Reader = { readonly source: string; at: number; readonly pieces: (text: string) => readonly string[] }
type Sets = readonly (readonly string[])[]

const maxDepth = 32
const maxUnion = 64

/** Undefined: the reader gave up. No sets: understood, and nothing is necessary. */
function alternation(reader: Reader, depth: number): Sets | undefined {
  if (depth > maxDepth) return undefined
  const branches: Sets[] = []
  for (;;) {
    const branch = concatenation(reader, depth)
    if (branch === undefined) return undefined
    branches.push(branch)
    if (reader.source[reader.at] !== '|') break
    reader.at++
  }
  if (branches.length === 1) return branches[0]
  const union = new Set<string>()
  for (const branch of branches) {
    const best = bestSet(branch)
    if (best === undefined) return []
    for (const literal of best) union.add(literal)
  }
  return union.size > maxUnion ? [] : [[...union]]
}

/** The set with the longest shortest literal. */
function bestSet(sets: Sets): readonly string[] | undefined {
  let best: readonly string[] | undefined
  let bestLength = 0
  for (const set of sets) {
    const length = Math.min(...set.map(literal => literal.length)) - set.length / 32
    if (length > bestLength) {
      best = set
      bestLength = length
    }
  }
  return best
}

function concatenation(reader: Reader, depth: number): Sets | undefined {
  const { source } = reader
  const sets: (readonly string[])[] = []
  let run = ''
  const cut = () => {
    sets.push(...runSets(run, reader.pieces))
    run = ''
  }
  while (reader.at < source.length) {
    const c = source[reader.at] as string
    if (c === '|' || c === ')') break
    reader.at++
    if (c === '(') {
      cut()
      const flags = /^\?(?:P?<\w+>|[imsU-]*:)/.exec(source.slice(reader.at, reader.at + 80))?.[0]
      const onlyFlags = /^\?[imsU-]+\)/.exec(source.slice(reader.at, reader.at + 16))?.[0]
      reader.at += onlyFlags?.length ?? flags?.length ?? 0
      if (onlyFlags !== undefined) continue
      const inner = alternation(reader, depth + 1)
      if (inner === undefined || source[reader.at] !== ')') return undefined
      reader.at++
      if (quantifier(reader) !== 'optional') sets.push(...inner)
    } else if (c === '[') {
      cut()
      const end = classEnd(source, reader.at)
      if (end === undefined) return undefined
      reader.at = end + 1
      quantifier(reader)
    } else if (c === '.') {
      cut()
      quantifier(reader)
    } else if (c === '^' || c === '$') {
      // no width
    } else if (c === '\\') {
      const next = source[reader.at++] ?? ''
      if (next === 's') character(blank)
      else if (/[bBAz]/.test(next)) {
        // no width
      } else if (/[dDwWSntrfva]/.test(next)) {
        cut()
        quantifier(reader)
      } else if (/[\p{P}\p{S}]/u.test(next)) character(next)
      else return undefined
    } else if ('*+?{'.includes(c)) {
      // A quantifier where none is expected: `{` may be literal text in RE2.
      return undefined
    } else character(c)
  }
  cut()
  return sets

  function character(c: string): void {
    const times = quantifier(reader)
    if (times === 'once') run += c
    else if (times === 'optional') cut()
    else {
      run += c
      cut()
      run = c
    }
  }
}

/** Reads the quantifier at the reader, if any. */
function quantifier(reader: Reader): 'once' | 'optional' | 'many' {
  const found = /^(?:[*+?]|\{\d+(?:,\d*)?\})\??/.exec(reader.source.slice(reader.at, reader.at + 16))?.[0]
  if (found === undefined) return 'once'
  reader.at += found.length
  return /^(?:[*?]|\{0)/.test(found) ? 'optional' : 'many'
}

/** The offset of the `]` of a class whose first character is at `from`. */
function classEnd(source: string, from: number): number | undefined {
  let i = from
  if (source[i] === '^') i++
  if (source[i] === ']') i++
  for (; i < source.length; i++) {
    if (source[i] === '\\') i++
    else if (source.startsWith('[:', i)) i = Math.max(i, source.indexOf(':]', i) + 1)
    else if (source[i] === ']') return i
  }
  return undefined
}

/** A run's own literals, and with one blank at its end or start spelt out. */
function runSets(run: string, pieces: (text: string) => readonly string[]): Sets {
  const sets: (readonly string[])[] = []
  for (const part of run.split(new RegExp(`(?<=${blank})(?=${blank})`, 'u'))) {
    for (const text of part.split(blank)) for (const piece of pieces(text)) sets.push([piece])
    const words = part.split(blank)
    const last = words.length - 1
    for (let i = 0; i < last; i++) {
      const before = tail(words[i] ?? '', pieces)
      const after = head(words[i + 1] ?? '', pieces)
      if (before !== '') sets.push([...blanks.map(b => before + b + after), `${before}\r`])
      else if (after !== '') sets.push(blanks.map(b => b + after))
    }
  }
  return sets
}

/** The literal that ends a text, or begins it; '' when a character that frames may write otherwise stands there. */
function tail(text: string, pieces: (text: string) => readonly string[]): string {
  const last = pieces(text).at(-1) ?? ''
  return text.toLowerCase().endsWith(last) ? last : ''
}

function head(text: string, pieces: (text: string) => readonly string[]): string {
  const first = pieces(text)[0] ?? ''
  return text.toLowerCase().startsWith(first) ? first : ''
}
