// What Picket knows of itself: rules, hosts that report, state of the system, the API's own description.
import { z } from 'zod'
import { transports } from '../../model/record.ts'
import { levels } from '../../model/rule.ts'
import type { App, Context } from '../context.ts'
import { isoTime, isoTimeOrNull } from '../times.ts'
import { isoSchema } from './schemas.ts'

const rulesAnswer = z.object({
  rules: z.array(
    z.object({
      id: z.string(),
      title: z.string(),
      level: z.enum(levels),
      description: z.string().nullable(),
      false_positives: z.array(z.string()).readonly(),
      next_steps: z.string().nullable(),
      techniques: z.array(z.string()).readonly(),
      file: z.string(),
      enabled: z.boolean(),
      error: z.string().nullable(),
    }),
  ),
  findings: z.array(z.string()).readonly(),
})

const hostsAnswer = z.object({
  hosts: z.array(
    z.object({
      hostname: z.string(),
      peer: z.string(),
      records: z.int(),
      first_seen: isoSchema,
      last_seen: isoSchema,
      channels: z.array(z.object({ name: z.string(), last_seen: isoSchema })),
    }),
  ),
})

const statusAnswer = z.object({
  version: z.string(),
  started_at: isoSchema,
  public_url: z.string().nullable(),
  receive: z.array(
    z.object({
      transport: z.enum(transports),
      address: z.string(),
      port: z.int(),
      frames: z.int(),
      bytes: z.int(),
      frames_per_second: z.number(),
      connections: z.int().nullable(),
      dropped: z.record(z.string(), z.int()),
    }),
  ),
  store: z.object({
    records: z.int(),
    bytes: z.int(),
    days: z.int(),
    oldest: isoSchema.nullable(),
    newest: isoSchema.nullable(),
  }),
  records_per_second: z.number(),
  outbox: z.object({ pending: z.int(), sent: z.int(), failed: z.int() }),
  disk: z.object({ free_bytes: z.number(), total_bytes: z.number() }),
  warnings: z.array(z.string()).readonly(),
})

const sums = z.object({
  received: z.int(),
  stored: z.int(),
  not_allowed: z.int(),
  rate_limited: z.int(),
  queue_full: z.int(),
  disk_full: z.int(),
  empty: z.int(),
  bad_frame: z.int(),
  lost_at_end: z.int(),
  waiting: z.int(),
  kernel_dropped: z.int(),
})

const ledgerAnswer = z.object({
  since: isoSchema,
  at: isoSchema,
  closed: z.boolean(),
  crashes: z.int(),
  difference: z.int(),
  listeners: z.partialRecord(z.enum(transports), sums),
  total: sums,
})

export function systemRoutes(app: App, { services, publicUrl }: Context): void {
  app.get('/api/v1/rules', { schema: { summary: 'Loaded rules', response: { 200: rulesAnswer } } }, () => ({
    rules: services.rules().map(rule => ({
      id: rule.id,
      title: rule.title,
      level: rule.level,
      description: rule.description ?? null,
      false_positives: rule.falsePositives,
      next_steps: rule.nextSteps ?? null,
      techniques: rule.techniques,
      file: rule.file,
      enabled: rule.enabled,
      error: rule.error ?? null,
    })),
    findings: services.ruleFindings(),
  }))

  app.get('/api/v1/hosts', { schema: { summary: 'Hosts that report', response: { 200: hostsAnswer } } }, async () => ({
    hosts: (await services.hosts()).map(host => ({
      hostname: host.hostname,
      peer: host.peer,
      records: host.records,
      first_seen: isoTime(host.firstSeen),
      last_seen: isoTime(host.lastSeen),
      channels: host.channels.map(({ name, lastSeen }) => ({ name, last_seen: isoTime(lastSeen) })),
    })),
  }))

  app.get('/api/v1/status', { schema: { summary: 'Is all well?', response: { 200: statusAnswer } } }, async () => {
    const status = await services.status()
    const { pending, sent, failed } = services.outbox.counts()
    return {
      version: status.version,
      started_at: isoTime(status.startedAt),
      public_url: publicUrl ?? null,
      receive: status.receive.map(({ framesPerSecond, connections, ...listener }) => {
        return { ...listener, frames_per_second: framesPerSecond, connections: connections ?? null }
      }),
      store: {
        records: status.store.records,
        bytes: status.store.bytes,
        days: status.store.days,
        oldest: isoTimeOrNull(status.store.oldest),
        newest: isoTimeOrNull(status.store.newest),
      },
      records_per_second: status.recordsPerSecond,
      outbox: { pending, sent, failed },
      disk: { free_bytes: status.disk.freeBytes, total_bytes: status.disk.totalBytes },
      warnings: status.warnings,
    }
  })

  app.get(
    '/api/v1/ledger',
    { schema: { summary: 'What was received, and what became of it', response: { 200: ledgerAnswer } } },
    () => services.ledger(),
  )

  app.get('/api/v1/openapi.json', { schema: { hide: true } }, () => app.swagger())
}
