// The two questions about a password in a request: is it yours (asked again before dangerous changes), and is it good enough?
import type { FastifyRequest } from 'fastify'
import { PicketError } from '../base/errors.ts'
import { actorOf, audit, type Context } from './context.ts'
import { passwordProblem } from './password.ts'

/** Asks the person behind the request for the password once more (ASVS 7.5.1). Errors: FORBIDDEN, RATE_LIMITED. */
export async function confirmPassword(context: Context, request: FastifyRequest, password: string): Promise<void> {
  const actor = actorOf(request)
  context.limiter.attempt(actor.name, request.ip)
  const stored = context.services.people.findUser(actor.name)?.passwordHash
  const { ok } = await context.passwords.verify(password, stored)
  if (!ok) {
    audit(context, request, { by: actor.name, action: 'password_refused', object: request.routeOptions.url ?? '' })
    throw new PicketError('FORBIDDEN', 'the current password is wrong')
  }
  context.limiter.succeeded(actor.name, request.ip)
}

/** Errors: BAD_REQUEST with the reason in words. */
export function requireGoodPassword(password: string, name: string): void {
  const problem = passwordProblem(password, name)
  if (problem !== undefined) throw new PicketError('BAD_REQUEST', problem)
}
