// Reading records: pages, histogram, facets; checking a query; the names that it may use.
import { z } from 'zod'
import { fieldKinds, listFields } from '../../query/fields.ts'
import { type App, type Context, goneSignal } from '../context.ts'
import { checkedQuery, parseFieldList, parseText } from '../query-text.ts'
import { isoTime, parseRange } from '../times.ts'
import { integerParam, isoSchema, queryParam, recordSchema, selection } from './schemas.ts'

const maxFacetFields = 12

const recordsQuery = z.strictObject({
  ...selection,
  limit: integerParam({ min: 1, max: 1000, default: 100 }),
  cursor: z
    .string()
    .regex(/^[\w.:-]{1,64}$/, 'must be the next_cursor of a page')
    .optional()
    .describe('next_cursor of the page before'),
  raw: z.enum(['0', '1']).default('0').describe("1: with the frame's bytes"),
})
const mayLack = {
  damaged: z
    .array(
      z.object({
        day: z.string(),
        blocks_unreadable: z.int().nullable().describe('at least so many; null: nobody knows how much of the day'),
        reason: z.string(),
      }),
    )
    .readonly()
    .optional()
    .describe('days of which the answer lacks what damage made unreadable; absent when there is none'),
}

const recordsAnswer = z.object({
  ...mayLack,
  records: z.array(recordSchema).readonly(),
  next_cursor: z.string().nullable(),
  scanned: z.int(),
  took_ms: z.number(),
})

const histogramQuery = z.strictObject({ ...selection, buckets: integerParam({ min: 1, max: 500, default: 60 }) })
const histogramAnswer = z.object({
  ...mayLack,
  buckets: z.array(
    z.object({ from: isoSchema, to: isoSchema, count: z.int(), by_severity: z.array(z.int()).readonly() }),
  ),
  total: z.int(),
  took_ms: z.number(),
})

const facetsQuery = z.strictObject({
  ...selection,
  fields: z.string().min(1).max(1000).describe(`up to ${maxFacetFields} names, separated by commas`),
  limit: integerParam({ min: 1, max: 100, default: 10 }),
})
const facetsAnswer = z.object({
  ...mayLack,
  facets: z.record(z.string(), z.array(z.object({ value: z.string(), count: z.int() })).readonly()),
  sampled: z.record(z.string(), z.int()).describe('by field: counted over so many of the newest matching records only'),
  took_ms: z.number(),
})

const checkQuery = z.strictObject({ q: queryParam })
const checkAnswer = z.discriminatedUnion('ok', [
  z.object({ ok: z.literal(true), warnings: z.array(z.string()).readonly() }),
  z.object({
    ok: z.literal(false),
    error: z.object({
      position: z.int(),
      length: z.int(),
      message: z.string(),
      suggestion: z.string().nullable(),
    }),
  }),
])

const fieldsAnswer = z.object({
  fields: z.array(
    z.object({ name: z.string(), kind: z.enum(fieldKinds), help: z.string(), aliases: z.array(z.string()) }),
  ),
})

export function searchRoutes(app: App, { services: { search, clock } }: Context): void {
  app.get(
    '/api/v1/records',
    {
      schema: { summary: 'Stored records, newest first', querystring: recordsQuery, response: { 200: recordsAnswer } },
    },
    (request, reply) => {
      const { q, limit, cursor, raw } = request.query
      const range = parseRange(request.query, clock.now())
      return search.records({ q: checkedQuery(q), ...range, limit, cursor, raw: raw === '1' }, goneSignal(reply))
    },
  )

  app.get(
    '/api/v1/histogram',
    { schema: { summary: 'Records over time', querystring: histogramQuery, response: { 200: histogramAnswer } } },
    async (request, reply) => {
      const { q, buckets } = request.query
      const range = parseRange(request.query, clock.now())
      const histogram = await search.histogram({ q: checkedQuery(q), ...range, buckets }, goneSignal(reply))
      return {
        buckets: histogram.buckets.map(({ from, to, count, bySeverity }) => {
          return { from: isoTime(from), to: isoTime(to), count, by_severity: bySeverity }
        }),
        ...(histogram.damaged && { damaged: histogram.damaged }),
        total: histogram.total,
        took_ms: histogram.took_ms,
      }
    },
  )

  app.get(
    '/api/v1/facets',
    { schema: { summary: 'Most frequent values', querystring: facetsQuery, response: { 200: facetsAnswer } } },
    async (request, reply) => {
      const { q, limit } = request.query
      const fields = parseFieldList(request.query.fields, maxFacetFields)
      const range = parseRange(request.query, clock.now())
      const { facets, sampled, took_ms, damaged } = await search.facets(
        { q: checkedQuery(q), ...range, fields, limit },
        goneSignal(reply),
      )
      return { facets, sampled, took_ms, ...(damaged && { damaged }) }
    },
  )

  app.get(
    '/api/v1/query/check',
    { schema: { summary: 'Does a query parse?', querystring: checkQuery, response: { 200: checkAnswer } } },
    request => {
      const parsed = parseText(request.query.q)
      if (!('error' in parsed)) return { ok: true as const, warnings: parsed.warnings }
      const { position, length, message, suggestion } = parsed.error
      return { ok: false as const, error: { position, length, message, suggestion: suggestion ?? null } }
    },
  )

  app.get(
    '/api/v1/fields',
    { schema: { summary: 'Names that a query may use', response: { 200: fieldsAnswer } } },
    () => {
      const all = listFields()
      const fields = all
        .filter(({ alias }) => alias === undefined)
        .map(({ name, kind, help }) => {
          const aliases = all.flatMap(entry => (entry.name === name && entry.alias !== undefined ? [entry.alias] : []))
          return { name, kind, help, aliases }
        })
      return { fields }
    },
  )
}
