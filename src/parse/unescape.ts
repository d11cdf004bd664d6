// Undoes the escapes that rsyslog, sudo and web servers put into a message in place of control characters.

/**
 * Decodes `#ooo` (three octal digits, a control character or DEL), as rsyslog and sudo write it: `#012` is a line feed.
 * Other text, `#123` or `# 12` included, stays as it is.
 */
export function decodeOctal(text: string): string {
  let at = text.indexOf('#')
  if (at === -1) return text
  let decoded = ''
  let from = 0
  for (; at !== -1; at = text.indexOf('#', at + 1)) {
    const code = controlAt(text, at + 1)
    if (code === -1) continue
    decoded += text.slice(from, at) + String.fromCharCode(code)
    from = at + 4
    at += 3
  }
  return from === 0 ? text : decoded + text.slice(from)
}

function controlAt(text: string, at: number): number {
  const a = text.charCodeAt(at) - 48
  const b = text.charCodeAt(at + 1) - 48
  const c = text.charCodeAt(at + 2) - 48
  if (!(a >= 0 && a <= 1 && b >= 0 && b <= 7 && c >= 0 && c <= 7)) return -1
  const code = a * 64 + b * 8 + c
  return code < 32 || code === 127 ? code : -1
}
