// How Sigma's field names read a record or a flat event. Rules speak Sigma (`CommandLine`), records speak ECS.
import type { LogRecord, RecordJson } from '../model/record.ts'
import type { EventView } from '../query/ast.ts'
import { RecordView } from '../query/record-view.ts'

/** Sigma field → field of the record. Names that are not here are read as they are. */
export const sigmaFields: { readonly [sigma: string]: string } = {
  __proto__: null as unknown as string,
  CommandLine: 'process.command_line',
  COMMAND: 'process.command_line',
  CurrentDirectory: 'process.working_directory',
  PWD: 'process.working_directory',
  cwd: 'process.working_directory',
  ParentImage: 'process.parent.executable',
  ParentCommandLine: 'process.parent.command_line',
  ProcessId: 'process.pid',
  ParentProcessId: 'process.parent.pid',
  TTY: 'process.tty',
  terminal: 'process.tty',
  LogonId: 'session.id',
  ses: 'session.id',
  comm: 'process.name',
  exe: 'process.executable',
  key: 'auditd.key',
  User: 'user.name',
  USER: 'user.effective.name',
  TargetUserName: 'user.target.name',
  Computer: 'host',
  ComputerName: 'host',
  Hostname: 'host',
  HostName: 'host',
  hostname: 'host',
  program: 'app',
  app_name: 'app',
  Message: 'message',
  SourceIp: 'source.ip',
  src_ip: 'source.ip',
  'c-ip': 'source.ip',
  SourcePort: 'source.port',
  src_port: 'source.port',
  DestinationIp: 'destination.ip',
  dst_ip: 'destination.ip',
  DestinationPort: 'destination.port',
  dst_port: 'destination.port',
  DestinationHostname: 'destination.domain',
  TargetFilename: 'file.path',
  'cs-method': 'http.request.method',
  'cs-uri-stem': 'url.path',
  'cs-referer': 'http.request.referrer',
  'cs-referrer': 'http.request.referrer',
  'cs-user-agent': 'user_agent.original',
  'c-useragent': 'user_agent.original',
  'cs-username': 'user.name',
  'sc-status': 'http.response.status_code',
  'sc-bytes': 'http.response.body.bytes',
}

/** Reads a record by Sigma names, then by Picket's. One view is reused for many records: `of` moves it. */
export class SigmaView implements EventView {
  readonly #view = new RecordView()
  #record: LogRecord | undefined

  of(record: LogRecord): this {
    this.#record = record
    this.#view.of(record)
    return this
  }

  read(field: string): unknown {
    const record = this.#record
    if (record === undefined) return undefined
    const mapped = sigmaFields[field]
    if (mapped !== undefined) return this.#view.read(mapped)
    switch (field) {
      case 'Image':
        return image(record)
      case 'cs-uri-query':
      case 'cs-uri':
      case 'c-uri':
      case 'c-uri-query':
        return requestTarget(record)
      case 'type':
        return auditType(record)
    }
    const argument = /^a(\d{1,2})$/.exec(field)?.[1]
    if (argument !== undefined) {
      const args = record.fields['process.args']
      return Array.isArray(args) ? (args as readonly string[])[Number(argument)] : undefined
    }
    return this.#view.read(field)
  }

  values(): readonly unknown[] {
    return this.#view.values()
  }
}

/** The program of a command: what the log says, else the command's first word, which PATH finds in /usr/bin. */
function image(record: LogRecord): string | undefined {
  const known = record.fields['process.executable']
  if (typeof known === 'string') return known
  const command = record.fields['process.command_line']
  if (typeof command !== 'string') return undefined
  const word = /^[ \t\n]*(\S+)/.exec(command)?.[1]
  if (word === undefined) return undefined
  return word.includes('/') ? word : `/usr/bin/${word}`
}

/** The whole request target, as sent and once decoded: most web rules look for paths in `cs-uri-query`. */
function requestTarget(record: LogRecord): readonly string[] | undefined {
  const path = record.fields['url.path']
  if (typeof path !== 'string') return undefined
  const query = record.fields['url.query']
  const target = typeof query === 'string' ? `${path}?${query}` : path
  if (!target.includes('%')) return [target]
  const decoded = target.replace(/(?:%[0-9A-Fa-f]{2})+/g, run =>
    Buffer.from(run.replaceAll('%', ''), 'hex').toString('utf8'),
  )
  return decoded === target ? [target] : [target, decoded]
}

function auditType(record: LogRecord): string | undefined {
  return /\btype=(\w{1,40})/.exec(record.message)?.[1]
}

/** A view over a flat event of `picket rules match`: the literal key first, then the dotted path. */
export function eventView(event: unknown): EventView {
  return {
    read: field => readPath(event, field),
    values: () => leaves(event),
  }
}

function readPath(event: unknown, field: string): unknown {
  if (typeof event !== 'object' || event === null || Array.isArray(event)) return undefined
  if (Object.hasOwn(event, field)) return (event as { readonly [key: string]: unknown })[field]
  for (let dot = field.indexOf('.'); dot > 0; dot = field.indexOf('.', dot + 1)) {
    const head = field.slice(0, dot)
    if (!Object.hasOwn(event, head)) continue
    const value = readPath((event as { readonly [key: string]: unknown })[head], field.slice(dot + 1))
    if (value !== undefined) return value
  }
  return undefined
}

const maxEventDepth = 16

function leaves(value: unknown, depth = 0): readonly unknown[] {
  if (typeof value !== 'object' || value === null) return value === null || value === undefined ? [] : [value]
  if (depth > maxEventDepth) return []
  return Object.values(value).flatMap(v => leaves(v, depth + 1))
}

/** True when a JSON value is a record as Picket prints it (CONTRACT "Record"). */
export function isRecordJson(value: unknown): value is RecordJson {
  if (typeof value !== 'object' || value === null) return false
  const record = value as { readonly [key: string]: unknown }
  return (
    typeof record['received_at'] === 'string' &&
    typeof record['message'] === 'string' &&
    typeof record['fields'] === 'object' &&
    record['fields'] !== null
  )
}

/** The record of its JSON form. */
export function recordFromJson(json: RecordJson): LogRecord {
  return {
    id: json.id,
    receivedAt: Date.parse(json.received_at),
    timestamp: json.timestamp === null ? undefined : Date.parse(json.timestamp),
    peer: json.peer,
    transport: json.transport,
    facility: json.facility,
    severity: json.severity,
    hostname: json.hostname ?? undefined,
    appName: json.app_name ?? undefined,
    procId: json.procid ?? undefined,
    msgId: json.msgid ?? undefined,
    structuredData: json.structured_data ?? undefined,
    message: json.message,
    format: json.format,
    fields: json.fields,
    problems: json.problems ?? [],
  }
}
