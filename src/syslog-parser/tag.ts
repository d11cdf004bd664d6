// The tag of a legacy message (rules R9 (5) and R10): program name and process id, only with a terminator.

/** How the tag ended: `name[pid]`, `name: `, `name:text`, `name[pid]: ` cut at 32 characters, `MSWinEventLog<TAB>`. */
type TagForm = 'pid' | 'colon' | 'glued' | 'cut' | 'snare'

export type Tag = {
  readonly name: string
  readonly procId: string | undefined
  readonly form: TagForm
  /** Where the text behind the tag begins. */
  readonly end: number
}

const noTagFronts = ['CEF:', 'LEEF:', '@cee:']

/** True when JSON, quoted text, XML, CEF, LEEF or CEE begins at `at`: no tag there, and no host either. */
export function isBodyStart(text: string, at: number): boolean {
  const first = text[at]
  if (first === '{' || first === '[' || first === '"' || first === '<') return true
  return noTagFronts.some(front => text.startsWith(front, at))
}

/** Reads the tag at `at`, or undefined: then all is message. */
export function readTag(text: string, at: number): Tag | undefined {
  if (isBodyStart(text, at)) return undefined
  const snare = readSnare(text, at)
  if (snare !== undefined) return snare
  const nameEnd = endOfName(text, at)
  if (nameEnd === at) return undefined
  if (text[nameEnd] === '[') {
    const tag = readPid(text, at, nameEnd)
    if (tag !== undefined) return tag
  }
  if (text[nameEnd] === ':') return readColon(text, at, nameEnd)
  return readCut(text, at)
}

/** The same without a timestamp in front: only `name: ` and `name[pid]` are sure enough. */
export function readBareTag(text: string, at: number): Tag | undefined {
  if (!/[\p{L}_%/]/u.test(text.charAt(at))) return undefined
  const tag = readTag(text, at)
  if (tag === undefined || tag.form === 'glued' || tag.form === 'cut') return undefined
  return tag.form === 'colon' && text[tag.end - 1] !== ' ' ? undefined : tag
}

const snare = /MSWinEventLog(?:\t|#011)/y

function readSnare(text: string, at: number): Tag | undefined {
  snare.lastIndex = at
  return snare.test(text)
    ? { name: 'MSWinEventLog', procId: undefined, form: 'snare', end: snare.lastIndex }
    : undefined
}

const pid = /\[([^[\]\s]*)\](?:(?=[ \t\n])|(?=:)|$)/y
const pidColon = /(?: ?:(?=[ \t\n]|$)|:)? ?/y

function readPid(text: string, at: number, nameEnd: number): Tag | undefined {
  pid.lastIndex = nameEnd
  const found = pid.exec(text)
  if (found === null) return undefined
  pidColon.lastIndex = pid.lastIndex
  pidColon.test(text)
  return {
    name: baseName(text.slice(at, nameEnd)),
    procId: found[1] || undefined,
    form: 'pid',
    end: pidColon.lastIndex,
  }
}

function readColon(text: string, at: number, nameEnd: number): Tag | undefined {
  const name = text.slice(at, nameEnd)
  const next = text[nameEnd + 1]
  if (next === undefined || next === ' ' || next === '\t' || next === '\n') {
    return { name: baseName(name), procId: undefined, form: 'colon', end: next === ' ' ? nameEnd + 2 : nameEnd + 1 }
  }
  // A URL, a Windows path, a C++ name, a time of day, an address with its port, an IPv6 or MAC address.
  if (next === '/' || next === '\\' || next === ':' || !/\p{L}/u.test(name)) return undefined
  address.lastIndex = at
  if (address.test(text)) return undefined
  return { name: baseName(name), procId: undefined, form: 'glued', end: nameEnd + 1 }
}

const address = /[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,16}(?!\w)/y

/** rsyslog's default forward template cuts the tag at 32 characters, so that pid and colon are lost. */
const cut = /[^\s:[\]{}"<>=;]{1,32}(?:\[\d*)?(?= )/y
const cutLength = 32

function readCut(text: string, at: number): Tag | undefined {
  if (text[at + cutLength] !== ' ') return undefined
  cut.lastIndex = at
  if (!cut.test(text) || cut.lastIndex !== at + cutLength) return undefined
  const token = text.slice(at, at + cutLength)
  if (/^[0-9a-f]{32}$/i.test(token)) return undefined
  const bracket = token.indexOf('[')
  const name = bracket < 0 ? token : token.slice(0, bracket)
  return { name: baseName(name), procId: undefined, form: 'cut', end: at + cutLength + 1 }
}

/** Characters that no program name has: blanks, `:` `[` `]` `{` `}` `"` `<` `>` `=` `;`. */
const nameEnds = /[\s:[\]{}"<>=;]/g

function endOfName(text: string, at: number): number {
  nameEnds.lastIndex = at
  return nameEnds.exec(text)?.index ?? text.length
}

/** `/usr/sbin/cron` is cron; `postfix/smtpd` stays. */
function baseName(name: string): string {
  if (!name.startsWith('/')) return name
  const base = name.slice(name.lastIndexOf('/') + 1)
  return base === '' ? name : base
}
