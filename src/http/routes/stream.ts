// Answers without an end in sight: live tail as server-sent events, export as a download.
import { Readable } from 'node:stream'
import { z } from 'zod'
import { PicketError } from '../../base/errors.ts'
import type { RecordJson } from '../../model/record.ts'
import { type App, actorOf, audit, type Context, goneSignal } from '../context.ts'
import { eventStream } from '../event-stream.ts'
import { exportFormats, exportPieces, mediaTypes } from '../export-format.ts'
import { downloadPolicy } from '../headers.ts'
import { checkedQuery } from '../query-text.ts'
import { isoTime, parseRange } from '../times.ts'
import { integerParam, queryParam, selection } from './schemas.ts'

const maxExport = 10_000_000
/** A Parquet row group is packed in one go, while which the web server answers nobody: some 50 ms. */
const groupRows = 4096

const tailQuery = z.strictObject({ q: queryParam })
const exportQuery = z.strictObject({
  ...selection,
  format: z.enum(exportFormats).default('ndjson'),
  limit: integerParam({ min: 1, max: maxExport, default: maxExport }),
})

export function streamRoutes(app: App, context: Context): void {
  const { services, sessions, streams, heartbeatMs } = context

  app.get(
    '/api/v1/tail',
    { schema: { summary: 'Records as they arrive (server-sent events)', querystring: tailQuery } },
    (request, reply) => {
      const q = checkedQuery(request.query.q)
      const actor = actorOf(request)
      const hash = actor.session?.hash
      const stream = streams.open(actor.name, hash)
      if (stream === undefined) throw new PicketError('SEARCH_BUSY', 'too many live tails are open; close one')
      reply.raw.once('close', stream.end)
      const events = eventStream(services.search.tail({ q }, stream.signal), {
        heartbeatMs,
        signal: stream.signal,
        isAllowed: () =>
          services.people.findUser(actor.name) !== undefined && (hash === undefined || sessions.isLive(hash)),
        requestId: request.id,
      })
      // Proxies that buffer would hold the events back.
      reply.header('x-accel-buffering', 'no').type('text/event-stream; charset=utf-8')
      return reply.send(Readable.from(events, { objectMode: false }))
    },
  )

  app.get(
    '/api/v1/export',
    { schema: { summary: 'Records as a download, newest first', querystring: exportQuery } },
    async (request, reply) => {
      const { format, limit } = request.query
      const q = checkedQuery(request.query.q)
      const now = services.clock.now()
      const range = parseRange(request.query, now)
      const pages = services.search.export({ q, ...range, limit }, goneSignal(reply))[Symbol.asyncIterator]()
      // A search that cannot start is an error answer, not a broken download.
      const first = await pages.next()
      audit(context, request, { by: actorOf(request).name, action: 'export', object: `${format} ${q}` })
      const stamp = isoTime(now).slice(0, 19).replaceAll(/[-:]/g, '')
      reply
        .header('content-disposition', `attachment; filename="picket-${stamp}Z.${format}"`)
        .header('content-security-policy', downloadPolicy)
        .type(mediaTypes[format])
      const pieces = exportPieces(format, pagesFrom(first, pages), { groupRows })
      return reply.send(Readable.from(pieces, { objectMode: false }))
    },
  )
}

/** The first page and the others; the next one is read when the client has taken what came before. */
async function* pagesFrom(
  first: IteratorResult<readonly RecordJson[]>,
  pages: AsyncIterator<readonly RecordJson[]>,
): AsyncGenerator<readonly RecordJson[]> {
  try {
    for (let page = first; !page.done; page = await pages.next()) yield page.value
  } finally {
    await pages.return?.()
  }
}
