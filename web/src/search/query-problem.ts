// What is wrong with a query, from the same parser that the server runs. Regular expressions only the server can judge.
import { parseQuery, type QueryProblem } from '../../../src/query/parse.ts'
import type { ApiError } from '../api/request.ts'

export type { QueryProblem }

/** Why the query cannot be searched, or undefined when it can. */
export function problemOf(q: string): QueryProblem | undefined {
  const parsed = parseQuery(q)
  return 'error' in parsed ? parsed.error : undefined
}

/** What stands open at the end of a query that somebody has not typed to its end. */
const closings = [')', '"', '")', '))', '"))', ')))']

/** The likely meaning of `q`: the parser's suggestion, or what it lacks at its end. */
export function repairOf(q: string, { position, length, suggestion }: QueryProblem): string | undefined {
  if (suggestion !== undefined) return q.slice(0, position) + suggestion + q.slice(position + length)
  if (!['(', '"'].includes(q.charAt(position))) return undefined
  return closings.map(closing => q + closing).find(closed => problemOf(closed) === undefined)
}

/** True when the query is alternatives at its top, so that a filter behind it needs parentheses around it. */
export function isAlternatives(q: string): boolean {
  const parsed = parseQuery(q)
  return 'query' in parsed && parsed.query.kind === 'or'
}

/** The server's finding about `q` in the parser's own form, or undefined when it is about something else. */
export function problemFromServer(error: ApiError | undefined): QueryProblem | undefined {
  if (error?.code !== 'QUERY_INVALID') return undefined
  const { from, to } = error.span ?? { from: 0, to: 0 }
  return { position: from, length: to - from, message: error.message }
}
