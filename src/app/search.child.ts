// One search process: answers one request at a time over IPC. A process, because only a process can be stopped in the
// middle of a query within milliseconds (ARCHITECTURE.md); the data is opened read-only.
import { isPicketError } from '../base/errors.ts'
import { mayDecode } from '../parse/may-decode.ts'
import { rawOf, recordOf } from '../parse/record.ts'
import type { Query } from '../query/ast.ts'
import { parseQuery } from '../query/parse.ts'
import { openReader } from '../store/sqlite/reader.ts'
import type { SearchAnswer, SearchCall } from './search-calls.ts'

const [dataDir] = process.argv.slice(2)
if (dataDir === undefined || process.send === undefined) throw new Error('BUG: search.child.ts is started by search.ts')
const reader = openReader(dataDir, { recordOf, rawOf, mayDecode })

try {
  // opens the newest files and loads what the first search needs
  reader.search({ query: { kind: 'all' }, limit: 1 })
} catch {
  // told to whoever searches
}

process.on('message', ({ id, call }: { readonly id: number; readonly call: SearchCall }) => {
  let answer: SearchAnswer
  try {
    answer = { id, result: run(call) }
  } catch (error) {
    const { message } = error as Error
    answer = { id, error: { code: isPicketError(error) ? error.code : 'SEARCH_FAILED', message } }
  }
  process.send?.(answer)
})
process.on('disconnect', () => process.exit(0))

function run(call: SearchCall): unknown {
  switch (call.method) {
    case 'search':
      return reader.search({ ...call.request, query: parsed(call.q) })
    case 'histogram':
      return reader.histogram({ ...call.request, query: parsed(call.q) })
    case 'facets':
      return reader.facets({ ...call.request, query: parsed(call.q) })
    case 'hosts':
      return reader.hosts(call.request)
    case 'totals':
      return reader.totals()
    default:
      return call satisfies never
  }
}

function parsed(q: string): Query {
  const result = parseQuery(q)
  if ('error' in result) throw new Error(`BUG: an unchecked query reached the search process: ${result.error.message}`)
  return result.query
}
