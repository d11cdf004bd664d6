// Shared form of the parser tests: one line, the fields it must give. `null` says that the field must not exist.
import { deepEqual } from 'node:assert/strict'
import type { Body } from '../../src/parse/body.ts'
import { extractFields } from '../../src/parse/fields.ts'

export type Want = { readonly [field: string]: unknown }

/** Checks the listed fields of `message` sent by `appName` (and other header values, if they matter). */
export function fact(appName: string | undefined, message: string, want: Want, header: Partial<Body> = {}): void {
  const { fields } = extractFields({ ...header, appName, message })
  const got: { [field: string]: unknown } = {}
  for (const name of Object.keys(want)) got[name] = fields[name] ?? null
  deepEqual(got, want, message)
}

/** Checks that a message gives no fields at all. */
export function unknown(appName: string | undefined, message: string, header: Partial<Body> = {}): void {
  deepEqual(Object.keys(extractFields({ ...header, appName, message }).fields), [], message)
}
