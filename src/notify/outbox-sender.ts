// Outbox → mail server, one at a time, oldest first, until each is sent or has failed for 48 hours (step 9 of the flow).
//
//   due ──▶ send ──▶ 250 ........................ sent
//                ├─▶ 4xx about this mail ........ this mail waits 1, 2, 4 … 30 minutes, the next goes on
//                ├─▶ no server, TLS, login ...... all mails wait 1, 2, 4 … 30 minutes, in their order
//                ├─▶ broke off on the way ....... this mail waits; twice in a row: all do
//                └─▶ 5xx, or older than 48 hours  failed, and shown in the console
import { setTimeout as sleep } from 'node:timers/promises'
import type { Clock } from '../base/clock.ts'
import { faultPoint } from '../base/fault-point.ts'
import type { Log } from '../base/log.ts'
import type { Outbox, OutboxEntry } from '../store/store.ts'
import type { Mailer, SendResult } from './mail.ts'

export type OutboxSenderOptions = {
  readonly outbox: Outbox
  readonly mailer: Pick<Mailer, 'send'>
  readonly clock: Clock
  readonly log: Pick<Log, 'info' | 'warn'>
  /** After each attempt, for metrics. */
  readonly onResult?: (result: 'sent' | 'retry' | 'failed', entry: OutboxEntry) => void
}

export type OutboxSender = AsyncDisposable & {
  /** Look now: something was queued. Does not shorten the pause after a failure of the server. */
  wake(): void
  /** Resolves when everything that is due was tried. */
  idle(): Promise<void>
}

const firstPauseMs = 60_000
const maxPauseMs = 30 * 60_000
export const giveUpAfterMs = 48 * 3_600_000
/** Entries read at a time: their texts are in memory meanwhile. */
const batchSize = 20
/** The outbox is looked at this often without being woken; also how long a jump of the clock can delay a mail. */
const lookEveryMs = 30_000
/** At the end a running transaction may finish for so long; cut later, the mail may arrive twice with one Message-ID. */
const finishWithinMs = 5000

/**
 * Starts sending. Mails left over from before are sent first. No timer of it keeps the process alive.
 * Disposal ends it after the running transaction.
 */
export function startOutboxSender(options: OutboxSenderOptions): OutboxSender {
  const { outbox, mailer, clock, log, onResult } = options
  const abort = new AbortController()
  let isStopping = false
  let isWanted = false
  let running: Promise<void> | undefined
  /** Sent, but the outbox could not be written: not to be sent again. */
  const sentUnmarked = new Set<number>()
  let serverFailures = 0
  let brokenSessions = 0
  let holdUntil = Number.NEGATIVE_INFINITY
  const timer = setInterval(wake, lookEveryMs).unref()

  function wake(): void {
    isWanted = true
    running ??= sendAllDue()
      .catch((error: unknown) => {
        // The disk may be full: the mails are in the outbox still, and people read this in the log.
        holdUntil = clock.monotonic() + firstPauseMs
        log.warn({ error: String(error) }, 'the outbox cannot be read or written; sending waits')
      })
      .finally(() => {
        running = undefined
      })
  }

  async function sendAllDue(): Promise<void> {
    while (isWanted && !isStopping) {
      isWanted = false
      if (clock.monotonic() < holdUntil) return
      for (const entry of outbox.due(clock.now(), batchSize)) {
        if (isStopping || clock.monotonic() < holdUntil) return
        const result: SendResult = sentUnmarked.has(entry.id)
          ? { outcome: 'sent', response: '' }
          : await mailer.send(entry, abort.signal)
        if (abort.signal.aborted && result.outcome !== 'sent') return
        note(entry, result)
        isWanted = true
      }
    }
  }

  function note(entry: OutboxEntry, result: SendResult): void {
    const scope = result.outcome === 'retry' ? result.scope : 'mail'
    brokenSessions = scope === 'session' ? brokenSessions + 1 : 0
    if (scope === 'server' || brokenSessions >= 2) {
      holdUntil = clock.monotonic() + pause(serverFailures)
      serverFailures++
      brokenSessions = 0
    } else if (scope === 'mail') {
      serverFailures = 0
    }
    const marked = mark(entry, result)
    onResult?.(marked, entry)
  }

  function mark(entry: OutboxEntry, result: SendResult): 'sent' | 'retry' | 'failed' {
    const { id, to, attempts, createdAt } = entry
    const now = clock.now()
    if (result.outcome === 'sent') {
      faultPoint('smtp-accepted-before-mark')
      sentUnmarked.add(id)
      outbox.markSent(id, now)
      sentUnmarked.delete(id)
      log.info({ mail: id, to }, 'mail sent')
      return 'sent'
    }
    const { error } = result
    if (result.outcome === 'failed' || now - createdAt >= giveUpAfterMs) {
      outbox.markFailed(id, error)
      log.warn({ mail: id, to, attempts: attempts + 1, error }, 'mail given up; it is shown in the console')
      return 'failed'
    }
    // When the server is away the mail stays due, so that the queue keeps its order; the hold is the pause.
    outbox.markRetry(id, result.scope === 'server' ? now : now + pause(attempts), error)
    log.warn({ mail: id, to, attempts: attempts + 1, error }, 'mail not sent yet, will be tried again')
    return 'retry'
  }

  wake()
  return {
    wake,
    idle: async () => {
      await running
    },
    [Symbol.asyncDispose]: async () => {
      isStopping = true
      clearInterval(timer)
      if (running === undefined) return
      await Promise.race([running, sleep(finishWithinMs, undefined, { ref: false })])
      abort.abort()
      await running
    },
  }
}

/** 1, 2, 4 … 30 minutes. */
function pause(failures: number): number {
  return Math.min(maxPauseMs, firstPauseMs * 2 ** Math.min(failures, 10))
}
