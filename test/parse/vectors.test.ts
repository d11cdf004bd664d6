// The body vectors: every listed field equal, every `absent` one missing.
import { deepEqual, equal } from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { StructuredData } from '../../src/model/record.ts'
import { extractFields } from '../../src/parse/fields.ts'

type Vector = {
  readonly id: string
  readonly note: string
  readonly input: {
    readonly hostname: string | null
    readonly app_name: string | null
    readonly procid: string | null
    readonly facility: number | null
    readonly structured_data: StructuredData | null
    readonly message: string
  }
  readonly expect: { readonly [field: string]: unknown }
  readonly absent?: readonly string[]
}

const file = join(import.meta.dirname, '..', 'fixtures', 'bodies-dev.jsonl')
const vectors: Vector[] = readFileSync(file, 'utf8')
  .trimEnd()
  .split('\n')
  .map(line => JSON.parse(line))

for (const { id, note, input, expect, absent = [] } of vectors) {
  test(`${id}: ${note}`, () => {
    const { fields } = extractFields({
      hostname: input.hostname ?? undefined,
      appName: input.app_name ?? undefined,
      procId: input.procid ?? undefined,
      facility: input.facility ?? undefined,
      structuredData: input.structured_data ?? undefined,
      message: input.message,
    })
    for (const [name, value] of Object.entries(expect)) deepEqual(fields[name], value, name)
    for (const name of absent) equal(fields[name], undefined, name)
  })
}
