// One raw line → record, by the parsers of the product.

import type { LogRecord } from '../../src/model/record.ts'
import { extractFields } from '../../src/parse/fields.ts'
import { parseMessage } from '../../src/syslog-parser/parse.ts'

const receivedAt = Date.UTC(2026, 10, 23, 13)

export function recordOfLine(line: string | Uint8Array): LogRecord {
  const frame = typeof line === 'string' ? Buffer.from(line) : line
  const message = parseMessage(frame, { receivedAt, timeZone: 'UTC', charset: 'windows-1252' })
  const { fields, problems } = extractFields(message)
  return { ...message, id: '', receivedAt, peer: '192.0.2.7', transport: 'udp', fields, problems }
}
