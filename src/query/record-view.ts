// A record as predicates read it: canonical field names → values.
import type { LogRecord } from '../model/record.ts'
import type { EventView } from './ast.ts'
import { isDerived } from './fields.ts'

/** A view of one record. */
export function recordView(record: LogRecord): EventView {
  return new RecordView().of(record)
}

/** For the hot path: one view, shown one record after the other. What `values` gave belongs to the record before. */
export class RecordView implements EventView {
  #record: LogRecord | undefined
  #values: readonly unknown[] | undefined

  /** Shows another record. */
  of(record: LogRecord): this {
    this.#record = record
    this.#values = undefined
    return this
  }

  read(field: string): unknown {
    const record = this.#record
    if (record === undefined) return undefined
    switch (field) {
      case 'message':
        return record.message
      case 'host':
        return record.hostname
      case 'app':
        return record.appName
      case 'facility':
        return record.facility
      case 'severity':
        return record.severity
      case 'procid':
        return record.procId
      case 'msgid':
        return record.msgId
      case 'peer':
        return record.peer
      case 'transport':
        return record.transport
      case 'format':
        return record.format
      case 'received':
        return record.receivedAt
      case 'timestamp':
        return record.timestamp
      default:
        return openValue(record, field)
    }
  }

  /** The message, the header's texts, structured data and extracted fields, but nothing that Picket concluded. */
  values(): readonly unknown[] {
    this.#values ??= this.#record === undefined ? [] : valuesOf(this.#record)
    return this.#values
  }
}

/** Every value of a record that stands in its frame: what a keyword is searched in. */
function valuesOf(record: LogRecord): unknown[] {
  const values: unknown[] = [record.message]
  for (const text of [record.hostname, record.appName, record.procId, record.msgId]) {
    if (text !== undefined) values.push(text)
  }
  for (const id in record.structuredData) values.push(...Object.values(record.structuredData[id] ?? {}))
  for (const name in record.fields) if (!isDerived(name)) values.push(record.fields[name])
  return values
}

function openValue(record: LogRecord, field: string): unknown {
  if (field.startsWith('sd.')) return structuredValue(record, field)
  return ownValue(record.fields, field.startsWith('fields.') ? field.slice(7) : field)
}

/** `sd.<id>.<name>`: both may hold dots, so every cut is tried. */
function structuredValue(record: LogRecord, field: string): unknown {
  const data = record.structuredData
  if (data === undefined) return undefined
  for (let dot = field.indexOf('.', 3); dot > 0; dot = field.indexOf('.', dot + 1)) {
    const value = ownValue(ownValue(data, field.slice(3, dot)), field.slice(dot + 1))
    if (value !== undefined) return value
  }
  return undefined
}

function ownValue<T>(object: { readonly [name: string]: T } | undefined, name: string): T | undefined {
  return object !== undefined && Object.hasOwn(object, name) ? object[name] : undefined
}
