// How text fields are searched: phrases (literal text at token boundaries) and wildcard words. Detection.md §6.
// All functions take lower-cased text. Shared by the matcher and the highlighter.
import type { GlobPart } from './ast.ts'
import { compileGlob, lowerGlob } from './glob.ts'
import { isBoundary, tokenClass } from './tokens.ts'

export type Finder = {
  /** The bounds of the first match at or behind `from`, or undefined. */
  find(lower: string, from: number): readonly [start: number, end: number] | undefined
  test(lower: string): boolean
}

/**
 * Finds literal text in which a run of blanks equals any run of white space. Where the text begins or ends with a
 * token character, a token must begin or end there; `prefix` lets the last token go on.
 */
export function phraseFinder(text: string, prefix: boolean): Finder {
  const pieces = text
    .toLowerCase()
    .split(/\s+/)
    .filter(piece => piece !== '')
  const first = pieces[0]
  if (first === undefined) return { find: () => undefined, test: () => false }
  const last = pieces.at(-1) ?? first
  const boundLeft = tokenClass(first.codePointAt(0) ?? 0) !== 0
  const boundRight = !prefix && endsInToken(last)

  const endAt = (lower: string, start: number): number => {
    if (boundLeft && !isBoundary(lower, start)) return -1
    let at = start + first.length
    for (let i = 1; i < pieces.length; i++) {
      const afterBlanks = skipBlanks(lower, at)
      const piece = pieces[i] ?? ''
      if (afterBlanks === at || !lower.startsWith(piece, afterBlanks)) return -1
      at = afterBlanks + piece.length
    }
    return boundRight && !isBoundary(lower, at) ? -1 : at
  }

  return {
    find(lower, from) {
      for (let start = lower.indexOf(first, from); start >= 0; start = lower.indexOf(first, start + 1)) {
        const end = endAt(lower, start)
        if (end >= 0) return [start, end]
      }
      return undefined
    },
    test(lower) {
      for (let start = lower.indexOf(first); start >= 0; start = lower.indexOf(first, start + 1)) {
        if (endAt(lower, start) >= 0) return true
      }
      return false
    },
  }
}

/** What ends a word, beside blanks, and what is cut off its end. */
const separators = '"\'`;|&()<>,{}'
const trailing = '.:,!?'

/**
 * Finds words that match the pattern as a whole. A word is a run without blanks, quotes and `; | & ( ) < > , { }`; a
 * trailing `. : , ! ?` is cut. Characters that the pattern itself spells out do not end a word, nor are they cut
 * when the pattern ends with one.
 */
export function wordFinder(pattern: readonly GlobPart[]): Finder {
  const parts = lowerGlob(pattern)
  const literals = parts.filter(part => typeof part === 'string')
  const spelt = literals.join('')
  const ends = (code: number) => {
    const character = String.fromCharCode(code)
    return isBlank(code) ? !/\s/.test(spelt) : separators.includes(character) && !spelt.includes(character)
  }
  const separator = Array.from({ length: 128 }, (_, code) => ends(code))
  const isSeparator = (code: number) => (code < 128 ? separator[code] === true : isBlank(code) && ends(code))
  const cut = trailing.includes(literals.at(-1)?.at(-1) ?? ' ') ? '' : trailing
  const anchor = literals.reduce((longest, literal) => (literal.length > longest.length ? literal : longest), '')
  const matches = compileGlob(parts)

  const find = (lower: string, from: number): readonly [number, number] | undefined => {
    let at = from
    while (at < lower.length) {
      if (anchor !== '') at = lower.indexOf(anchor, at)
      if (at < 0) return undefined
      let start = at
      while (start > 0 && !isSeparator(lower.charCodeAt(start - 1))) start--
      let next = at
      while (next < lower.length && !isSeparator(lower.charCodeAt(next))) next++
      let end = next
      while (end > start && cut.includes(lower.charAt(end - 1))) end--
      if (start >= from && end > start && matches(lower.slice(start, end))) return [start, end]
      at = next + 1
    }
    return undefined
  }
  return { find, test: lower => find(lower, 0) !== undefined }
}

/** Finds a wildcard pattern of whole values as the text between its first and last literal; for highlighting. */
export function literalFinder(pattern: readonly GlobPart[]): Finder {
  const parts = lowerGlob(pattern).filter(part => typeof part === 'string')
  if (parts.length === 0) return { find: () => undefined, test: () => false }
  const find = (lower: string, from: number): readonly [number, number] | undefined => {
    const start = lower.indexOf(parts[0] ?? '', from)
    let at = start
    for (const part of parts) {
      at = at < 0 ? -1 : lower.indexOf(part, at)
      if (at >= 0) at += part.length
    }
    return at < 0 ? undefined : [start, at]
  }
  return { find, test: lower => find(lower, 0) !== undefined }
}

function endsInToken(text: string): boolean {
  const low = text.charCodeAt(text.length - 1)
  const wide = low >= 0xdc00 && low <= 0xdfff && text.length > 1
  return tokenClass(wide ? (text.codePointAt(text.length - 2) ?? 0) : low) !== 0
}

function skipBlanks(text: string, from: number): number {
  let at = from
  while (at < text.length && isBlank(text.charCodeAt(at))) at++
  return at
}

/** White space as /\s/ has it. */
function isBlank(code: number): boolean {
  if (code < 128) return code === 32 || (code >= 9 && code <= 13)
  return code >= 160 && /\s/.test(String.fromCharCode(code))
}
