// Lines of `key=value key="value with blanks"`: firewalls (FortiGate), logfmt, daemons of containers.
import type { Fields } from '../model/record.ts'
import { newOpenFields } from './body.ts'
import { maxFields, maxNameLength, setNamed } from './field-names.ts'

/**
 * The fields of a line that begins with two pairs, else undefined. Keys stay under their own names (without dots, so that
 * no text can set an ECS field by its name), known ones under ECS names too.
 */
export function parseKeyValue(text: string): Fields | undefined {
  let fields: ReturnType<typeof newOpenFields> | undefined
  let at = 0
  for (let count = 0; count < maxFields; count++) {
    const equals = keyEnd(text, at)
    if (equals === -1) {
      if (count < 2) return undefined
      // Words between pairs are passed over.
      const next = text.indexOf(' ', at)
      if (next === -1) break
      at = next + 1
      continue
    }
    let value: string
    let end: number
    if (text.charCodeAt(equals + 1) === 34) {
      const close = closingQuote(text, equals + 2)
      if (close === -1) return fields
      value = unescapeQuoted(text.slice(equals + 2, close))
      end = close + 1
    } else {
      const blank = text.indexOf(' ', equals + 1)
      end = blank === -1 ? text.length : blank
      value = text.slice(equals + 1, end)
    }
    fields ??= newOpenFields()
    setNamed(fields, text.slice(at, equals), value)
    while (text.charCodeAt(end) === 32 || text.charCodeAt(end) === 44) end++
    at = end
    if (at >= text.length) return count < 1 ? undefined : fields
  }
  return fields
}

/** The index of the `=` behind a key of letters, digits, `_` and `-`, or -1. */
function keyEnd(text: string, at: number): number {
  const limit = Math.min(text.length, at + maxNameLength + 1)
  for (let i = at; i < limit; i++) {
    const c = text.charCodeAt(i)
    if (c === 61) return i > at ? i : -1
    const lower = c | 32
    if (!((lower >= 97 && lower <= 122) || c === 95 || ((c === 45 || (c >= 48 && c <= 57)) && i > at))) return -1
  }
  return -1
}

function closingQuote(text: string, at: number): number {
  let quote = text.indexOf('"', at)
  while (quote !== -1) {
    let slashes = 0
    while (quote - slashes > at && text.charCodeAt(quote - slashes - 1) === 92) slashes++
    if (slashes % 2 === 0) return quote
    quote = text.indexOf('"', quote + 1)
  }
  return -1
}

function unescapeQuoted(value: string): string {
  if (!value.includes('\\')) return value
  return value.replace(/\\(["\\nt])/g, (_, c: string) => (c === 'n' ? '\n' : c === 't' ? '\t' : c))
}
