// Stored row → record. The same code makes the record that a rule sees on arrival and the one that a search finds years
// later: header by syslog-parser, fields by the body parsers, both only when somebody looks.
import {
  certificateField,
  type Fields,
  type Format,
  type LogRecord,
  repeatField,
  type StructuredData,
  type Transport,
} from '../model/record.ts'
import type { Origin, StoredRow } from '../model/row.ts'
import { parseMessage } from '../syslog-parser/parse.ts'
import { formatOfLayout, printHeader } from '../syslog-parser/scan.ts'
import type { SyslogMessage } from '../syslog-parser/types.ts'
import { newOpenFields } from './body.ts'
import { type Extracted, extractFields } from './fields.ts'

/** The record of a row; '' as `id` until it is stored. Never throws. */
export function recordOf(row: StoredRow, id: string): LogRecord {
  return new RowRecord(row, id)
}

/** The frame as it came, byte for byte. */
export function rawOf(row: StoredRow): Uint8Array {
  if (row.layout === 0) return row.bytes
  const header = printHeader(
    row.layout,
    row.facility * 8 + row.severity,
    row.timestampMicros,
    row.hostname,
    row.appName,
    row.procId,
  )
  return Buffer.concat([Buffer.from(header, 'latin1'), row.bytes])
}

/** The row of a frame that the header scan refused: parsed whole, kept whole. */
export function rowOfFrame(frame: Buffer, receivedAt: number, origin: Origin): StoredRow {
  const message = parseMessage(frame, { receivedAt, timeZone: origin.timeZone, charset: origin.charset })
  return {
    seq: 0,
    receivedAt,
    origin,
    layout: 0,
    facility: message.facility,
    severity: message.severity,
    timestampMicros: message.timestamp === undefined ? Number.NaN : message.timestamp * 1000,
    hostname: message.hostname,
    appName: message.appName,
    procId: message.procId,
    bytes: frame,
  }
}

/** Reads of the row only what is asked for: a search that looks at severities never cuts a message out of its block. */
class RowRecord implements LogRecord {
  readonly id: string
  readonly #row: StoredRow
  #header: SyslogMessage | undefined
  #extracted: Extracted | undefined
  #fields: Fields | undefined

  constructor(row: StoredRow, id: string) {
    this.id = id
    this.#row = row
  }

  get receivedAt(): number {
    return this.#row.receivedAt
  }
  get peer(): string {
    return this.#row.origin.peer
  }
  get transport(): Transport {
    return this.#row.origin.transport
  }
  get facility(): number {
    return this.#row.facility
  }
  get severity(): number {
    return this.#row.severity
  }
  get hostname(): string | undefined {
    return this.#row.hostname
  }
  get appName(): string | undefined {
    return this.#row.appName
  }
  get procId(): string | undefined {
    return this.#row.procId
  }
  get timestamp(): number | undefined {
    return (this.#header ??= headerOf(this.#row)).timestamp
  }
  get msgId(): string | undefined {
    return (this.#header ??= headerOf(this.#row)).msgId
  }
  get structuredData(): StructuredData | undefined {
    return (this.#header ??= headerOf(this.#row)).structuredData
  }
  get format(): Format {
    return (this.#header ??= headerOf(this.#row)).format
  }
  get message(): string {
    return (this.#header ??= headerOf(this.#row)).message
  }
  get fields(): Fields {
    return (this.#fields ??= withOrigin(this.#extract().fields, this.#row.origin))
  }
  get problems(): readonly string[] {
    return this.#extract().problems
  }
  #extract(): Extracted {
    return (this.#extracted ??= extractFields(this))
  }
}

function withOrigin(fields: Fields, { cert, repeat }: Origin): Fields {
  if (cert === undefined && repeat !== true) return fields
  const more = {
    ...(cert !== undefined && { [certificateField]: cert }),
    ...(repeat === true && { [repeatField]: true }),
  }
  return Object.assign(newOpenFields(), fields, more)
}

function headerOf(row: StoredRow): SyslogMessage {
  const { receivedAt, origin, bytes, layout, facility, severity, timestampMicros } = row
  if (layout === 0) return parseMessage(bytes, { receivedAt, timeZone: origin.timeZone, charset: origin.charset })
  // the scan took ASCII only
  const message = { facility, severity, message: bytes.toString('latin1'), format: formatOfLayout(layout) }
  return Number.isNaN(timestampMicros) ? message : { ...message, timestamp: Math.floor(timestampMicros / 1000) }
}
