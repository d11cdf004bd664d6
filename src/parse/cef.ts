// ArcSight Common Event Format: CEF:0|Vendor|Product|Version|Class|Name|Severity|key=value with blanks key=value …
import type { Fields } from '../model/record.ts'
import { newOpenFields, setText } from './body.ts'
import { maxFields, setNamed } from './field-names.ts'
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
  let equals = unescapedIndex(text, '=', start)
  let keyStart = start
  while (equals !== -1 && pairs.size < maxFields) {
    const next = unescapedIndex(text, '=', equals + 1)
    const blank = next === -1 ? text.length : text.lastIndexOf(' ', next)
    const end = next !== -1 && blank < equals + 1 ? equals + 1 : blank
    const key = text.slice(keyStart, equals).trim()
    if (!pairs.has(key)) pairs.set(key, unescapeValue(text.slice(equals + 1, end).trimEnd()))
    keyStart = end
    equals = next
  }
  return pairs
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
