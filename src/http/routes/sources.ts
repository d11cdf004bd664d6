// The table of sources: who sends what, who fell silent, and what people decide about it.
import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import { suggestZone } from '../../asset/zone-suggestion.ts'
import { PicketError } from '../../base/errors.ts'
import { channels } from '../../model/channel.ts'
import { transports } from '../../model/record.ts'
import { forGood, type Source, sourceStates } from '../../model/source.ts'
import type { SourceDecision } from '../../store/store.ts'
import { type App, actorOf, audit, type Context } from '../context.ts'
import { isoTime, isoTimeOrNull, parseTime } from '../times.ts'
import { idParam, integerParam, isoSchema, noValues, optionalBody } from './schemas.ts'

const sourceSchema = z
  .object({
    id: z.int(),
    hostname: z.string().nullable(),
    peer: z.string(),
    transport: z.enum(transports).nullable(),
    channel: z.enum(channels),
    state: z.enum(sourceStates),
    first_seen: isoSchema,
    last_seen: isoSchema.nullable(),
    records: z.int(),
    last_record: z.string().nullable(),
    hours: z.array(z.int()),
    usual_pause_seconds: z.number().nullable(),
    silent_after_seconds: z.number().nullable(),
    expected: z.boolean(),
    muted: z.boolean(),
    muted_until: isoSchema.nullable(),
    clock_offset_seconds: z.number().nullable(),
    clock_jumps: z.array(z.object({ at: isoSchema, from_seconds: z.number(), to_seconds: z.number() })),
    suggested_zone: z.object({ offset: z.string(), zones: z.array(z.string()).readonly() }).nullable(),
    alert: z.int().nullable(),
  })
  .meta({ title: 'Source' })

const listQuery = z.strictObject({
  host: z.string().min(1).max(255).optional().describe('part of the host name or the peer'),
  state: z.enum(sourceStates).optional(),
  channel: z.enum(channels).optional(),
  after: idParam.optional().describe('next_after of the page before'),
  limit: integerParam({ min: 1, max: 5000, default: 1000 }),
})
const listAnswer = z.object({ sources: z.array(sourceSchema), total: z.int(), next_after: z.int().nullable() })
const params = z.strictObject({ id: idParam })
const muteBody = optionalBody(z.strictObject({ until: z.string().min(1).max(64).optional() }))

export function sourceRoutes(app: App, context: Context): void {
  const { sources, clock } = context.services
  const ownZone = Intl.DateTimeFormat().resolvedOptions().timeZone
  const one = { 200: sourceSchema }

  app.get(
    '/api/v1/sources',
    { schema: { summary: 'Who sends what', querystring: listQuery, response: { 200: listAnswer } } },
    request => {
      const { host, state, channel, after = 0, limit } = request.query
      const part = host?.toLowerCase()
      const fitting = sources
        .list()
        .filter(
          source =>
            (state === undefined || source.state === state) &&
            (channel === undefined || source.channel === channel) &&
            (part === undefined || source.hostname.toLowerCase().includes(part) || source.peer.includes(part)),
        )
        .toSorted((a, b) => a.id - b.id)
      const behind = fitting.filter(({ id }) => id > after)
      const page = behind.slice(0, limit)
      return {
        sources: page.map(sourceJson),
        total: fitting.length,
        next_after: behind.length > limit ? (page.at(-1)?.id ?? null) : null,
      }
    },
  )

  app.post(
    '/api/v1/sources/:id/mute',
    { schema: { summary: 'No alerts about its silence', params, body: muteBody, response: one } },
    request => {
      const { until } = request.body
      const mutedUntil = until === undefined ? forGood : parseTime(until, 'until', clock.now())
      return decide(request, request.params.id, 'mute', { mutedUntil })
    },
  )

  app.post(
    '/api/v1/sources/:id/unmute',
    { schema: { summary: 'Alerts about its silence again', params, body: noValues, response: one } },
    request => decide(request, request.params.id, 'unmute', { mutedUntil: null }),
  )

  app.post(
    '/api/v1/sources/:id/retire',
    { schema: { summary: 'Nobody waits for it any more', params, body: noValues, response: one } },
    request => decide(request, request.params.id, 'retire', { isRetired: true }),
  )

  function decide(request: FastifyRequest, id: number, action: string, decision: SourceDecision) {
    const isKnown = sources.decide(id, decision)
    const source = sources.list().find(one => one.id === id)
    if (!isKnown || source === undefined) throw new PicketError('NOT_FOUND', `there is no source ${id}`)
    const until =
      decision.mutedUntil != null && decision.mutedUntil !== forGood ? ` until ${isoTime(decision.mutedUntil)}` : ''
    const name = `${source.hostname || source.peer} ${source.channel} from ${source.peer || 'nobody'}`
    audit(context, request, {
      by: actorOf(request).name,
      action: `source_${action}`,
      object: `source ${id} (${name})${until}`,
    })
    return sourceJson(source)
  }

  function sourceJson(source: Source) {
    const { clockOffsetMs, mutedUntil } = source
    const suggested =
      clockOffsetMs === null ? undefined : suggestZone(clockOffsetMs, source.timeZone, clock.now(), ownZone)
    return {
      id: source.id,
      hostname: source.hostname === '' ? null : source.hostname,
      peer: source.peer,
      transport: source.transport,
      channel: source.channel,
      state: source.state,
      first_seen: isoTime(source.firstAt),
      last_seen: isoTimeOrNull(source.lastAt),
      records: source.records,
      last_record: source.lastId,
      hours: [...source.hours],
      usual_pause_seconds: seconds(source.rhythmMs),
      silent_after_seconds: seconds(source.silentAfterMs),
      expected: source.isExpected,
      muted: source.isMuted,
      muted_until: mutedUntil === null || mutedUntil === forGood ? null : isoTime(mutedUntil),
      clock_offset_seconds: clockOffsetMs === null ? null : clockOffsetMs / 1000,
      clock_jumps: source.clockJumps.map(({ at, from, to }) => ({
        at: isoTime(at),
        from_seconds: from / 1000,
        to_seconds: to / 1000,
      })),
      suggested_zone: suggested ?? null,
      alert: source.alertId,
    }
  }
}

function seconds(ms: number | null): number | null {
  return ms === null ? null : Math.round(ms / 1000)
}
