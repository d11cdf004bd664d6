// A short form of a long record, for hits and alerts: they are kept in memory and in picket.db, several for one record,
// while the record itself stays in the store.
import type { RecordJson } from './record.ts'

/** Of one text, in characters. */
const maxText = 4096
/** Of all texts of a record together, its names included. */
const maxTotal = 32_768

/** The record with long texts cut (they end with `…`) and, where even that is too much, its last values left out. */
export function excerptOf(record: RecordJson): RecordJson {
  let left = maxTotal
  function cut(value: unknown): unknown {
    if (typeof value === 'string') {
      const room = Math.min(maxText, left)
      left -= Math.min(value.length, room)
      return value.length <= room ? value : `${value.slice(0, room)}…`.toWellFormed()
    }
    if (Array.isArray(value)) return Array.from(takeWhileRoom(value), cut)
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(
      Array.from(takeWhileRoom(Object.entries(value)), ([name, element]) => {
        left -= name.length
        return [name, cut(element)]
      }),
    )
  }
  function* takeWhileRoom<T>(values: readonly T[]): Iterable<T> {
    for (const value of values) {
      if (left <= 0) return
      yield value
    }
  }
  // the message first; the fields and what else the sender wrote share what it leaves
  const message = cut(record.message) as string
  return {
    ...record,
    message,
    hostname: cut(record.hostname) as string | null,
    app_name: cut(record.app_name) as string | null,
    procid: cut(record.procid) as string | null,
    msgid: cut(record.msgid) as string | null,
    fields: cut(record.fields) as RecordJson['fields'],
    structured_data: cut(record.structured_data) as RecordJson['structured_data'],
    problems: cut(record.problems) as RecordJson['problems'],
  }
}
