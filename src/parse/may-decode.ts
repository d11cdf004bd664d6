// Tells from a frame's bytes whether extracted text may differ from the message's own text. Called for every frame.

/**
 * False only when every text that extractFields takes from this frame is a verbatim part of the message, or the app name
 * or host name; the store then needs no words of its own for the fields. True when in doubt: a backslash (escapes of
 * JSON, CEF, quotes, history), `#` and three digits or a control character (octal escapes), an audit record (`audit(`:
 * hex text, joined arguments), `NXLOG@` (values that stand in structured data only).
 */
export function mayDecode(bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) {
    const kind = kinds[bytes[i] as number] as number
    if (kind !== 0 && (kind === always || isTrigger(bytes, i, end, kind))) return true
  }
  return false
}

const [always, hash, parenthesis, at] = [1, 2, 3, 4] as const

const kinds = new Uint8Array(256)
kinds.fill(always, 0, 32)
kinds[9] = kinds[10] = 0 // TAB and LF stay text in a message, the others become #ooo
kinds[127] = always
kinds[92] = always
kinds[35] = hash
kinds[40] = parenthesis
kinds[64] = at

function isTrigger(bytes: Uint8Array, i: number, end: number, kind: number): boolean {
  if (kind === hash) return i + 3 < end && isDigit(bytes[i + 1]) && isDigit(bytes[i + 2]) && isDigit(bytes[i + 3])
  if (kind === parenthesis) return bytes[i - 1] === 116 && bytes[i - 2] === 105 && bytes[i - 3] === 100 // dit(
  return bytes[i - 1] === 71 && bytes[i - 2] === 79 && bytes[i - 3] === 76 // LOG@
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 48 && byte <= 57
}
