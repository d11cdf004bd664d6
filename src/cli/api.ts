// The HTTP API of a running Picket, for commands with --url. The token comes from PICKET_TOKEN, never from argv.
import { PicketError } from '../base/errors.ts'
import type { LedgerJson } from '../model/books.ts'
import type { RecordJson } from '../model/record.ts'
import type { DamagedDay } from '../store/store.ts'
import type { Io } from './io.ts'

export type RecordsQuery = {
  readonly q: string
  readonly from?: number | undefined
  readonly to?: number | undefined
  readonly limit: number
  readonly cursor?: string | undefined
  readonly raw?: boolean | undefined
}

type ApiIo = Pick<Io, 'env' | 'signal'>

/** `GET /api/v1/records`. Errors: UNAUTHENTICATED, FORBIDDEN, QUERY_INVALID …, SEARCH_FAILED when there is no answer. */
export async function fetchRecords(
  url: string,
  { q, from, to, limit, cursor, raw }: RecordsQuery,
  io: ApiIo,
): Promise<{
  readonly records: readonly RecordJson[]
  readonly nextCursor: string | null
  readonly damaged?: readonly DamagedDay[] | undefined
}> {
  const parameters = {
    q,
    from: from === undefined ? undefined : new Date(from).toISOString(),
    to: to === undefined ? undefined : new Date(to).toISOString(),
    limit: String(limit),
    cursor,
    raw: raw ? '1' : undefined,
  }
  // The API's own schema (http/routes) makes this shape, and those below.
  const page = (await fetchJson(apiUrl(url, 'records', parameters), io)) as {
    readonly records: readonly RecordJson[]
    readonly next_cursor: string | null
    readonly damaged?: readonly DamagedDay[]
  }
  return { records: page.records, nextCursor: page.next_cursor, damaged: page.damaged }
}

/** `GET /api/v1/ledger`. Errors: UNAUTHENTICATED, FORBIDDEN, BAD_REQUEST, SEARCH_FAILED when there is no answer. */
export async function fetchLedger(url: string, io: ApiIo): Promise<LedgerJson> {
  return (await fetchJson(apiUrl(url, 'ledger'), io)) as LedgerJson
}

async function fetchJson(target: URL, io: ApiIo): Promise<unknown> {
  const token = io.env.PICKET_TOKEN
  if (!token) throw new PicketError('UNAUTHENTICATED', 'set PICKET_TOKEN to an API token to use --url')
  let response: Response
  try {
    response = await fetch(target, {
      headers: { authorization: `Bearer ${token}` },
      redirect: 'error',
      signal: io.signal,
    })
  } catch (cause) {
    throw new PicketError('SEARCH_FAILED', `no answer from ${target.origin}: ${reasonOf(cause)}`, { cause })
  }
  if (!response.ok) throw await apiError(response)
  return response.json()
}

function apiUrl(url: string, path: string, parameters: { readonly [name: string]: string | undefined } = {}): URL {
  const base = URL.parse(url)
  if (base === null) throw new PicketError('BAD_REQUEST', `--url ${url}: no URL like https://picket.example.com`)
  const target = new URL(`${base.pathname.replace(/\/$/, '')}/api/v1/${path}`, base)
  for (const [name, value] of Object.entries(parameters)) if (value !== undefined) target.searchParams.set(name, value)
  return target
}

/** `{"error":{"code","message"}}` of CONTRACT, or the status line of something that is no Picket. */
async function apiError(response: Response): Promise<PicketError> {
  const body = await response.text()
  try {
    const { error } = JSON.parse(body) as { readonly error: { readonly code: string; readonly message: string } }
    const code =
      response.status === 401
        ? 'UNAUTHENTICATED'
        : response.status === 403
          ? 'FORBIDDEN'
          : response.status < 500
            ? 'BAD_REQUEST'
            : 'SEARCH_FAILED'
    return new PicketError(code, error.message)
  } catch (cause) {
    return new PicketError('SEARCH_FAILED', `${response.url} answered ${response.status} ${response.statusText}`, {
      cause,
    })
  }
}

function reasonOf(error: unknown): string {
  const { cause, message } = error as Error
  return cause instanceof Error ? cause.message : message
}
