// Untrusted text made visible: control, bidirectional and invisible characters become marks that cannot act.
// Used wherever a byte of a sender reaches the screen, always as a text node.

export type Piece = { readonly text: string; readonly mark?: true }

// Controls, format characters (bidi, zero width, tags), line separators, and whatever else draws nothing.
export const invisible = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u

/** Text in pieces; a piece with `mark` stands for one character that would not show itself. */
export function visiblePieces(text: string): readonly Piece[] {
  if (!invisible.test(text)) return [{ text }]
  const pieces: Piece[] = []
  let plain = ''
  for (const character of text) {
    if (!invisible.test(character)) {
      plain += character
      continue
    }
    if (plain) pieces.push({ text: plain })
    plain = ''
    pieces.push({ text: markOf(character), mark: true })
  }
  if (plain) pieces.push({ text: plain })
  return pieces
}

/** The same as one string, for places that take only text (titles, copies of a label). */
export function visibleText(text: string): string {
  return visiblePieces(text)
    .map(piece => piece.text)
    .join('')
}

/** Bytes as lines of `offset  hex  ASCII`, sixteen to a line. */
export function hexDump(bytes: Uint8Array): string {
  const lines: string[] = []
  for (let start = 0; start < bytes.length; start += 16) {
    const line = bytes.subarray(start, start + 16)
    const hex = [...line].map(byte => byte.toString(16).padStart(2, '0')).join(' ')
    const ascii = [...line].map(byte => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.')).join('')
    lines.push(`${start.toString(16).padStart(6, '0')}  ${hex.padEnd(47)}  ${ascii}`)
  }
  return lines.join('\n')
}

const escapes: { readonly [character: string]: string } = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '\0': '\\0' }

function markOf(character: string): string {
  const known = escapes[character]
  if (known) return known
  const code = character.codePointAt(0) ?? 0
  // Two digits for what is one byte; the pictures of U+2400 are missing from many fonts.
  if (code < 0x100) return `\\x${code.toString(16).padStart(2, '0')}`
  return `<${code.toString(16).toUpperCase().padStart(4, '0')}>`
}
