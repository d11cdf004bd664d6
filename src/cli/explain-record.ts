// A record in words, for somebody who wonders why a search or a rule does not find it.
import { visible } from '../base/visible.ts'
import type { RecordJson } from '../model/record.ts'
import { facilityNames, severityNames } from '../model/severity.ts'

const formatWords = {
  raw: 'no syslog header was recognised; everything is the message',
  rfc3164: 'a traditional header (RFC 3164)',
  rfc5424: 'an RFC 5424 header',
} as const

/** Several lines, each `query field   value`, with an empty line at the end. */
export function explainRecord(record: RecordJson): string {
  const header: readonly (readonly [string, string | null])[] = [
    ['format', `${record.format}: ${formatWords[record.format]}`],
    ['facility', `${record.facility} ${facilityNames[record.facility] ?? ''}`],
    ['severity', `${record.severity} ${severityNames[record.severity] ?? ''}`],
    ['timestamp', record.timestamp ?? `none; sorted and searched by the time of receipt, ${record.received_at}`],
    ['host', record.hostname ?? `none; shown as its address, ${record.peer}`],
    ['app', record.app_name],
    ['procid', record.procid],
    ['msgid', record.msgid],
  ]
  const structured = Object.entries(record.structured_data ?? {}).flatMap(([id, params]) =>
    Object.entries(params).map(([name, value]) => [`sd.${id}.${name}`, String(value)] as const),
  )
  const fields = Object.entries(record.fields).map(([name, value]) => [name, JSON.stringify(value)] as const)
  const problems = record.problems.map(problem => ['problem', problem] as const)
  const rows = [...header, ...structured, ['message', record.message] as const, ...fields, ...problems]
  const lines = rows.flatMap(([name, value]) =>
    value === null ? [] : [`${visible(name).padEnd(24)} ${visible(value)}`],
  )
  return `${lines.join('\n')}\n\n`
}
