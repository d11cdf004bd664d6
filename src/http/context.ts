// What every route gets: the server's parts, built once in server.ts.

import type { IncomingMessage, ServerResponse } from 'node:http'
import type { FastifyBaseLogger, FastifyInstance, FastifyReply, FastifyRequest, RawServerDefault } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import type { Role } from '../store/store.ts'
import type { LiveStreams } from './live-streams.ts'
import type { LoginLimiter } from './login-limiter.ts'
import type { Passwords } from './password.ts'
import type { HttpServices } from './services.ts'
import type { LiveSession, Sessions } from './sessions.ts'
import type { FirstRun } from './setup.ts'

/** Fastify with schemas in zod. */
export type App = FastifyInstance<RawServerDefault, IncomingMessage, ServerResponse, FastifyBaseLogger, ZodTypeProvider>

/** Who asks: the person behind a session or a token. */
export type Actor = { readonly name: string; readonly role: Role; readonly session: LiveSession | undefined }

export type Context = {
  readonly services: HttpServices
  readonly version: string
  readonly publicUrl: string | undefined
  readonly sessions: Sessions
  readonly passwords: Passwords
  readonly limiter: LoginLimiter
  readonly firstRun: FirstRun
  readonly streams: LiveStreams
  readonly heartbeatMs: number
  /** Name and attributes of the session cookie. */
  readonly cookie: { readonly name: string; readonly secure: boolean }
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by the access hook on every route that needs an account. */
    actor: Actor | null
  }
}

/** The person who asks, on a route that needs an account. */
export function actorOf(request: FastifyRequest): Actor {
  if (request.actor === null) throw new Error(`BUG: ${request.routeOptions.url} has no actor`)
  return request.actor
}

/** One line in the audit trail about something that `by` did, or tried. */
export function audit(
  context: Context,
  request: FastifyRequest,
  entry: { readonly by: string; readonly action: string; readonly object: string },
): void {
  const { people, clock } = context.services
  people.audit({
    at: clock.now(),
    by: entry.by.slice(0, 64),
    from: request.ip,
    action: entry.action,
    object: entry.object.slice(0, 500),
  })
}

/** A signal that fires when the client has gone before its answer was complete. */
export function goneSignal(reply: FastifyReply): AbortSignal {
  const controller = new AbortController()
  reply.raw.once('close', () => controller.abort())
  return controller.signal
}
