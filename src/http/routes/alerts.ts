// Alerts: the inbox, one alert, and what people do with it. Every change names its person in the audit trail.
import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import { PicketError } from '../../base/errors.ts'
import { type Alert, type AlertComment, type AlertState, alertStates } from '../../model/alert.ts'
import { levels, type RuleInfo } from '../../model/rule.ts'
import { type App, actorOf, audit, type Context } from '../context.ts'
import { isoTime, isoTimeOrNull } from '../times.ts'
import { commentText, idParam, integerParam, isoSchema, optionalBody, recordSchema } from './schemas.ts'

const alertSchema = z
  .object({
    id: z.int(),
    rule: z.object({
      id: z.string(),
      title: z.string(),
      level: z.enum(levels),
      description: z.string().nullable(),
      false_positives: z.array(z.string()).readonly(),
      next_steps: z.string().nullable(),
      techniques: z.array(z.string()).readonly(),
    }),
    hostname: z.string().nullable(),
    user: z.string().nullable(),
    source: z.string().nullable(),
    state: z.enum(alertStates),
    count: z.int(),
    first_at: isoSchema,
    last_at: isoSchema,
    first_record: recordSchema,
    last_record: recordSchema,
    note: z.string().nullable(),
    changed_by: z.string().nullable(),
    changed_at: isoSchema.nullable(),
    comments: z.array(z.object({ at: isoSchema, by: z.string(), text: z.string() })).optional(),
  })
  .meta({ title: 'Alert' })

const listQuery = z.strictObject({
  state: z.enum(alertStates).optional(),
  limit: integerParam({ min: 1, max: 500, default: 100 }),
  before: idParam.optional().describe('next_before of the page before'),
})
const listAnswer = z.object({
  alerts: z.array(alertSchema),
  counts: z.object({ open: z.int(), acknowledged: z.int(), closed: z.int() }),
  next_before: z.int().nullable(),
})
const params = z.strictObject({ id: idParam })
const changeBody = optionalBody(z.strictObject({ comment: commentText.optional() }))
const commentBody = z.strictObject({ text: commentText })

export function alertRoutes(app: App, context: Context): void {
  const { alerts, clock } = context.services
  const one = { 200: alertSchema }

  app.get(
    '/api/v1/alerts',
    { schema: { summary: 'Alerts, newest first', querystring: listQuery, response: { 200: listAnswer } } },
    request => {
      const { state, limit, before } = request.query
      const page = alerts.list({ state, limit, before })
      const rules = ruleTable()
      const { open, acknowledged, closed } = alerts.counts()
      return {
        alerts: page.map(alert => alertJson(alert, rules)),
        counts: { open, acknowledged, closed },
        next_before: page.length < limit ? null : (page.at(-1)?.id ?? null),
      }
    },
  )

  app.get('/api/v1/alerts/:id', { schema: { summary: 'One alert', params, response: one } }, request => {
    return detail(request.params.id)
  })

  app.post(
    '/api/v1/alerts/:id/ack',
    { schema: { summary: 'Acknowledge: somebody looks at it', params, body: changeBody, response: one } },
    request => change(request, request.params.id, 'acknowledged', request.body.comment),
  )

  app.post(
    '/api/v1/alerts/:id/close',
    { schema: { summary: 'Close for good', params, body: changeBody, response: one } },
    request => change(request, request.params.id, 'closed', request.body.comment),
  )

  app.post(
    '/api/v1/alerts/:id/comment',
    { schema: { summary: 'Add a comment', params, body: commentBody, response: one } },
    request => {
      const { id } = request.params
      find(id)
      comment(request, id, request.body.text)
      return detail(id)
    },
  )

  function change(request: FastifyRequest, id: number, state: AlertState, text: string | undefined) {
    const alert = find(id)
    if (alert.state === 'closed') throw new PicketError('CONFLICT', `alert ${id} is closed; closing is final`)
    const by = actorOf(request).name
    alerts.setState(id, state, by, clock.now())
    audit(context, request, { by, action: `alert_${state}`, object: `alert ${id}` })
    if (text !== undefined) comment(request, id, text)
    return detail(id)
  }

  function comment(request: FastifyRequest, id: number, text: string): void {
    const by = actorOf(request).name
    alerts.comment(id, { at: clock.now(), by, text })
    audit(context, request, { by, action: 'alert_comment', object: `alert ${id}` })
  }

  function find(id: number): Alert & { readonly comments: readonly AlertComment[] } {
    const alert = alerts.find(id)
    if (alert === undefined) throw new PicketError('NOT_FOUND', `there is no alert ${id}`)
    return alert
  }

  function detail(id: number) {
    const alert = find(id)
    const comments = alert.comments.map(({ at, by, text }) => ({ at: isoTime(at), by, text }))
    return { ...alertJson(alert, ruleTable()), comments }
  }

  function ruleTable(): ReadonlyMap<string, RuleInfo> {
    return new Map(context.services.rules().map(rule => [rule.id, rule]))
  }
}

/** The alert keeps title and level of its time; the texts come from the rule as it is now, if it still exists. */
function alertJson(alert: Alert, rules: ReadonlyMap<string, RuleInfo>) {
  const rule = rules.get(alert.ruleId)
  return {
    id: alert.id,
    rule: {
      id: alert.ruleId,
      title: alert.ruleTitle,
      level: alert.level,
      description: rule?.description ?? null,
      false_positives: rule?.falsePositives ?? [],
      next_steps: rule?.nextSteps ?? null,
      techniques: rule?.techniques ?? [],
    },
    hostname: alert.hostname,
    user: alert.user,
    source: alert.source,
    state: alert.state,
    count: alert.count,
    first_at: isoTime(alert.firstAt),
    last_at: isoTime(alert.lastAt),
    first_record: alert.firstRecord,
    last_record: alert.lastRecord,
    note: alert.note ?? null,
    changed_by: alert.changedBy,
    changed_at: isoTimeOrNull(alert.changedAt),
  }
}
