// The mail side of alerting: what to tell whom, and the sender that empties the outbox.
import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { Metrics } from '../base/metrics.ts'
import type { Config } from '../config/schema.ts'
import type { RuleInfo } from '../model/rule.ts'
import { openMailer, readPassword } from '../notify/mail.ts'
import { type OutboxSender, startOutboxSender } from '../notify/outbox-sender.ts'
import { createTeller, type Teller } from '../notify/tell.ts'
import { newestCheckpoint, printCheckpoint } from '../store/sqlite/integrity/checkpoint.ts'
import type { Outbox } from '../store/store.ts'

export type Mail = AsyncDisposable & { readonly teller: Teller; readonly sender: OutboxSender }

type MailParts = {
  readonly config: NonNullable<Config['mail']>
  readonly dataDir: string
  readonly publicUrl: string | undefined
  readonly rules: (id: string) => RuleInfo | undefined
  readonly outbox: Outbox
  readonly metrics: Metrics
  readonly clock: Clock
  readonly log: Log
}

/** Starts sending what waits in the outbox. Errors: CONFIG_INVALID, CONFIG_UNREADABLE (password file). */
export function startMail({ config, dataDir, publicUrl, rules, outbox, metrics, clock, log }: MailParts): Mail {
  const teller = createTeller({ mail: config, publicUrl, rules, clock, checkpoint: () => checkpointOf(dataDir, log) })
  const mailer = openMailer(config, readPassword(config))
  const onResult = (result: string): void => metrics.add('picket_mails_total', { result })
  const sender = startOutboxSender({ outbox, mailer, clock, log, onResult })
  return {
    teller,
    sender,
    async [Symbol.asyncDispose]() {
      await sender[Symbol.asyncDispose]()
      mailer.close()
    },
  }
}

/** A mail goes without its checkpoint rather than not at all. */
function checkpointOf(dataDir: string, log: Log): string | undefined {
  try {
    const checkpoint = newestCheckpoint(dataDir)
    return checkpoint && printCheckpoint(checkpoint)
  } catch (error) {
    log.warn({ reason: (error as Error).message }, 'a mail has no checkpoint')
    return undefined
  }
}
