// Which parts of a message the query's words found; the server's own highlighter, the server decided what matches.
import { verbatimFields } from '../../../src/query/fields.ts'
import { highlights } from '../../../src/query/highlight.ts'
import { parseQuery } from '../../../src/query/parse.ts'
import type { Highlight } from '../ui/untrusted.tsx'

export type Highlighter = (text: string) => readonly Highlight[]

/** Values of these stand in the message as they are. '' is a test without a field. */
const fields = ['message', '', ...verbatimFields]

export function highlighter(q: string): Highlighter {
  const parsed = parseQuery(q)
  if (!('query' in parsed)) return () => []
  return text => highlights(parsed.query, text, { fields }).map(([from, to]) => ({ from, to }))
}
