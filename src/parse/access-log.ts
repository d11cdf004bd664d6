// Web servers' access logs: the common and combined formats of Apache and nginx, with an optional virtual host in front
// and an optional forwarded-for header at the end.
//
//   [VHOST:PORT ]CLIENT IDENT USER [TIME] "METHOD TARGET HTTP/V" STATUS BYTES[ "REFERRER" "AGENT"[ "FORWARDED"]]
import type { Fields } from '../model/record.ts'
import { isAddress } from './address.ts'
import type { MutableFields } from './body.ts'
import { newFields, parseInteger, setInteger, setText } from './body.ts'

/** The fields of an access log line, else undefined. %xx of the target stay; the server's own \xhh and \" are decoded. */
export function parseAccessLog(text: string): Fields | undefined {
  // A server escapes quotes in every value, so this cannot come from a user name.
  const timeEnd = text.indexOf('] "')
  const time = timeEnd === -1 ? -1 : text.lastIndexOf(' [', timeEnd)
  if (time === -1) return undefined
  const requestEnd = closingQuote(text, timeEnd + 3)
  if (requestEnd === -1 || text.charCodeAt(requestEnd + 1) !== 32) return undefined
  const statusEnd = blankOrEnd(text, requestEnd + 2)
  const status = parseInteger(text.slice(requestEnd + 2, statusEnd))
  if (status === undefined || status > 999) return undefined

  const fields = newFields()
  fields['event.action'] = 'http_request'
  fields['event.outcome'] = status < 400 ? 'success' : 'failure'
  if (!setClient(fields, text, time)) return undefined
  setRequest(fields, decodeEscapes(text.slice(timeEnd + 3, requestEnd)))
  fields['http.response.status_code'] = status
  const bytesEnd = blankOrEnd(text, statusEnd + 1)
  setInteger(fields, 'http.response.body.bytes', text.slice(statusEnd + 1, bytesEnd))

  let at = bytesEnd + 1
  for (const name of ['http.request.referrer', 'user_agent.original', 'client.forwarded_for']) {
    const close = text.charCodeAt(at) === 34 ? closingQuote(text, at + 1) : -1
    if (close === -1) break
    setText(fields, name, decodeEscapes(text.slice(at + 1, close)))
    at = close + 2
  }
  return fields
}

/** `[VHOST:PORT ]CLIENT IDENT USER` */
function setClient(fields: MutableFields, text: string, end: number): boolean {
  let at = 0
  let blank = text.indexOf(' ')
  if (blank >= end) return false
  let client = text.slice(0, blank)
  if (!isAddress(client)) {
    const next = text.indexOf(' ', blank + 1)
    const second = text.slice(blank + 1, next)
    if (next <= end && isAddress(second)) {
      const colon = client.lastIndexOf(':')
      setText(fields, 'url.domain', colon === -1 ? client : client.slice(0, colon))
      client = second
      at = blank + 1
      blank = next
    }
  }
  if (isAddress(client)) fields['source.ip'] = client
  else setText(fields, 'source.domain', client)
  const ident = text.indexOf(' ', Math.max(at, blank) + 1)
  if (ident === -1 || ident >= end) return ident === end
  setText(fields, 'user.name', decodeEscapes(text.slice(ident + 1, end)))
  return true
}

/** `METHOD TARGET[ HTTP/V]`; anything else (a TLS handshake, `-`) has no method and no path. */
function setRequest(fields: MutableFields, request: string): void {
  const blank = request.indexOf(' ')
  if (blank < 1 || blank > 32 || !/^[A-Za-z][A-Za-z_-]*$/.test(request.slice(0, blank))) return
  const http = request.lastIndexOf(' HTTP/')
  const target = request.slice(blank + 1, http < blank + 1 ? undefined : http)
  if (target === '' || (http === -1 && !target.startsWith('/'))) return
  fields['http.request.method'] = request.slice(0, blank)
  if (http !== -1) setText(fields, 'http.version', request.slice(http + 6))
  fields['url.original'] = target

  let path = target
  const scheme = target.indexOf('://')
  if (scheme > 0 && scheme < 8) {
    const slash = target.indexOf('/', scheme + 3)
    fields['url.full'] = target
    setText(fields, 'url.domain', hostOf(target.slice(scheme + 3, slash === -1 ? undefined : slash)))
    path = slash === -1 ? '/' : target.slice(slash)
  }
  const question = path.indexOf('?')
  setText(fields, 'url.path', question === -1 ? path : path.slice(0, question))
  if (question !== -1) setText(fields, 'url.query', path.slice(question + 1))
}

function hostOf(authority: string): string {
  const host = authority.slice(authority.lastIndexOf('@') + 1)
  const port = host.lastIndexOf(':')
  return port > host.lastIndexOf(']') ? host.slice(0, port) : host
}

/** The next `"` at or behind `at` with an even number of backslashes in front, or -1. */
function closingQuote(text: string, at: number): number {
  let quote = text.indexOf('"', at)
  while (quote !== -1) {
    let slashes = 0
    while (quote - slashes > at && text.charCodeAt(quote - slashes - 1) === 92) slashes++
    if (slashes % 2 === 0) return quote
    quote = text.indexOf('"', quote + 1)
  }
  return -1
}

function blankOrEnd(text: string, at: number): number {
  const blank = text.indexOf(' ', at)
  return blank === -1 ? text.length : blank
}

/** nginx writes `\xhh` for every byte that is not printable ASCII, Apache also `\"`, `\\`, `\n`, `\t`. */
function decodeEscapes(text: string): string {
  if (!text.includes('\\')) return text
  return text.replace(/(?:\\x[0-9a-fA-F]{2})+|\\["\\nrt]/g, run => {
    if (run.charCodeAt(1) === 120) return Buffer.from(run.replaceAll('\\x', ''), 'hex').toString('utf8')
    return { n: '\n', r: '\r', t: '\t' }[run.slice(1)] ?? run.slice(1)
  })
}
