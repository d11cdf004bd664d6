// Errors on their way out: a PicketError becomes a status and `{error:{code,message}}`; causes and stacks stay in the log.
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { type ErrorCode, isPicketError, PicketError } from '../base/errors.ts'

const statuses: { readonly [code in ErrorCode]?: number } = {
  BAD_REQUEST: 400,
  QUERY_INVALID: 400,
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  CONFLICT: 409,
  RATE_LIMITED: 429,
  SEARCH_BUSY: 503,
  SEARCH_FAILED: 503,
  STORE_FAILED: 503,
  SEARCH_TIMEOUT: 504,
}

/** Seconds until a 503 is worth a second try. */
const busyRetrySeconds = 2

export const bodyTooLarge = 'the body is larger than 64 KiB'

/** A query with a mistake at a known place; positions in UTF-16 units. */
export class QueryProblem extends PicketError {
  readonly position: number
  readonly length: number
  readonly suggestion: string | undefined

  constructor(problem: { message: string; position: number; length: number; suggestion?: string | undefined }) {
    super('QUERY_INVALID', problem.message)
    this.position = problem.position
    this.length = problem.length
    this.suggestion = problem.suggestion
  }
}

/** Too many attempts; `retryAfterSeconds` becomes the Retry-After header. */
export class RateLimited extends PicketError {
  readonly retryAfterSeconds: number

  constructor(message: string, retryAfterSeconds: number) {
    super('RATE_LIMITED', message)
    this.retryAfterSeconds = retryAfterSeconds
  }
}

/** An error whose status is more exact than its code: 413, 415, 421. */
export class RefusedRequest extends PicketError {
  readonly status: number

  constructor(status: number, message: string) {
    super('BAD_REQUEST', message)
    this.status = status
  }
}

export type ErrorJson = {
  readonly error: {
    readonly code: ErrorCode
    readonly message: string
    readonly position?: number
    readonly length?: number
    readonly suggestion?: string
  }
}

/** What a client is told about an error: status, seconds to wait, body. Unknown errors tell only the request's id. */
export function printError(
  error: unknown,
  requestId: string,
): { readonly status: number; readonly retryAfterSeconds?: number; readonly body: ErrorJson } {
  if (!isPicketError(error)) return printForeignError(error as Partial<FastifyError> | undefined, requestId)
  const status = error instanceof RefusedRequest ? error.status : statuses[error.code]
  if (status === undefined) return printForeignError(undefined, requestId)
  const body: ErrorJson =
    error instanceof QueryProblem
      ? {
          error: {
            code: error.code,
            message: error.message,
            position: error.position,
            length: error.length,
            ...(error.suggestion === undefined ? {} : { suggestion: error.suggestion }),
          },
        }
      : { error: { code: error.code, message: error.message } }
  if (error instanceof RateLimited) return { status, retryAfterSeconds: error.retryAfterSeconds, body }
  return status === 503 ? { status, retryAfterSeconds: busyRetrySeconds, body } : { status, body }
}

/** The error handler of the server. */
export function sendError(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const answer = printError(error, request.id)
  if (answer.status >= 500) request.log.error({ err: error, url: request.routeOptions.url }, 'request failed')
  if (answer.retryAfterSeconds !== undefined) reply.header('retry-after', String(answer.retryAfterSeconds))
  // A body that was not read would be taken for the next request.
  if (!request.raw.complete) reply.header('connection', 'close')
  // The route may have announced a download before it failed.
  reply.removeHeader('content-disposition')
  return reply.code(answer.status).type('application/json; charset=utf-8').send(answer.body)
}

/** Errors of fastify and of the schemas are the client's when they say 4xx; everything else is ours and stays in the log. */
function printForeignError(error: Partial<FastifyError> | undefined, requestId: string) {
  const bad = (status: number, message: string) => ({
    status,
    body: { error: { code: 'BAD_REQUEST', message } } satisfies ErrorJson,
  })
  if (error?.validation !== undefined) return bad(400, schemaMessage(error))
  const status = error?.statusCode
  if (status === 413) return bad(413, bodyTooLarge)
  if (status === 415) return bad(415, 'the body must be sent as Content-Type: application/json')
  if (error?.code?.endsWith('_JSON_BODY')) return bad(400, 'the body is not valid JSON')
  if (status !== undefined && status >= 400 && status < 500) return bad(status, 'the request cannot be read')
  const message = `something broke inside Picket; its log has the details under request ${requestId}`
  return { status: 500, body: { error: { code: 'INTERNAL', message } } satisfies ErrorJson }
}

/** The first thing that does not fit: `body: password: Too small: …`. */
function schemaMessage(error: Partial<FastifyError>): string {
  const first = error.validation?.[0]
  const path = (first?.instancePath ?? '').split('/').filter(Boolean).join('.')
  const where = error.validationContext === 'querystring' ? 'parameter' : (error.validationContext ?? 'request')
  return `${where}${path === '' ? '' : ` ${path}`}: ${first?.message ?? 'does not fit'}`.slice(0, 300)
}
