// Text from senders as a person may safely read it: nothing invisible, nothing that turns the line around or escapes.

const named: { readonly [char: string]: string } = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '\0': '\\0' }

/** Control, bidi, zero-width and broken characters become visible: `\n`, `\u202e`. Longer text is cut at
 *  `maxLength` with an ellipsis. */
export function visible(text: string, maxLength = 2000): string {
  const short = text.length > maxLength ? `${text.slice(0, maxLength).replace(/[\ud800-\udbff]$/, '')}…` : text
  return short.replace(
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu,
    char => named[char] ?? `\\u${hex(char.codePointAt(0) ?? 0)}`,
  )
}

/** For a mail header: one line of printable ASCII, everything else `?`, cut short. */
export function headerText(text: string, maxLength: number): string {
  const plain = text
    .slice(0, 1000)
    .replace(/[^\x20-\x7e]/gu, '?')
    .replace(/ {2,}/g, ' ')
    .trim()
  return plain.length > maxLength ? `${plain.slice(0, maxLength - 3)}...` : plain
}

/** For HTML text and attribute values. Escape last, after `visible`. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, char => `&#${char.charCodeAt(0)};`)
}

function hex(code: number): string {
  return code > 0xffff ? `{${code.toString(16)}}` : code.toString(16).padStart(4, '0')
}
