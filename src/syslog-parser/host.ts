// The host of a legacy message (rule R9 (1)–(3)): the first word behind the timestamp, unless that word is a tag or text.
import { isMnemonic } from './mnemonic.ts'
import { isBodyStart, readTag } from './tag.ts'

/** `hostname` undefined with a moved `end`: the sender wrote `-`. */
export type HostRead = { readonly hostname: string | undefined; readonly end: number }

const forwarded = /(?:Message forwarded from|From) ([^\s:](?:[^\s]*[^\s:])?): /y

/** AIX syslogd: `Message forwarded from H: ` and `From H: `. */
export function readForwardedHost(text: string, at: number): HostRead | undefined {
  forwarded.lastIndex = at
  const found = forwarded.exec(text)
  return found === null ? undefined : { hostname: found[1], end: forwarded.lastIndex }
}

const repeated = /(?:-{2,3} )?last message repeated \d{1,10} times?(?![\w])/y

/** True when `last message repeated N times` stands at `at`: neither `last` nor `message` is a name. */
export function isRepeatNotice(text: string, at: number): boolean {
  repeated.lastIndex = at
  return repeated.test(text)
}

const beforeSnare = /([^\s#]+)(?:\t|#011)(?=MSWinEventLog(?:\t|#011))/y

/** `H<TAB>MSWinEventLog<TAB>…`: Snare without blanks. */
export function readSnareHost(text: string, at: number): HostRead | undefined {
  beforeSnare.lastIndex = at
  const found = beforeSnare.exec(text)
  return found === null ? undefined : { hostname: found[1], end: beforeSnare.lastIndex }
}

const bracketed = /\[(\d{1,3}(?:\.\d{1,3}){3}|[0-9A-Fa-f:]{2,39}(?:\d{1,3}(?:\.\d{1,3}){3})?(?:%\w{1,32})?)\](?= |$)/y
const ipv6 = /^(?=[^:]*:[^:]*:)[0-9A-Fa-f:]{2,39}(?:\d{1,3}(?:\.\d{1,3}){3})?(?:%\w{1,32})?$/
const hostWord = /^[\p{L}\p{N}_.:/@%-]+$/u
const wordEnd = /[ \t\n]/g

/** Reads the host at `at`, or undefined when a tag or text begins there. */
export function readHost(text: string, at: number): HostRead | undefined {
  const snare = readSnareHost(text, at)
  if (snare !== undefined) return snare
  bracketed.lastIndex = at
  const inBrackets = bracketed.exec(text)?.[1]
  if (inBrackets !== undefined && (inBrackets.includes('.') || ipv6.test(inBrackets))) {
    return { hostname: inBrackets, end: bracketed.lastIndex }
  }
  wordEnd.lastIndex = at
  const end = wordEnd.exec(text)?.index ?? text.length
  const word = text.slice(at, end)
  if (word === '-') return { hostname: undefined, end }
  if (ipv6.test(word)) return { hostname: word, end }
  if (word.endsWith(':') && text[end] === ' ' && isMnemonic(text, end + 1) && hostWord.test(word)) {
    return word.startsWith('%') ? undefined : { hostname: word.slice(0, -1), end }
  }
  if (word.startsWith('%') || isBodyStart(text, at)) return undefined
  const tag = readTag(text, at)
  if (tag !== undefined && tag.form !== 'cut') return undefined
  return hostWord.test(word) ? { hostname: word, end } : undefined
}
