// JSON objects as messages (`{…}`, `@cee: {…}`): every value under its path, known names under their ECS names too.
import type { Fields, FieldValue } from '../model/record.ts'
import type { MutableFields } from './body.ts'
import { newOpenFields } from './body.ts'
import { parseCowrie } from './cowrie.ts'
import { maxFields, setNamed } from './field-names.ts'
import { parseOssecJson } from './ossec.ts'

export type JsonObject = { readonly [name: string]: unknown }

/** The object that a text is, or undefined when it is no JSON object. */
export function readJsonObject(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** The fields of a JSON object: of Cowrie and OSSEC by their own parsers, else by path (`a.b`), at most 64 of them. */
export function jsonFields(object: JsonObject): Fields {
  const known = parseCowrie(object) ?? parseOssecJson(object)
  if (known !== undefined) return known
  const fields = newOpenFields()
  flatten(fields, object, '', 0, { left: maxFields })
  return fields
}

const maxDepth = 8

function flatten(
  fields: MutableFields,
  object: JsonObject,
  prefix: string,
  depth: number,
  budget: { left: number },
): void {
  for (const name in object) {
    if (budget.left <= 0) return
    const value = object[name]
    if (isObject(value)) {
      if (depth < maxDepth) flatten(fields, value, `${prefix}${name}.`, depth + 1, budget)
      continue
    }
    const leaf = leafOf(value)
    if (leaf === undefined) continue
    budget.left--
    setNamed(fields, prefix + name, leaf)
  }
}

function leafOf(value: unknown): FieldValue | undefined {
  if (typeof value === 'string' || typeof value === 'boolean') return value
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined
  if (!Array.isArray(value)) return undefined
  const texts = value.slice(0, maxFields).filter(item => typeof item === 'string')
  return texts.length === 0 ? undefined : texts
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
