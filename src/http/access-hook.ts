// Runs before every route: finds out who asks and whether the access table lets them. Deny by default.
import type { FastifyRequest } from 'fastify'
import { PicketError } from '../base/errors.ts'
import { access, mayDo } from './access.ts'
import { type Actor, audit, type Context } from './context.ts'
import { RefusedRequest } from './errors.ts'
import { isDirectlyLocal, isFromOwnPages } from './same-site.ts'
import { hashSecret, isSameSecret } from './secrets.ts'

const safeMethods = new Set(['GET', 'HEAD'])
/** A live stream is the one GET that goes on after it was allowed. */
const checkedReads = new Set(['/api/v1/tail'])

/** A token's last use is written at most so often. */
const touchTokenEveryMs = 60_000

/** The onRequest hook that sets `request.actor`. Errors: UNAUTHENTICATED, FORBIDDEN. */
export function accessHook(context: Context) {
  return async (request: FastifyRequest): Promise<void> => {
    // Nothing is registered there, so there is nothing to protect.
    if (request.is404) return
    const route = `${request.method} ${request.routeOptions.url ?? ''}`
    const needed = Object.hasOwn(access, route) ? access[route] : undefined
    if (needed === undefined) throw new PicketError('FORBIDDEN', 'this route is not in the access table')
    const changes = !safeMethods.has(request.method)
    if (needed === 'everyone') {
      if (changes) requireOwnPages(context, request, 'nobody')
      return
    }
    if (needed === 'local' && isDirectlyLocal(request.ip, request.headers)) return

    const actor = identify(context, request)
    if (actor === undefined) throw new PicketError('UNAUTHENTICATED', 'log in first')
    request.actor = actor
    if (actor.session !== undefined && (changes || checkedReads.has(request.routeOptions.url ?? ''))) {
      requireOwnPages(context, request, actor.name)
    }
    if (actor.session !== undefined && changes) requireCsrf(context, request, actor.session.session.csrf, actor.name)
    if (!mayDo(actor.role, needed === 'local' ? 'viewer' : needed)) {
      audit(context, request, { by: actor.name, action: 'forbidden', object: route })
      throw new PicketError('FORBIDDEN', `this needs the role ${needed}; ${actor.name} is ${actor.role}`)
    }
  }
}

/** A token in the Authorization header, else the session of the cookie; never both. */
function identify({ services, sessions, cookie }: Context, request: FastifyRequest): Actor | undefined {
  const { people } = services
  const { authorization } = request.headers
  if (authorization !== undefined) {
    const secret = /^Bearer ([\w.~+/-]{1,200}=*)$/i.exec(authorization)?.[1]
    return secret === undefined ? undefined : tokenOwner(services, hashSecret(secret))
  }
  const secret = request.cookies[cookie.name]
  const session = secret === undefined ? undefined : sessions.use(secret)
  const user = session === undefined ? undefined : people.findUser(session.session.user)
  return user && { name: user.name, role: user.role, session }
}

function tokenOwner({ people, clock }: Context['services'], hash: string): Actor | undefined {
  const token = people.findToken(hash)
  const user = token === undefined ? undefined : people.findUser(token.user)
  if (token === undefined || user === undefined) return undefined
  const now = clock.now()
  if (Math.abs(now - (token.lastUsedAt ?? 0)) >= touchTokenEveryMs) people.touchToken(hash, now)
  return { name: user.name, role: user.role, session: undefined }
}

function requireOwnPages(context: Context, request: FastifyRequest, by: string): void {
  const origin = context.publicUrl === undefined ? undefined : new URL(context.publicUrl).origin
  if (isFromOwnPages(request.headers, origin)) return
  if (by !== 'nobody') audit(context, request, { by, action: 'csrf_refused', object: request.routeOptions.url ?? '' })
  throw new PicketError(
    'FORBIDDEN',
    'the request comes from a page of another site; if a proxy is in front, set web.publicUrl',
  )
}

function requireCsrf(context: Context, request: FastifyRequest, csrf: string, by: string): void {
  const given = request.headers['x-csrf-token']
  if (typeof given === 'string' && isSameSecret(given, csrf)) return
  audit(context, request, { by, action: 'csrf_refused', object: request.routeOptions.url ?? '' })
  throw new PicketError('FORBIDDEN', 'the header x-csrf-token is missing or from another session')
}

/** The onRequest hook that refuses a query string which is not percent-encoded UTF-8. Errors: 400. */
export async function readableQueryHook(request: FastifyRequest): Promise<void> {
  const at = request.url.indexOf('?')
  if (at < 0) return
  try {
    decodeURIComponent(request.url.slice(at + 1))
  } catch {
    throw new RefusedRequest(400, 'the parameters are not percent-encoded UTF-8')
  }
}
