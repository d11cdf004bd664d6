// A record as one line on a terminal: time, severity, host, program, message. Nothing in it can act on the terminal.
import { styleText } from 'node:util'
import { visible } from '../base/visible.ts'
import type { RecordJson } from '../model/record.ts'
import { severityNames } from '../model/severity.ts'

/** `2026-11-23T12:00:00.123Z web01 sshd[812] info: Accepted publickey …`; the time is when it was received. */
export function recordText(record: RecordJson, color: boolean): string {
  const host = visible(record.hostname ?? record.peer)
  const program = record.app_name === null ? '-' : visible(record.app_name)
  const procId = record.procid === null ? '' : `[${visible(record.procid)}]`
  const severity = severityNames[record.severity] ?? String(record.severity)
  const paint = (style: 'dim' | 'bold' | 'red' | 'yellow', text: string) =>
    color ? styleText(style, text, { validateStream: false }) : text
  const word =
    record.severity <= 3 ? paint('red', severity) : record.severity === 4 ? paint('yellow', severity) : severity
  return `${paint('dim', record.received_at)} ${paint('bold', host)} ${program}${procId} ${word}: ${visible(record.message)}\n`
}
