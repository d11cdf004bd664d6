// What the index sees of a text: its tokens. The store cuts records with this, the planner cuts queries with it.
// A token is a maximal run of letters (with their marks), digits and `_`, after lower-casing; each Han, Hiragana,
// Katakana or Hangul character is a token of its own, so that 订单 finds 订单号.
import type { FieldValue, LogRecord } from '../model/record.ts'
import { verbatimFields } from './fields.ts'

/** 0 punctuation and blanks, 1 part of a run, 2 a token of its own. */
export type TokenClass = 0 | 1 | 2

const runCharacter = /^[\p{L}\p{M}\p{N}_]$/u
const ownCharacter = /^[\p{Script=Han}\p{scx=Hira}\p{scx=Kana}\p{Script=Hangul}]$/u

/** Class + 1 of the characters below U+10000 that were met so far; 0 is "not met yet". */
const known = new Uint8Array(0x10000)

/** The class of a code point. */
export function tokenClass(code: number): TokenClass {
  if (code > 0xffff) return judge(code)
  const found = known[code] as number // the table is as long as the codes below U+10000
  if (found > 0) return (found - 1) as TokenClass // only 1..3 are ever written
  const judged = judge(code)
  known[code] = judged + 1
  return judged
}

/** True when no token runs across `position`: between the characters before and after it. */
export function isBoundary(text: string, position: number): boolean {
  if (position <= 0 || position >= text.length) return true
  const after = tokenClass(text.codePointAt(position) ?? 0)
  if (after !== 1) return true
  return tokenClass(codePointBefore(text, position)) !== 1
}

/** Calls `onToken` with the bounds of every token of `lower`, which must be lower-cased already. */
export function scanTokens(lower: string, onToken: (start: number, end: number) => void): void {
  let start = -1
  let next = 0
  for (let i = 0; i < lower.length; i = next) {
    const unit = lower.charCodeAt(i)
    const code = (unit & 0xfc00) === 0xd800 ? (lower.codePointAt(i) as number) : unit // i is inside the text
    next = code > 0xffff ? i + 2 : i + 1
    const kind = tokenClass(code)
    if (kind === 1) {
      if (start < 0) start = i
      continue
    }
    if (start >= 0) {
      onToken(start, i)
      start = -1
    }
    if (kind === 2) onToken(i, next)
  }
  if (start >= 0) onToken(start, lower.length)
}

/**
 * The tokens of a text, lower-cased, repeats included. Four all-digit tokens joined by single dots add the joined
 * form (`203.0.113.9`), every window of four: the numbers of an address alone stand in every block.
 */
export function tokensOf(text: string): string[] {
  const lower = text.toLowerCase()
  const tokens: string[] = []
  const quads = quadScanner(lower, (start, end) => tokens.push(lower.slice(start, end)))
  scanTokens(lower, (start, end) => {
    tokens.push(lower.slice(start, end))
    quads(start, end)
  })
  return tokens
}

/** Calls `onQuad` with the bounds of every window of four all-digit tokens that are joined by single dots. */
export function scanDottedQuads(lower: string, onQuad: (start: number, end: number) => void): void {
  scanTokens(lower, quadScanner(lower, onQuad))
}

/** Takes the tokens of a text in their order and finds the dotted quads. */
function quadScanner(lower: string, onQuad: (start: number, end: number) => void) {
  let joined = 0
  let first = 0
  let second = 0
  let third = 0
  let lastEnd = -2
  return (start: number, end: number): void => {
    if (!allDigits(lower, start, end)) {
      joined = 0
      return
    }
    joined = start === lastEnd + 1 && lower.charCodeAt(lastEnd) === 46 ? joined + 1 : 1
    lastEnd = end
    if (joined > 3) onQuad(first, end)
    first = second
    second = third
    third = start
  }
}

/** True when a token contains an ASCII digit: such tokens go to a Bloom filter, the others to the word index. */
export function hasDigit(token: string): boolean {
  for (let i = 0; i < token.length; i++) {
    const code = token.charCodeAt(i)
    if (code >= 48 && code <= 57) return true
  }
  return false
}

/**
 * The texts whose tokens an index must hold for a record: message, host name, application name, and the values of
 * verbatim fields that do not stand between token boundaries in the message (because a parser decoded them).
 */
export function indexedTexts(record: LogRecord): string[] {
  const texts = [record.message]
  if (record.hostname !== undefined) texts.push(record.hostname)
  if (record.appName !== undefined) texts.push(record.appName)
  for (const name in record.fields) {
    if (!verbatimFields.has(name)) continue
    for (const text of textsOf(record.fields[name])) if (!standsIn(record.message, text)) texts.push(text)
  }
  return texts
}

function textsOf(value: FieldValue | undefined): readonly string[] {
  if (value === undefined) return []
  return Array.isArray(value) ? value : [String(value)]
}

function standsIn(message: string, text: string): boolean {
  const at = message.indexOf(text)
  return at >= 0 && isBoundary(message, at) && isBoundary(message, at + text.length)
}

function judge(code: number): TokenClass {
  const character = String.fromCodePoint(code)
  if (!runCharacter.test(character)) return 0
  return ownCharacter.test(character) ? 2 : 1
}

function codePointBefore(text: string, position: number): number {
  const code = text.charCodeAt(position - 1)
  if (code >= 0xdc00 && code <= 0xdfff && position > 1) return text.codePointAt(position - 2) ?? code
  return code
}

function allDigits(text: string, start: number, end: number): boolean {
  for (let i = start; i < end; i++) {
    const code = text.charCodeAt(i)
    if (code < 48 || code > 57) return false
  }
  return true
}
