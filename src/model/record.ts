// The record: what Picket stores, searches, matches and shows. RecordJson is its public form.
import type { Format, StructuredData } from '../syslog-parser/types.ts'

/** How a frame came in. `internal`: Picket wrote it itself (app/own-records.ts). */
export const transports = ['udp', 'tcp', 'tls', 'relp', 'internal'] as const
export type Transport = (typeof transports)[number]

export type { Format, StructuredData } from '../syslog-parser/types.ts'
export const formats = ['raw', 'rfc3164', 'rfc5424'] as const satisfies readonly Format[]

/** One extracted value: text, a number, a truth value, or several texts (process.args). */
export type FieldValue = string | number | boolean | readonly string[]
/** Extracted fields by ECS name, flat: `{'user.name': 'alice', 'source.port': 22}`. The object has no prototype. */
export type Fields = { readonly [name: string]: FieldValue }

/** The field of the name in the sender's verified certificate. Only Picket sets it, whatever a message says. */
export const certificateField = 'tls.client.subject'
/** The field that is true when a RELP sender sent the record again after a broken session. Only Picket sets it. */
export const repeatField = 'event.repeat'

/** A parsed message with its reception facts and extracted fields. Absent values are undefined. */
export type LogRecord = {
  /** `YYYYMMDD-` and twelve digits: receive day (UTC) and sequence number. '' until it is stored. */
  readonly id: string
  /** When the frame arrived, ms since 1970 UTC. */
  readonly receivedAt: number
  /** What the sender says, ms since 1970 UTC. */
  readonly timestamp?: number | undefined
  /** The address that the frame came from. */
  readonly peer: string
  readonly transport: Transport
  /** 0..23, RFC 5424 §6.2.1. */
  readonly facility: number
  /** 0 emergency .. 7 debug. */
  readonly severity: number
  readonly hostname?: string | undefined
  readonly appName?: string | undefined
  readonly procId?: string | undefined
  readonly msgId?: string | undefined
  readonly structuredData?: StructuredData | undefined
  readonly message: string
  readonly format: Format
  readonly fields: Fields
  /** What the parsers could not read, in words. */
  readonly problems: readonly string[]
}

/** A record as the API, the CLI and exports print it (CONTRACT "Record"). */
export type RecordJson = {
  readonly id: string
  readonly received_at: string
  readonly timestamp: string | null
  readonly peer: string
  readonly transport: Transport
  readonly facility: number
  readonly severity: number
  readonly hostname: string | null
  readonly app_name: string | null
  readonly procid: string | null
  readonly msgid: string | null
  readonly structured_data: StructuredData | null
  readonly message: string
  readonly format: Format
  readonly fields: Fields
  readonly problems: readonly string[]
  /** The frame's bytes in base64, on request. */
  readonly raw?: string
}

/** The JSON form of a record; `raw` adds the frame's bytes. */
export function recordToJson(record: LogRecord, raw?: Uint8Array): RecordJson {
  const json: RecordJson = {
    id: record.id,
    received_at: new Date(record.receivedAt).toISOString(),
    timestamp: record.timestamp === undefined ? null : new Date(record.timestamp).toISOString(),
    peer: record.peer,
    transport: record.transport,
    facility: record.facility,
    severity: record.severity,
    hostname: record.hostname ?? null,
    app_name: record.appName ?? null,
    procid: record.procId ?? null,
    msgid: record.msgId ?? null,
    structured_data: record.structuredData ?? null,
    message: record.message,
    format: record.format,
    fields: record.fields,
    problems: record.problems,
  }
  return raw === undefined ? json : { ...json, raw: Buffer.from(raw).toString('base64') }
}
