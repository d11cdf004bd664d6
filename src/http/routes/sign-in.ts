// Getting in: first-run set-up, login, logout, who am I, one's own password.
import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { PicketError } from '../../base/errors.ts'
import type { Role, User } from '../../store/store.ts'
import { type Actor, type App, actorOf, audit, type Context } from '../context.ts'
import { confirmPassword, requireGoodPassword } from '../password-check.ts'
import type { LiveSession } from '../sessions.ts'
import { isoTime } from '../times.ts'
import { isoSchema, nameSchema, noValues, passwordSchema } from './schemas.ts'

const meSchema = z.object({
  user: z.object({ name: z.string(), role: z.enum(['viewer', 'analyst', 'admin'] satisfies Role[]) }),
  csrf: z.string().nullable(),
  version: z.string(),
  expires_at: isoSchema.nullable(),
})

const setupStateSchema = z.object({ needed: z.boolean(), expired: z.boolean() })
const setupBody = z.strictObject({ token: z.string().min(1).max(200), name: nameSchema, password: passwordSchema })
// Any text may be tried as a name, so that a wrong name and a wrong password look the same.
const loginBody = z.strictObject({ name: z.string().min(1).max(256), password: passwordSchema })
const passwordBody = z.strictObject({ current_password: passwordSchema, password: passwordSchema })

export function signInRoutes(app: App, context: Context): void {
  const { services, sessions, passwords, limiter, firstRun, streams } = context
  const { people, clock } = services

  app.get('/api/v1/setup', { schema: { summary: 'Is set-up needed?', response: { 200: setupStateSchema } } }, () => {
    const needed = firstRun.needed()
    return { needed, expired: needed && firstRun.token() === undefined }
  })

  app.post(
    '/api/v1/setup',
    { schema: { summary: 'Create the first admin', body: setupBody, response: { 200: meSchema } } },
    async (request, reply) => {
      const { token, name, password } = request.body
      limiter.attempt('setup', request.ip)
      if (!firstRun.needed()) throw new PicketError('CONFLICT', 'set-up is done; log in')
      if (!firstRun.accepts(token)) {
        throw new PicketError('UNAUTHENTICATED', 'the set-up link is wrong or too old; restart Picket for a new one')
      }
      requireGoodPassword(password, name)
      const passwordHash = await passwords.hash(password)
      // Others may have come with the same link meanwhile; from here on nothing waits.
      if (!firstRun.redeem(token)) throw new PicketError('CONFLICT', 'set-up is done; log in')
      people.addUser({ name, role: 'admin', createdAt: clock.now(), passwordHash })
      audit(context, request, { by: name, action: 'setup', object: name })
      return enter(request, reply, { name, role: 'admin' })
    },
  )

  app.post(
    '/api/v1/login',
    { schema: { summary: 'Log in', body: loginBody, response: { 200: meSchema } } },
    async (request, reply) => {
      const { name, password } = request.body
      limiter.attempt(name, request.ip)
      const stored = people.findUser(name)?.passwordHash
      const { ok, outdated } = await passwords.verify(password, stored)
      // Looked up again: the account may have been removed, or its password changed, while we computed.
      const user = people.findUser(name)
      if (!ok || user === undefined || user.passwordHash !== stored) {
        audit(context, request, { by: name, action: 'login_failed', object: name })
        throw new PicketError('UNAUTHENTICATED', 'name or password is wrong')
      }
      limiter.succeeded(name, request.ip)
      if (outdated) await renewHash(user, password)
      audit(context, request, { by: name, action: 'login', object: name })
      return enter(request, reply, user)
    },
  )

  app.post('/api/v1/logout', { schema: { summary: 'Log out', body: noValues } }, (request, reply) => {
    const actor = actorOf(request)
    if (actor.session !== undefined) {
      sessions.end(actor.session.hash)
      streams.close(actor.session.hash)
      audit(context, request, { by: actor.name, action: 'logout', object: actor.name })
    }
    reply.clearCookie(context.cookie.name, cookieOptions(context))
    return reply.code(204).send()
  })

  app.get('/api/v1/me', { schema: { summary: 'Who am I?', response: { 200: meSchema } } }, request => {
    const actor = actorOf(request)
    return me(actor, actor.session)
  })

  app.post(
    '/api/v1/me/password',
    { schema: { summary: "Change one's own password", body: passwordBody, response: { 200: meSchema } } },
    async (request, reply) => {
      const actor = actorOf(request)
      await confirmPassword(context, request, request.body.current_password)
      requireGoodPassword(request.body.password, actor.name)
      people.setPassword(actor.name, await passwords.hash(request.body.password))
      sessions.endAll(actor.name)
      audit(context, request, { by: actor.name, action: 'user_password', object: actor.name })
      return actor.session === undefined ? me(actor, undefined) : enter(request, reply, actor)
    },
  )

  /** The same password under today's parameters, unless it was changed while we computed. */
  async function renewHash({ name, passwordHash }: User, password: string): Promise<void> {
    const renewed = await passwords.hash(password)
    if (people.findUser(name)?.passwordHash === passwordHash) people.setPassword(name, renewed)
  }

  /** A new session: whatever session the browser had before ends, and its id is never taken over (ASVS 7.2.4). */
  function enter(request: FastifyRequest, reply: FastifyReply, user: Pick<Actor, 'name' | 'role'>) {
    const before = request.cookies[context.cookie.name]
    const live = before === undefined ? undefined : sessions.use(before)
    if (live !== undefined) sessions.end(live.hash)
    const session = sessions.begin(user.name)
    reply.setCookie(context.cookie.name, session.secret, cookieOptions(context))
    return me(user, session)
  }

  function me(user: Pick<Actor, 'name' | 'role'>, session: LiveSession | undefined) {
    services.search.warm()
    return {
      user: { name: user.name, role: user.role },
      csrf: session?.session.csrf ?? null,
      version: context.version,
      expires_at: session === undefined ? null : isoTime(session.expiresAt),
    }
  }
}

function cookieOptions({ cookie }: Context) {
  return { path: '/', httpOnly: true, sameSite: 'strict', secure: cookie.secure } as const
}
