// Query texts on the command line: parsed, or refused with a mark under the place.
import { PicketError } from '../base/errors.ts'
import { visible } from '../base/visible.ts'
import type { Query } from '../query/ast.ts'
import { parseQuery } from '../query/parse.ts'
import type { Io } from './io.ts'

/** The tree of a query; warnings go to standard error. Errors: QUERY_INVALID. */
export function queryOf(text: string, io: Io): Query {
  const parsed = parseQuery(text)
  if (!('error' in parsed)) {
    for (const warning of parsed.warnings) io.err(`picket: ${visible(warning)}\n`)
    return parsed.query
  }
  const { message, position } = parsed.error
  const before = visible(text.slice(0, position))
  throw new PicketError(
    'QUERY_INVALID',
    `${message}\n  ${before}${visible(text.slice(position))}\n  ${' '.repeat(before.length)}^`,
  )
}
