// Wildcard patterns: Sigma strings to pieces, pieces to fast closures. Detection.md §2.1, after pySigma's SigmaString.
import type { GlobPart } from './ast.ts'

export const anyRun: GlobPart = { any: 'run' }
export const anyOne: GlobPart = { any: 'one' }

/**
 * The pieces of a Sigma string. `\` before `*`, `?` or `\` makes that character literal; before anything else, and at
 * the end, it stands for itself (sigma/types.py SigmaString).
 */
export function globFrom(pattern: string): GlobPart[] {
  const parts: GlobPart[] = []
  let literal = ''
  for (let i = 0; i < pattern.length; i++) {
    const character = pattern.charAt(i)
    if (character === '\\' && /^[*?\\]$/.test(pattern.charAt(i + 1))) literal += pattern.charAt(++i)
    else if (character === '*' || character === '?') {
      parts.push(literal, character === '*' ? anyRun : anyOne)
      literal = ''
    } else literal += character
  }
  parts.push(literal)
  return normalGlob(parts)
}

/** The same pattern with neighbouring literals joined, empty literals dropped and repeated `*` made one. */
export function normalGlob(parts: readonly GlobPart[]): GlobPart[] {
  const normal: GlobPart[] = []
  for (const part of parts) {
    const last = normal.at(-1)
    if (part === '') continue
    if (typeof part === 'string' && typeof last === 'string') normal[normal.length - 1] = last + part
    else if (isRun(part) && last !== undefined && isRun(last)) continue
    else normal.push(part)
  }
  return normal
}

/** True for `*`. */
export function isRun(part: GlobPart): boolean {
  return typeof part !== 'string' && part.any === 'run'
}

/** True when the pattern has a `*` or `?`. */
export function hasWildcard(parts: readonly GlobPart[]): boolean {
  return parts.some(part => typeof part !== 'string')
}

/** The same pattern in lower case, for a matcher that is given lower-cased text. */
export function lowerGlob(parts: readonly GlobPart[]): GlobPart[] {
  return normalGlob(parts).map(part => (typeof part === 'string' ? part.toLowerCase() : part))
}

/** A test of a whole text against the pattern, in the case as given. `?` is one code point; `*` crosses line ends. */
export function compileGlob(pattern: readonly GlobPart[]): (text: string) => boolean {
  const parts = normalGlob(pattern)
  const [a, b, c] = parts
  if (a === undefined) return text => text === ''
  if (parts.length === 1 && isRun(a)) return () => true
  if (parts.length === 1 && typeof a === 'string') return text => text === a
  if (parts.length === 2 && b !== undefined) {
    if (typeof a === 'string' && isRun(b)) return text => text.startsWith(a)
    if (isRun(a) && typeof b === 'string') return text => text.endsWith(b)
  }
  if (parts.length === 3 && b !== undefined && c !== undefined && isRun(a) && typeof b === 'string' && isRun(c)) {
    return text => text.includes(b)
  }
  return compileSegments(parts)
}

/** The literal pieces and `?` between two `*`. */
type Segment = readonly GlobPart[]

/** The first segment is held at the start, the last at the end, the others are found from left to right. */
function compileSegments(parts: readonly GlobPart[]): (text: string) => boolean {
  const segments: GlobPart[][] = [[]]
  for (const part of parts) {
    if (isRun(part)) segments.push([])
    else segments.at(-1)?.push(part)
  }
  const first = segments[0] ?? []
  if (segments.length === 1) return text => matchForward(first, text, 0) === text.length
  const last = segments.at(-1) ?? []
  const middle = segments.slice(1, -1)
  return text => {
    let at = matchForward(first, text, 0)
    if (at < 0) return false
    const end = matchBackward(last, text, text.length)
    if (end < at) return false
    for (const segment of middle) {
      at = findSegment(segment, text, at)
      if (at < 0 || at > end) return false
    }
    return true
  }
}

/** The end of the segment when it matches at `at`, else -1. */
function matchForward(segment: Segment, text: string, start: number): number {
  let at = start
  for (const part of segment) {
    if (typeof part === 'string') {
      if (!text.startsWith(part, at)) return -1
      at += part.length
    } else {
      if (at >= text.length) return -1
      at += (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1
    }
  }
  return at
}

/** The start of the segment when it matches up to `end`, else -1. */
function matchBackward(segment: Segment, text: string, end: number): number {
  let at = end
  for (let i = segment.length - 1; i >= 0; i--) {
    const part = segment[i]
    if (typeof part === 'string') {
      at -= part.length
      if (at < 0 || !text.startsWith(part, at)) return -1
    } else {
      if (at <= 0) return -1
      at -= at > 1 && (text.codePointAt(at - 2) ?? 0) > 0xffff ? 2 : 1
    }
  }
  return at
}

/** The end of the leftmost match of the segment at or behind `from`, else -1. */
function findSegment(segment: Segment, text: string, from: number): number {
  const head = segment[0]
  for (let at = from; at <= text.length; at++) {
    if (typeof head === 'string') at = text.indexOf(head, at)
    if (at < 0) return -1
    const end = matchForward(segment, text, at)
    if (end >= 0) return end
  }
  return -1
}
