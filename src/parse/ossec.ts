// Alerts of OSSEC and Wazuh managers in the four forms of os_csyslogd (src/os_csyslogd/alert.c): text, JSON, CEF, Splunk.
import type { Fields } from '../model/record.ts'
import { isAddress } from './address.ts'
import type { MutableFields } from './body.ts'
import { newFields, parseInteger, setInteger, setText } from './body.ts'

/** `Alert Level: 10; Rule: 5712 - NAME; Location: (AGENT) IP->FILE; [classification: …; srcip: …; …] LINE` */
export function parseOssec(text: string): Fields | undefined {
  if (text.startsWith('crit=')) return parseOssecPairs(text)
  const rule = text.startsWith('Alert Level: ') ? text.indexOf('; Rule: ', 13) : -1
  const dash = rule === -1 ? -1 : text.indexOf(' - ', rule + 8)
  const location = dash === -1 ? -1 : text.indexOf('; Location: ', dash)
  if (location === -1) return undefined
  const locationEnd = segmentEnd(text, location + 12)
  const fields = alert(text.slice(rule + 8, dash), text.slice(13, rule), text.slice(dash + 3, location))
  setLocation(fields, text.slice(location + 12, locationEnd))

  let at = locationEnd + 2
  for (;;) {
    const colon = text.indexOf(': ', at)
    const name = colon === -1 || colon > at + 16 ? '' : text.slice(at, colon)
    if (name !== 'classification' && !segments.has(name)) break
    const end = segmentEnd(text, colon + 2)
    setSegment(fields, name, text.slice(colon + 2, end))
    at = end + 2
  }
  setText(fields, 'file.path', quotedPath(text, at))
  return fields
}

/** The JSON form: `{"crit":7,"id":550,"component":"web07->syscheck","description":…}`; undefined for other objects. */
export function parseOssecJson(event: { readonly [name: string]: unknown }): Fields | undefined {
  const { crit, id, component, description } = event
  if (typeof crit !== 'number' || typeof id !== 'number' || typeof component !== 'string') return undefined
  const text = (name: string): string | undefined => {
    const value = event[name]
    return typeof value === 'string' ? value : undefined
  }
  const fields = alert(String(id), String(crit), typeof description === 'string' ? description : '')
  setLocation(fields, component)
  for (const name of segments.keys()) setSegment(fields, name, text(name))
  setText(fields, 'file.path', text('file'))
  setText(fields, 'file.hash.md5', text('md5_new'))
  setText(fields, 'file.hash.sha256', text('sha256_new'))
  return fields
}

/** The CEF form: header and extension were read already; undefined when another product wrote them. */
export function parseOssecCef(header: readonly string[], extension: ReadonlyMap<string, string>): Fields | undefined {
  if (header[2] !== 'OSSEC HIDS') return undefined
  const fields = alert(header[4] ?? '', header[6] ?? '', header[5] ?? '')
  setLocation(fields, extension.get('cs1') ?? '')
  setSegment(fields, 'srcip', extension.get('src'))
  setSegment(fields, 'dstip', extension.get('dst'))
  setSegment(fields, 'srcport', extension.get('spt'))
  setSegment(fields, 'dstport', extension.get('dpt'))
  setSegment(fields, 'user', extension.get('suser') ?? extension.get('duser'))
  setText(fields, 'file.path', extension.get('fname') ?? extension.get('filePath'))
  return fields
}

/** The Splunk form: `crit=7 id=550 description="…" component="…", classification="…", src_ip="…" …` */
function parseOssecPairs(text: string): Fields | undefined {
  const id = plainValue(text, ' id=')
  if (id === undefined) return undefined
  const fields = alert(id, plainValue(text, 'crit=') ?? '', quotedValue(text, ' description="') ?? '')
  setLocation(fields, quotedValue(text, ' component="') ?? '')
  for (const name of segments.keys()) setSegment(fields, name, quotedValue(text, ` ${name}="`))
  setText(fields, 'file.path', quotedValue(text, ' file="'))
  setText(fields, 'file.hash.md5', quotedValue(text, ' md5_new="'))
  return fields
}

const segments = new Map<string, { readonly field: string; readonly kind: 'text' | 'address' | 'integer' }>([
  ['srcip', { field: 'source.ip', kind: 'address' }],
  ['src_ip', { field: 'source.ip', kind: 'address' }],
  ['dstip', { field: 'destination.ip', kind: 'address' }],
  ['dst_ip', { field: 'destination.ip', kind: 'address' }],
  ['srcport', { field: 'source.port', kind: 'integer' }],
  ['src_port', { field: 'source.port', kind: 'integer' }],
  ['dstport', { field: 'destination.port', kind: 'integer' }],
  ['dst_port', { field: 'destination.port', kind: 'integer' }],
  ['user', { field: 'user.name', kind: 'text' }],
])

function setSegment(fields: MutableFields, name: string, value: string | undefined): void {
  const segment = segments.get(name)
  if (segment === undefined || value === undefined) return
  if (segment.kind === 'integer') setInteger(fields, segment.field, value)
  else if (segment.kind === 'text' || isAddress(value)) setText(fields, segment.field, value)
}

function alert(id: string, level: string, name: string): MutableFields {
  const fields = newFields()
  fields['event.action'] = 'hids_alert'
  setText(fields, 'rule.id', id)
  const number = parseInteger(level)
  if (number !== undefined) fields['rule.level'] = number
  setText(fields, 'rule.name', name)
  return fields
}

/** `(AGENT) IP->FILE` or `HOST->FILE` */
function setLocation(fields: MutableFields, location: string): void {
  setText(fields, 'ossec.location', location)
  const close = location.startsWith('(') ? location.indexOf(')') : -1
  if (close !== -1) setText(fields, 'ossec.agent', location.slice(1, close))
}

/** syscheck: `Integrity checksum changed for: '/etc/passwd'` */
function quotedPath(text: string, from: number): string | undefined {
  const open = text.indexOf(" '/", from)
  const close = open === -1 ? -1 : text.indexOf("'", open + 2)
  if (close === -1 || !/checksum|syscheck|File |deleted/.test(text.slice(Math.max(0, open - 200), open)))
    return undefined
  return text.slice(open + 2, close)
}

function segmentEnd(text: string, at: number): number {
  const end = text.indexOf('; ', at)
  if (end !== -1) return end
  return text.endsWith(';') ? text.length - 1 : text.length
}

function plainValue(text: string, key: string): string | undefined {
  const at = text.indexOf(key)
  if (at === -1) return undefined
  const end = text.indexOf(' ', at + key.length)
  return text.slice(at + key.length, end === -1 ? undefined : end)
}

function quotedValue(text: string, key: string): string | undefined {
  const at = text.indexOf(key)
  const end = at === -1 ? -1 : text.indexOf('"', at + key.length)
  return end === -1 ? undefined : text.slice(at + key.length, end)
}
