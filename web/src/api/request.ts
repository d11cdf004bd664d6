// One request to the server's API: cookies for who asks, the CSRF token for what changes, errors as ApiError.

export type TextSpan = { readonly from: number; readonly to: number }

export class ApiError extends Error {
  readonly code: string
  readonly status: number
  /** Where in the query the error is, in UTF-16 units, when the server says so. */
  readonly span: TextSpan | undefined

  constructor(status: number, code: string, message: string, span?: TextSpan) {
    super(message)
    this.name = 'ApiError'
    this.code = code
    this.status = status
    this.span = span
  }
}

export type Parameters = { readonly [name: string]: string | number | undefined }

let csrfToken = ''
let whenSignedOut = () => {}

/** `run` is called whenever the server answers that it does not know us (any more). */
export function onSignedOut(run: () => void): void {
  whenSignedOut = run
}

/** The token that login and `me` answer with; every later POST carries it. */
export function keepCsrfToken(token: string): void {
  csrfToken = token
}

/** The address of an API call with its parameters. */
export function apiUrl(path: string, parameters: Parameters = {}): string {
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined && value !== '') search.set(name, String(value))
  }
  const query = search.toString()
  return `/api/v1/${path}${query ? `?${query}` : ''}`
}

/** Errors: ApiError; code NETWORK when no answer came. */
export async function get<T>(path: string, parameters?: Parameters, signal?: AbortSignal): Promise<T> {
  return send<T>(apiUrl(path, parameters), signal ? { signal } : {})
}

/** Errors: ApiError; code NETWORK when no answer came. */
export async function post<T>(path: string, body: object = {}): Promise<T> {
  return send<T>(apiUrl(path), {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-csrf-token': csrfToken },
    body: JSON.stringify(body),
  })
}

async function send<T>(url: string, init: RequestInit): Promise<T> {
  let response: Response
  try {
    response = await fetch(url, { credentials: 'same-origin', ...init })
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === 'AbortError') throw cause
    throw new ApiError(0, 'NETWORK', 'The server did not answer.')
  }
  const body: unknown = await response.json().catch(() => undefined) // 204 has none
  if (response.ok) return body as T // the server's own schema; docs/api.md is the contract
  if (response.status === 401) whenSignedOut()
  throw readError(response.status, body)
}

function readError(status: number, body: unknown): ApiError {
  const error = isObject(body) && isObject(body['error']) ? body['error'] : {}
  const code = typeof error['code'] === 'string' ? error['code'] : `HTTP_${status}`
  const message = typeof error['message'] === 'string' ? error['message'] : `The server answered ${status}.`
  const { position, length } = error
  const span =
    typeof position === 'number' && typeof length === 'number' ? { from: position, to: position + length } : undefined
  return new ApiError(status, code, message, span)
}

function isObject(value: unknown): value is { readonly [key: string]: unknown } {
  return typeof value === 'object' && value !== null
}
