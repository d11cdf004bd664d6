// ArcSight Common Event Format: CEF:0|Vendor|Product|Version|Class|Name|Severity|key=value with blanks key=value …
import type { Fields } from '../model/record.ts'
import { newOpenFields, setText } from './body.ts'
import { maxFields, maxNameLength, setNamed } from './field-names.ts'
import { parseOssecCef } from './ossec.ts'

/** The fields of a CEF message, else undefined. Keys of the extension stay under their own names, known ones under ECS names too. */
export function parseCef(text: string): Fields | undefined {
  const header: string[] = []
  let at = 4
  while (header.length < 7) {
    const pipe = unescapedIndex(text, '|', at)
    if (pipe === -1) {
      // A sender that leaves the extension away may also leave away the last bar.
      if (header.length !== 6) return undefined
      header.push(text.slice(at))
      at = text.length
      break
    }
    header.push(text.slice(at, pipe).replace(/\\([|\\])/g, '$1'))
    at = pipe + 1
  }
  const extension = readExtension(text, at)
  const ossec = parseOssecCef(header, extension)
  if (ossec !== undefined) return ossec
  const fields = newOpenFields()
  setText(fields, 'observer.vendor', header[1])
  setText(fields, 'observer.product', header[2])
  setText(fields, 'event.code', header[4])
  setText(fields, 'rule.name', header[5])
  setText(fields, 'cef.severity', header[6])
  for (const [key, value] of extension) setNamed(fields, key, value)
  return fields
}

/** `key=value key=value`: a value ends at the blank in front of the next `key=`; `\=`, `\\`, `\n` and `\r` are escapes. */
function readExtension(text: string, start: number): ReadonlyMap<string, string> {
  const pairs = new Map<string, string>()
  let key = ''
  let from = start
  for (let equals = start; pairs.size < maxFields; ) {
    equals = unescapedIndex(text, '=', equals)
    const keyStart = equals === -1 ? text.length : keyStartOf(text, equals, start)
    if (keyStart !== -1) {
      if (key !== '' && !pairs.has(key)) pairs.set(key, unescapeValue(text.slice(from, keyStart).trimEnd()))
      if (equals === -1) break
      key = text.slice(keyStart, equals)
      from = equals + 1
    }
    equals++
  }
  return pairs
}

/** Where the key in front of `=` begins, or -1 when the text there is no key behind a blank: the `=` is part of a value. */
function keyStartOf(text: string, equals: number, start: number): number {
  for (let i = equals - 1; i >= equals - maxNameLength - 1; i--) {
    if (i < start || text.charCodeAt(i) === 32) return i + 1 < equals ? i + 1 : -1
    if (!/[\w.[\]-]/.test(text.charAt(i))) return -1
  }
  return -1
}

function unescapeValue(value: string): string {
  if (!value.includes('\\')) return value
  return value.replace(/\\([=\\|nr])/g, (_, c: string) => (c === 'n' ? '\n' : c === 'r' ? '\r' : c))
}

function unescapedIndex(text: string, what: string, at: number): number {
  let found = text.indexOf(what, at)
  while (found !== -1) {
    let slashes = 0
    while (found - slashes > at && text.charCodeAt(found - slashes - 1) === 92) slashes++
    if (slashes % 2 === 0) return found
    found = text.indexOf(what, found + 1)
  }
  return -1
}
