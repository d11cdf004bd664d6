// Recognises IP addresses as programs print them, without changing a letter.

/** True for a dotted IPv4 address and for text in the letters of IPv6 (with an optional %zone and IPv4 tail). */
export function isAddress(text: string): boolean {
  const length = text.length
  if (length < 2 || length > 64) return false
  let colons = 0
  let dots = 0
  let number = 0
  let digits = 0
  for (let i = 0; i < length; i++) {
    const c = text.charCodeAt(i)
    if (c >= 48 && c <= 57) {
      number = number * 10 + c - 48
      digits++
    } else if (c === 46) {
      if (digits === 0 || digits > 3 || number > 255) return false
      dots++
      number = digits = 0
    } else if (c === 58) {
      if (dots > 0 || digits > 4) return false
      colons++
      number = digits = 0
    } else if ((c | 32) >= 97 && (c | 32) <= 102 && dots === 0) {
      digits++
      number = 256
    } else {
      return c === 37 && i > 0 && i < length - 1 && colons >= 2 && dots === 0 && isZone(text, i + 1)
    }
  }
  if (dots > 0) return dots === 3 && digits > 0 && digits <= 3 && number <= 255 && (colons === 0 || colons >= 2)
  return colons >= 2 && colons <= 7 && digits <= 4
}

function isZone(text: string, from: number): boolean {
  for (let i = from; i < text.length; i++) {
    const c = text.charCodeAt(i)
    if (c <= 32 || c >= 127) return false
  }
  return true
}
