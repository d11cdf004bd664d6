// Reads the message vectors and turns their expectation into a SyslogMessage.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Format, StructuredData, SyslogMessage } from '../../src/syslog-parser/types.ts'

export type Vector = {
  readonly id: string
  readonly note: string
  readonly raw_b64: string
  readonly received_at: string
  readonly assumed_tz: string
  readonly assumed_charset?: string
  readonly expect: {
    readonly facility: number
    readonly severity: number
    readonly timestamp: string | null
    readonly hostname: string | null
    readonly app_name: string | null
    readonly procid: string | null
    readonly msgid: string | null
    readonly structured_data: StructuredData | null
    readonly message: string
    readonly format: Format
  }
}

export function readVectors(): readonly Vector[] {
  const file = join(import.meta.dirname, '..', 'fixtures', 'syslog-dev.jsonl')
  return readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line))
}

export function expected({ expect }: Vector): SyslogMessage {
  return {
    facility: expect.facility,
    severity: expect.severity,
    timestamp: expect.timestamp === null ? undefined : Date.parse(expect.timestamp),
    hostname: expect.hostname ?? undefined,
    appName: expect.app_name ?? undefined,
    procId: expect.procid ?? undefined,
    msgId: expect.msgid ?? undefined,
    structuredData: expect.structured_data === null ? undefined : withoutPrototypes(expect.structured_data),
    message: expect.message,
    format: expect.format,
  }
}

function withoutPrototypes(data: StructuredData): StructuredData {
  const entries = Object.entries(data).map(([id, params]) => [id, Object.assign(Object.create(null), params)] as const)
  return Object.assign(Object.create(null), Object.fromEntries(entries))
}
