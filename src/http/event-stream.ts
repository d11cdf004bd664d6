// Live tail on the wire: server-sent events (WHATWG HTML §9.2) with a heartbeat, until the reader or the session ends.
import { printError } from './errors.ts'
import type { TailBatch } from './services.ts'

export type EventStreamOptions = {
  readonly heartbeatMs: number
  /** Ends the stream: the client has gone, the session has ended, the server stops. */
  readonly signal: AbortSignal
  /** Asked before each event and heartbeat. */
  readonly isAllowed: () => boolean
  readonly requestId: string
}

/**
 * The text of the stream, piece by piece. Nothing is read from `batches` before the piece before was taken, so a slow
 * reader slows the source, which then counts what it skips. Never throws: an error becomes `event: end`.
 */
export async function* eventStream(
  batches: AsyncIterable<TailBatch>,
  options: EventStreamOptions,
): AsyncGenerator<string> {
  const iterator = batches[Symbol.asyncIterator]()
  try {
    yield ': alive\n\n'
    let next = iterator.next()
    for (;;) {
      const result = await firstOf(next, options)
      if (options.signal.aborted) return
      if (!options.isAllowed()) {
        yield event('end', { error: { code: 'UNAUTHENTICATED', message: 'the session has ended' } })
        return
      }
      if (result === 'heartbeat') {
        yield ': alive\n\n'
      } else if (result === 'aborted' || result.done) {
        return
      } else {
        yield event('records', { records: result.value.records, skipped: result.value.skipped })
        next = iterator.next()
      }
    }
  } catch (error) {
    if (!options.signal.aborted) yield event('end', printError(error, options.requestId).body)
  } finally {
    // The source may be waiting for records; it ends by its signal, so do not wait for it here.
    Promise.resolve(iterator.return?.()).catch(() => undefined)
  }
}

/** The next batch, or a heartbeat when it takes too long, or the end. */
async function firstOf(
  next: Promise<IteratorResult<TailBatch>>,
  { heartbeatMs, signal }: EventStreamOptions,
): Promise<IteratorResult<TailBatch> | 'heartbeat' | 'aborted'> {
  if (signal.aborted) {
    next.catch(() => undefined)
    return 'aborted'
  }
  const waiting = Promise.withResolvers<'heartbeat' | 'aborted'>()
  const timer = setTimeout(() => waiting.resolve('heartbeat'), heartbeatMs)
  const abort = () => waiting.resolve('aborted')
  signal.addEventListener('abort', abort, { once: true })
  try {
    return await Promise.race([next, waiting.promise])
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', abort)
  }
}

/** JSON has no raw line ends, so one `data:` line is enough. */
function event(name: string, data: unknown): string {
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`
}
