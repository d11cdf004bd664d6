// What differs between two configurations, as the names of options.
import type { Config } from './schema.ts'

/** `store.maxBytes`, `receive.tls` when one of them has no such section …, in the order of the configuration. */
export function changedOptions(before: Config, after: Config): readonly string[] {
  return differences(before, after, [])
}

function differences(before: unknown, after: unknown, path: readonly string[]): readonly string[] {
  if (isSection(before) && isSection(after)) {
    const keys = new Set([...Object.keys(before), ...Object.keys(after)])
    return [...keys].flatMap(key => differences(before[key], after[key], [...path, key]))
  }
  return JSON.stringify(before) === JSON.stringify(after) ? [] : [path.join('.')]
}

function isSection(value: unknown): value is { readonly [key: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
