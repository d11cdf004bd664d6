// The `q` of a request: checked here, so that a mistake is answered with its place and never reaches a search process.
import { PicketError } from '../base/errors.ts'
import { findField, nearestField } from '../query/fields.ts'
import { checkRegex } from '../query/match.ts'
import { type ParsedQuery, parseQuery } from '../query/parse.ts'
import { QueryProblem } from './errors.ts'

/** What a text means, regular expressions included; absent: everything. */
export function parseText(text: string | undefined): ParsedQuery {
  return parseQuery(text ?? '', { checkRegex })
}

/** The text again when it parses. Errors: QUERY_INVALID with position and length. */
export function checkedQuery(text: string | undefined): string {
  const parsed = parseText(text)
  if ('error' in parsed) throw new QueryProblem(parsed.error)
  return text ?? ''
}

/** Canonical names of `host,user,sd.x.y`, each once. Errors: BAD_REQUEST with the nearest known name. */
export function parseFieldList(text: string, maxFields: number): readonly string[] {
  const names = text
    .split(',')
    .map(part => part.trim())
    .filter(Boolean)
  if (names.length === 0 || names.length > maxFields) {
    throw new PicketError('BAD_REQUEST', `parameter fields: must name 1 to ${maxFields} fields, separated by commas`)
  }
  return [...new Set(names.map(canonicalField))]
}

function canonicalField(name: string): string {
  const field = findField(name)
  if (field !== undefined) return field.name
  const nearest = nearestField(name)
  const hint = nearest === undefined ? '' : `; did you mean ${nearest}?`
  throw new PicketError(
    'BAD_REQUEST',
    `parameter fields: there is no field ${JSON.stringify(name.slice(0, 64))}${hint}`,
  )
}
