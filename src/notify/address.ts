// Which mail addresses Picket writes to: a strict form of RFC 5321 §4.1.2, because nodemailer reads anything looser as a
// list or a group (the text `a@x\r\nRCPT TO:<b@x>` made it mail b@x).
import { PicketError } from '../base/errors.ts'

// Local-part = Dot-string (no quoted form); Domain = labels of letters, digits and hyphens. ASCII only: an
// international domain is written in its xn-- form.
const atom = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
const label = '[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?'
const address = new RegExp(`^(${atom}(?:\\.${atom})*)@(${label}(?:\\.${label})*)$`)

/** True for one plain address: no display name, no list, no quotes, no control characters; at most 254 characters. */
export function isMailAddress(text: string): boolean {
  const parts = text.length <= 254 ? address.exec(text) : null
  return parts?.[1] !== undefined && parts[1].length <= 64 && parts[0] === text
}

/**
 * The address as nodemailer must get it: an object, which it never parses again.
 *
 * @param key the option that the text came from, for the error
 * @throws PicketError CONFIG_INVALID when it is not one plain address
 */
export function mailAddress(text: string, key: string): { readonly name: string; readonly address: string } {
  if (isMailAddress(text)) return { name: '', address: text }
  throw new PicketError(
    'CONFIG_INVALID',
    `${key}: ${JSON.stringify(text)} is not one plain mail address like sec@example.com`,
  )
}

/** What follows the @ of a checked address. */
export function domainOf(text: string): string {
  return text.slice(text.lastIndexOf('@') + 1)
}
