// Windows event logs: NXLog's structured data, and Snare's columns.
import type { Fields, StructuredData } from '../model/record.ts'
import { isAddress } from './address.ts'
import type { MutableFields } from './body.ts'
import { newFields, setInteger, setText } from './body.ts'

/** `[NXLOG@14506 EventID="4625" TargetUserName="bob" …]`: the values stand in structured data only. */
export function parseNxlog(data: StructuredData): Fields | undefined {
  for (const id in data) {
    const event = id.startsWith('NXLOG@') ? data[id] : undefined
    const code = event === undefined ? undefined : single(event['EventID'])
    if (event === undefined || code === undefined) continue
    const fields = newFields()
    setEvent(fields, code)
    setText(fields, 'user.name', single(event['SubjectUserName']))
    setText(fields, 'user.target.name', single(event['TargetUserName']))
    const address = single(event['IpAddress']) ?? ''
    if (isAddress(address)) fields['source.ip'] = address
    setInteger(fields, 'source.port', single(event['IpPort']))
    setText(fields, 'winlog.channel', single(event['Channel']))
    setText(fields, 'process.command_line', single(event['CommandLine']))
    setText(fields, 'process.executable', single(event['NewProcessName']) ?? single(event['Image']))
    return fields
  }
  return undefined
}

/**
 * Snare, separated by TAB (or `#011` after rsyslog), here without the leading `MSWinEventLog`:
 * criticality, log, counter, time, event id, source, user, SID type, audit type, computer, category, data, text, counter.
 */
export function parseSnare(text: string): Fields | undefined {
  const columns = text.split(text.includes('\t') ? '\t' : '#011', 14)
  if (columns[0] === 'MSWinEventLog') columns.shift()
  const code = columns[4]
  if (code === undefined || columns.length < 10 || !/^\d{1,6}$/.test(code)) return undefined
  const fields = newFields()
  setEvent(fields, code)
  if (fields['event.outcome'] === undefined) setAudit(fields, columns[8] ?? '')
  const user = columns[6]
  if (user !== 'N/A') setText(fields, 'user.name', user)
  setText(fields, 'winlog.channel', columns[1])
  setText(fields, 'host.name', columns[9])
  const section = targetSections.get(code)
  const description = columns[12] ?? ''
  if (section !== undefined) setTarget(fields, description, section)
  return fields
}

function setEvent(fields: MutableFields, code: string): void {
  const action = actions.get(code)
  if (action !== undefined) fields['event.action'] = action
  if (code === '4625') fields['event.outcome'] = 'failure'
  else if (action !== undefined) fields['event.outcome'] = 'success'
  fields['event.code'] = code
}

const actions = new Map([
  ['4624', 'windows_logon'],
  ['4625', 'windows_logon'],
  ['4720', 'user_added'],
  ['1102', 'windows_log_cleared'],
])

function setAudit(fields: MutableFields, type: string): void {
  if (type === 'Success Audit') fields['event.outcome'] = 'success'
  else if (type === 'Failure Audit') fields['event.outcome'] = 'failure'
}

// The heading in the description under which the account stands that the event is about.
const targetSections = new Map([
  ['4624', 'New Logon:'],
  ['4625', 'Account For Which Logon Failed:'],
  ['4720', 'New Account:'],
])

/** `… New Logon: … Account Name:  alice  …  Source Network Address: 10.0.0.7 …`, parts apart by TAB or two blanks. */
function setTarget(fields: MutableFields, text: string, section: string): void {
  const at = text.indexOf(section)
  if (at !== -1) setText(fields, 'user.target.name', wordBehind(text, 'Account Name:', at))
  const address = wordBehind(text, 'Source Network Address:', 0) ?? ''
  if (isAddress(address)) fields['source.ip'] = address
  setInteger(fields, 'source.port', wordBehind(text, 'Source Port:', 0))
}

function wordBehind(text: string, label: string, from: number): string | undefined {
  const found = text.indexOf(label, from)
  if (found === -1) return undefined
  let at = found + label.length
  while (text.charCodeAt(at) === 32 || text.charCodeAt(at) === 9) at++
  let end = at
  while (end < text.length && text.charCodeAt(end) !== 32 && text.charCodeAt(end) !== 9) end++
  return text.slice(at, end)
}

function single(value: string | readonly string[] | undefined): string | undefined {
  return typeof value === 'string' ? value : value?.[0]
}
