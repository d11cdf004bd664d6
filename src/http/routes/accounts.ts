// Users, API tokens and the audit trail. Changing users needs the admin's own password once more.
import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import { PicketError } from '../../base/errors.ts'
import type { Role } from '../../store/store.ts'
import { type App, actorOf, audit, type Context } from '../context.ts'
import { confirmPassword, requireGoodPassword } from '../password-check.ts'
import { hashSecret, newSecret } from '../secrets.ts'
import { isoTime, isoTimeOrNull } from '../times.ts'
import { integerParam, isoSchema, nameSchema, noValues, passwordSchema } from './schemas.ts'

/** More is a script gone wild. */
const maxTokensPerUser = 50
const maxUsers = 1000

const roleSchema = z.enum(['viewer', 'analyst', 'admin'] satisfies Role[])
const userSchema = z.object({ name: z.string(), role: roleSchema, created_at: isoSchema })
const usersAnswer = z.object({ users: z.array(userSchema) })
const addBody = z.strictObject({
  name: nameSchema,
  role: roleSchema,
  password: passwordSchema,
  current_password: passwordSchema,
})
const passwordBody = z.strictObject({ password: passwordSchema, current_password: passwordSchema })
const removeBody = z.strictObject({ current_password: passwordSchema })
const params = z.strictObject({ name: nameSchema })

const tokensAnswer = z.object({
  tokens: z.array(
    z.object({ name: z.string(), user: z.string(), created_at: isoSchema, last_used_at: isoSchema.nullable() }),
  ),
})
const addTokenBody = z.strictObject({ name: nameSchema, current_password: passwordSchema })
const newTokenAnswer = z.object({ name: z.string(), token: z.string() })

const auditQuery = z.strictObject({ limit: integerParam({ min: 1, max: 1000, default: 100 }) })
const auditAnswer = z.object({
  entries: z.array(
    z.object({ at: isoSchema, by: z.string(), from: z.string(), action: z.string(), object: z.string() }),
  ),
})

export function accountRoutes(app: App, context: Context): void {
  const { services, passwords, sessions } = context
  const { people, clock } = services

  app.get('/api/v1/users', { schema: { summary: 'All users', response: { 200: usersAnswer } } }, () => ({
    users: people.users().map(({ name, role, createdAt }) => ({ name, role, created_at: isoTime(createdAt) })),
  }))

  app.post(
    '/api/v1/users',
    { schema: { summary: 'Add a user', body: addBody, response: { 201: userSchema } } },
    async (request, reply) => {
      const { name, role, password, current_password } = request.body
      await confirmPassword(context, request, current_password)
      requireGoodPassword(password, name)
      if (people.users().length >= maxUsers) throw new PicketError('CONFLICT', `there are ${maxUsers} users already`)
      const createdAt = clock.now()
      people.addUser({ name, role, createdAt, passwordHash: await passwords.hash(password) })
      note(request, 'user_add', `${name} ${role}`)
      return reply.code(201).send({ name, role, created_at: isoTime(createdAt) })
    },
  )

  app.post(
    '/api/v1/users/:name/password',
    { schema: { summary: "Set a user's password", params, body: passwordBody } },
    async (request, reply) => {
      const { name } = request.params
      await confirmPassword(context, request, request.body.current_password)
      requireUser(name)
      requireGoodPassword(request.body.password, name)
      people.setPassword(name, await passwords.hash(request.body.password))
      sessions.endAll(name)
      note(request, 'user_password', name)
      return reply.code(204).send()
    },
  )

  app.post(
    '/api/v1/users/:name/remove',
    { schema: { summary: 'Remove a user', params, body: removeBody } },
    async (request, reply) => {
      const { name } = request.params
      await confirmPassword(context, request, request.body.current_password)
      const user = requireUser(name)
      const admins = people.users().filter(({ role }) => role === 'admin')
      if (user.role === 'admin' && admins.length === 1) throw new PicketError('CONFLICT', `${name} is the last admin`)
      sessions.endAll(name)
      // Otherwise they would come back to life with the next user of this name.
      for (const token of people.tokens()) if (token.user === name) people.removeToken(token.name)
      people.removeUser(name)
      note(request, 'user_remove', name)
      return reply.code(204).send()
    },
  )

  app.get('/api/v1/tokens', { schema: { summary: 'API tokens', response: { 200: tokensAnswer } } }, request => ({
    tokens: visibleTokens(request).map(({ name, user, createdAt, lastUsedAt }) => {
      return { name, user, created_at: isoTime(createdAt), last_used_at: isoTimeOrNull(lastUsedAt) }
    }),
  }))

  app.post(
    '/api/v1/tokens',
    { schema: { summary: 'Make an API token', body: addTokenBody, response: { 201: newTokenAnswer } } },
    async (request, reply) => {
      const { name, current_password } = request.body
      const user = actorOf(request).name
      await confirmPassword(context, request, current_password)
      const all = people.tokens()
      if (all.some(token => token.name === name)) throw new PicketError('CONFLICT', `a token named ${name} exists`)
      if (all.filter(token => token.user === user).length >= maxTokensPerUser) {
        throw new PicketError('CONFLICT', `${user} has ${maxTokensPerUser} tokens already; remove one`)
      }
      const token = `pkt_${newSecret()}`
      people.addToken(hashSecret(token), { name, user, createdAt: clock.now(), lastUsedAt: null })
      note(request, 'token_add', name)
      return reply.code(201).send({ name, token })
    },
  )

  app.post(
    '/api/v1/tokens/:name/remove',
    { schema: { summary: 'Remove an API token', params, body: noValues } },
    (request, reply) => {
      const { name } = request.params
      // Somebody else's token looks like none at all.
      const visible = visibleTokens(request).some(token => token.name === name)
      if (!visible || !people.removeToken(name)) throw new PicketError('NOT_FOUND', `there is no token ${name}`)
      note(request, 'token_remove', name)
      return reply.code(204).send()
    },
  )

  app.get(
    '/api/v1/audit',
    { schema: { summary: 'Who did what', querystring: auditQuery, response: { 200: auditAnswer } } },
    request => ({
      entries: people.trail(request.query.limit).map(({ at, by, from, action, object }) => {
        return { at: isoTime(at), by, from, action, object }
      }),
    }),
  )

  function visibleTokens(request: FastifyRequest) {
    const actor = actorOf(request)
    return people.tokens().filter(token => actor.role === 'admin' || token.user === actor.name)
  }

  function requireUser(name: string) {
    const user = people.findUser(name)
    if (user === undefined) throw new PicketError('NOT_FOUND', `there is no user ${name}`)
    return user
  }

  function note(request: FastifyRequest, action: string, object: string): void {
    audit(context, request, { by: actorOf(request).name, action, object })
  }
}
