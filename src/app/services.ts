// What the web server may ask of the running parts (http/services.ts), tied to them.
import type { Logger } from 'pino'
import { builtInRules } from '../asset/built-in-rules.ts'
import type { Clock } from '../base/clock.ts'
import type { Metrics } from '../base/metrics.ts'
import type { HttpServices, SearchService } from '../http/services.ts'
import { printBooks } from '../model/books.ts'
import type { State } from '../store/sqlite/state.ts'
import type { CertificateWatch } from './certificate-watch.ts'
import type { DiskWatch } from './disk-watch.ts'
import type { Intake } from './intake.ts'
import type { Ledger } from './ledger.ts'
import { followListeners } from './receive-metrics.ts'
import type { RuleSet } from './rule-set.ts'
import type { SearchPool } from './search-pool.ts'
import type { Sources } from './sources.ts'
import { hostStatus, type ListenerRates, type Rate, systemStatus } from './status.ts'
import type { Writer } from './writer.ts'

type Parts = {
  readonly version: string
  readonly dataDir: string
  readonly state: State
  readonly ruleSet: RuleSet
  readonly certificates: Pick<CertificateWatch, 'warnings'>
  readonly hasMail: boolean
  readonly pool: SearchPool
  readonly searches: SearchService
  readonly sources: Sources
  readonly writer: Writer
  /** Undefined until the listeners are open. */
  readonly intake: () => Intake | undefined
  readonly disk: DiskWatch
  readonly rate: Rate
  readonly listenerRates: ListenerRates
  readonly metrics: Metrics
  readonly ledger: Pick<Ledger, 'books' | 'difference'>
  readonly clock: Clock
  readonly log: Logger
}

export function httpServices(parts: Parts): HttpServices {
  const { state, ruleSet, pool, writer, disk, intake, metrics, clock, log } = parts
  const startedAt = clock.now()
  const follow = followListeners(metrics)
  metrics.set('picket_start_time_seconds', {}, Math.floor(startedAt / 1000))

  function warnings(): readonly string[] {
    const list = [...disk.warnings()]
    const { failed } = state.outbox.counts()
    if (ruleSet.problems.length > 0)
      list.push(`The rule files have ${ruleSet.problems.length} problems: see the Rules page.`)
    const difference = parts.ledger.difference()
    if (difference !== 0)
      list.push(`The books do not balance: ${difference} messages are unaccounted for. Please report this.`)
    list.push(...parts.certificates.warnings())
    if (failed > 0) list.push(`${failed} mails could not be sent: see the log.`)
    if (!parts.hasMail) list.push('The configuration has no mail section: alerts are shown here and mailed to nobody.')
    return list
  }

  return {
    people: state.people,
    alerts: state.alerts,
    outbox: state.outbox,
    search: parts.searches,
    sources: parts.sources,
    rules: () => [...ruleSet.infos, ...builtInRules],
    ruleFindings: () => ruleSet.problems,
    hosts: () => hostStatus(pool, clock.now()),
    status: () => systemStatus({ ...parts, startedAt, warnings }),
    ledger: () => printBooks(parts.ledger.books(), parts.ledger.difference()),
    async metrics() {
      follow(intake()?.listeners() ?? [])
      const { open, acknowledged } = state.alerts.counts()
      metrics.set('picket_mails_pending', {}, state.outbox.counts().pending)
      metrics.set('picket_alerts_open', {}, open + acknowledged)
      metrics.set('picket_queue_records', {}, intake()?.waitingRecords() ?? 0)
      return { contentType: metrics.contentType, body: await metrics.print() }
    },
    ready: () => writer.trouble() ?? disk.trouble() ?? (intake() === undefined ? 'starting' : true),
    clock,
    log,
  }
}
