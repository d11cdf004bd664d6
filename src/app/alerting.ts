// Hits → alerts → mails in the outbox, on the main thread: follows the hit lists of the day files from its checkpoint.
import type { Log } from '../base/log.ts'
import type { Metrics } from '../base/metrics.ts'
import { groupHits } from '../detect/alerts.ts'
import type { RuleInfo } from '../model/rule.ts'
import type { OutboxSender } from '../notify/outbox-sender.ts'
import type { Teller } from '../notify/tell.ts'
import type { AlertBox, Reader, UnreadableHits } from '../store/store.ts'

/** Hits taken in one round, and one transaction; fewer when they are large. */
const hitsPerRound = 1000
/** Under a storm, hits gather this long for the next round: each round costs a synced transaction. */
const restMs = 100
/** Alerts of one round that get a log line each. */
const loggedPerRound = 5
/** Digests are looked for this often; store failures are tried again after as long. */
const lookEveryMs = 5000
/** Damaged places that are remembered as told of. */
const maxTold = 1000

export type Alerting = Disposable & {
  /** There may be new hits. */
  wake(): void
}

type AlertingParts = {
  readonly hits: Pick<Reader, 'hitsAfter'>
  readonly alerts: AlertBox
  readonly rules: (id: string) => RuleInfo | undefined
  /** Absent without a `mail` section: alerts are shown, not mailed. */
  readonly mail: { readonly teller: Teller; readonly sender: OutboxSender } | undefined
  readonly metrics: Metrics
  readonly log: Log
}

/** Starts with the hits that were stored but not yet alerted on when Picket stopped or died. */
export function startAlerting(parts: AlertingParts): Alerting {
  const { hits, alerts, rules, mail, metrics, log } = parts
  let scheduled: NodeJS.Timeout | undefined
  let restUntil = 0
  let isStopped = false
  const told = new Set<string>()
  const timer = setInterval(wake, lookEveryMs).unref()

  function wake(): void {
    if (!isStopped) scheduled ??= setTimeout(round, Math.max(0, restUntil - performance.now()))
  }

  function round(): void {
    scheduled = undefined
    restUntil = performance.now() + restMs
    try {
      const { hits: found, checkpoint, unreadable } = hits.hitsAfter(alerts.checkpoint(), hitsPerRound)
      for (const part of unreadable) tellUnreadable(part)
      if (checkpoint !== undefined) {
        const changes = {
          opened: [],
          repeated: [],
          ...groupHits(found, rules, key => alerts.openAlert(key)),
          checkpoint,
        }
        const opened = alerts.apply(changes, news => mail?.teller.tellOpened(news) ?? [])
        for (const hit of found) for (const rule of hit.ruleIds) metrics.add('picket_hits_total', { rule })
        metrics.add('picket_alerts_total', {}, opened.length)
        for (const { id, ruleTitle, hostname, level } of opened.slice(0, loggedPerRound))
          log.info({ alert: id, level, host: hostname }, `alert: ${ruleTitle}`)
        if (opened.length > loggedPerRound) log.info({}, `${opened.length - loggedPerRound} more alerts`)
      }
      mail?.teller.tellWaiting(alerts)
      mail?.sender.wake()
      if (checkpoint !== undefined) wake()
    } catch (error) {
      // nothing is lost: the checkpoint stands where it stood, the next look tries again
      log.error({ err: error }, 'alerting failed; it goes on from the same hit')
    }
  }

  /** Once for each damaged place: a damaged day is met again in every round. */
  function tellUnreadable({ day, reason, rulesOfHits }: UnreadableHits): void {
    for (const rule of rulesOfHits.flat()) metrics.add('picket_hits_total', { rule })
    metrics.add('picket_hits_unreadable_total', {}, rulesOfHits.length)
    const place = `${day} ${reason}`
    if (told.has(place)) return
    if (told.size >= maxTold) told.clear()
    told.add(place)
    log.error(
      { day, rules: [...new Set(rulesOfHits.flat())], reason },
      'hits cannot be read, and nobody is alerted of them; `picket doctor` and `picket verify` have the details',
    )
  }

  wake()
  return {
    wake,
    [Symbol.dispose]() {
      round() // what was stored while Picket was stopping
      isStopped = true
      clearInterval(timer)
      clearTimeout(scheduled)
    },
  }
}
