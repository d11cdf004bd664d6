// The edges of a frame (rule R1), a stray octet count (R3) and PRI (R4).
//
//   PRI = "<" 1*3DIGIT ">"   ; facility * 8 + severity, 0..191 (RFC 5424 §6.2.1)

export type Pri = {
  readonly facility: number
  readonly severity: number
  /** `valid`; `bad` stood there but out of range; `missing`: no `<`; `text`: a `<` that is no PRI, so nothing is a header. */
  readonly kind: 'valid' | 'bad' | 'missing' | 'text'
  /** Where the rest begins. */
  readonly next: number
}

/** The frame without CR, LF, NUL at its end and without one BOM in front. */
export function trimFrame(frame: Uint8Array): Uint8Array {
  let end = frame.length
  while (end > 0 && isLineEnd(frame[end - 1] ?? 0)) end--
  const start = end >= 3 && frame[0] === 0xef && frame[1] === 0xbb && frame[2] === 0xbf ? 3 : 0
  return start === 0 && end === frame.length ? frame : frame.subarray(start, end)
}

// oxlint-disable-next-line no-control-regex -- NUL is meant
const frontOfPri = /[ \r\n\u0000]*(?:\d{1,10} (?=<\d{1,3}>)|(?=<\d))/y

/** Where the message begins: behind blanks and a stray octet count if a PRI follows them, else 0. */
export function skipToPri(text: string): number {
  frontOfPri.lastIndex = 0
  return frontOfPri.test(text) ? frontOfPri.lastIndex : 0
}

const priPattern = /<(\d{0,32})>/y

/** Reads PRI at `at`. Without a usable one: user.notice, RFC 3164 §4.3.3. */
export function readPri(text: string, at: number): Pri {
  if (text[at] !== '<') return { facility: 1, severity: 5, kind: 'missing', next: at }
  priPattern.lastIndex = at
  const digits = priPattern.exec(text)?.[1]
  if (digits === undefined) return { facility: 1, severity: 5, kind: 'text', next: at }
  const next = at + digits.length + 2
  const pri = digits.length >= 1 && digits.length <= 3 ? Number(digits) : Number.NaN
  if (!(pri <= 191)) return { facility: 1, severity: 5, kind: 'bad', next }
  return { facility: pri >> 3, severity: pri & 7, kind: 'valid', next }
}

function isLineEnd(byte: number): boolean {
  return byte === 0x0a || byte === 0x0d || byte === 0
}
