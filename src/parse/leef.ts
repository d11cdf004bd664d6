// IBM's Log Event Extended Format: LEEF:1.0|Vendor|Product|Version|EventID|key=value<TAB>key=value …
// LEEF:2.0 names the separator in one more header field, as a character or as x09 or 0x09.
import type { Fields } from '../model/record.ts'
import { newOpenFields, setText } from './body.ts'
import { maxFields, setNamed } from './field-names.ts'

/** The fields of a LEEF message, else undefined. Attributes stay under their own names, known ones under ECS names too. */
export function parseLeef(text: string): Fields | undefined {
  const header: string[] = []
  let at = 5
  const count = text.startsWith('2', at) ? 6 : 5
  while (header.length < count) {
    const pipe = text.indexOf('|', at)
    if (pipe === -1) return undefined
    header.push(text.slice(at, pipe))
    at = pipe + 1
  }
  const fields = newOpenFields()
  setText(fields, 'observer.vendor', header[1])
  setText(fields, 'observer.product', header[2])
  setText(fields, 'event.code', header[4])
  const separator = separatorOf(header[5] ?? '', text, at)
  for (let left = maxFields; left > 0 && at < text.length; left--) {
    const found = text.indexOf(separator, at)
    const end = found === -1 ? text.length : found
    const equals = text.indexOf('=', at)
    if (equals !== -1 && equals < end) setNamed(fields, text.slice(at, equals).trim(), text.slice(equals + 1, end))
    at = end + separator.length
  }
  return fields
}

/** A relay may have written the TAB as #011. */
function separatorOf(named: string, text: string, at: number): string {
  const hex = /^(?:0?x)([0-9a-fA-F]{1,4})$/.exec(named)
  if (hex?.[1] !== undefined) return String.fromCharCode(Number.parseInt(hex[1], 16))
  if (named.length === 1) return named
  return !text.includes('\t', at) && text.includes('#011', at) ? '#011' : '\t'
}
