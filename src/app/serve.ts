// Builds every part in start order; stopping is the reverse. Read this second, after intake.thread.ts.
//
//   lock → state (picket.db) → writer thread → alerting, mail → search processes → web → intake threads
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Logger } from 'pino'
import { systemClock } from '../base/clock.ts'
import { createMetrics } from '../base/metrics.ts'
import type { Config } from '../config/schema.ts'
import { loadRules, printFinding } from '../detect/rules.ts'
import { startHttp } from '../http/server.ts'
import type { HttpServices } from '../http/services.ts'
import type { RuleInfo } from '../model/rule.ts'
import { openMailer, readPassword } from '../notify/mail.ts'
import { startOutboxSender } from '../notify/outbox-sender.ts'
import { createTeller } from '../notify/tell.ts'
import { rawOf, recordOf } from '../parse/record.ts'
import { inheritedSockets } from '../receive/inherited.ts'
import { lockDataDir } from '../store/sqlite/lock.ts'
import { openReader } from '../store/sqlite/reader.ts'
import { openState } from '../store/sqlite/state.ts'
import { startAlerting } from './alerting.ts'
import { type Intake, startIntake } from './intake.ts'
import { followListeners } from './receive-metrics.ts'
import { startRetention } from './retention.ts'
import { createSearches } from './search.ts'
import { startSearchPool } from './search-pool.ts'
import { createRate, hostStatus, systemStatus } from './status.ts'
import { startWriter } from './writer.ts'

const root = join(import.meta.dirname, '../..')
/** The rules that Picket ships, used when rules.dirs names no folder. */
const shippedRules = join(root, 'rules.d')

/** Runs the service until the signal fires, then stops it so that everything received is stored.
 *  Errors: DATA_LOCKED, DATA_UNREADABLE, PORT_IN_USE, ACCESS_DENIED, CONFIG_INVALID, STORE_FAILED. */
export async function serve(
  config: Config,
  options: { readonly log: Logger; readonly signal: AbortSignal },
): Promise<void> {
  const { log, signal } = options
  const startedAt = performance.now()
  await using picket = await start(config, log)
  const ports = Object.fromEntries(picket.listeners.map(({ transport, port }) => [transport, port]))
  const took_ms = Math.round(performance.now() - startedAt)
  log.info({ ...ports, web: picket.webUrl, took_ms }, 'ready')
  if (picket.setupUrl !== undefined)
    log.info({ setup: picket.setupUrl }, `first run: make the admin account at ${picket.setupUrl}`)
  if (picket.setupUrl !== undefined && ports.udp !== undefined)
    log.info({}, `then send a first line: logger -n 127.0.0.1 -P ${ports.udp} -d "hello from $(hostname)"`)
  const stopped = new Promise<void>(resolve => signal.addEventListener('abort', () => resolve(), { once: true }))
  await Promise.race([stopped, picket.died])
  log.info({}, 'stopping: taking what has arrived')
}

type Started = AsyncDisposable & {
  readonly webUrl: string | undefined
  /** Where the first admin account is made, while there is none. */
  readonly setupUrl: string | undefined
  readonly listeners: ReturnType<Intake['listeners']>
  /** Rejects when a part died that Picket cannot go on without. */
  readonly died: Promise<never>
}

async function start(config: Config, log: Logger): Promise<Started> {
  const clock = systemClock
  const metrics = createMetrics()
  const rate = createRate(clock)
  const { dataDir } = config
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }
  const died = Promise.withResolvers<never>()
  died.promise.catch(() => undefined) // the caller may stop before it looks

  await using stack = new AsyncDisposableStack()
  stack.use(lockDataDir(dataDir))
  const state = openState(join(dataDir, 'picket.db'))
  stack.defer(() => state.close())

  const ruleDirs = config.rules.dirs.length > 0 ? config.rules.dirs : [shippedRules]
  const { sources, rules, findings } = loadRules(ruleDirs)
  const problems = findings.filter(({ severity }) => severity !== 'info').map(printFinding)
  for (const problem of problems) log.warn({}, `rule: ${problem}`)
  metrics.set('picket_rules_loaded', {}, rules.length)
  metrics.set('picket_rules_invalid', {}, findings.filter(({ severity }) => severity === 'error').length)
  const infos = rules.map(rule => rule.info)
  const infoById = new Map<string, RuleInfo>(infos.map(info => [info.id, info]))

  const hitReader = openReader(dataDir, { recordOf, rawOf })
  stack.defer(() => hitReader.close())
  const writer = stack.use(
    await startWriter(dataDir, log, {
      onCommitted(committed, milliseconds) {
        rate.add(committed.records)
        metrics.add('picket_records_stored_total', {}, committed.records)
        metrics.observe('picket_commit_seconds', {}, milliseconds / 1000)
        searches.committed(committed)
        if (committed.hits > 0) alerting.wake()
      },
      onFailed: message =>
        log.error({ reason: message }, 'the store cannot write; records wait and nothing is acknowledged'),
      onDied: died.reject,
    }),
  )
  stack.use(startRetention(config.store, writer, clock))

  const sender = config.mail && stack.use(startMail(config.mail))
  const mail = config.mail &&
    sender && {
      sender,
      teller: createTeller({ mail: config.mail, publicUrl: publicUrlOf(config), rules: id => infoById.get(id), clock }),
    }
  const alerting = stack.use(
    startAlerting({ hits: hitReader, alerts: state.alerts, rules: id => infoById.get(id), mail, metrics, log }),
  )

  const pool = stack.use(startSearchPool(dataDir, config.store, metrics))
  const searches = createSearches(pool)
  let intake: Intake | undefined
  const follow = followListeners(metrics)
  const warnings = (): readonly string[] => [
    ...(problems.length > 0
      ? [`${problems.length} problems in the rule files; see the Rules page or run picket rules check`]
      : []),
    ...(state.outbox.counts().failed > 0
      ? [`${state.outbox.counts().failed} mails could not be sent; see the log`]
      : []),
    ...(config.mail === undefined
      ? ['No mail section in the configuration: alerts are shown here and mailed to nobody.']
      : []),
  ]
  const startedAt = clock.now()
  metrics.set('picket_start_time_seconds', {}, Math.floor(startedAt / 1000))
  const services: HttpServices = {
    people: state.people,
    alerts: state.alerts,
    outbox: state.outbox,
    search: searches,
    rules: () => infos,
    ruleFindings: () => problems,
    hosts: () => hostStatus(pool, clock.now()),
    status: () => systemStatus({ version, dataDir, startedAt, pool, intake: () => intake, writer, rate, warnings }),
    metrics: async () => {
      follow(intake?.listeners() ?? [])
      const { open, acknowledged } = state.alerts.counts()
      metrics.set('picket_mails_pending', {}, state.outbox.counts().pending)
      metrics.set('picket_alerts_open', {}, open + acknowledged)
      metrics.set('picket_queue_records', {}, intake?.waitingRecords() ?? 0)
      return { contentType: metrics.contentType, body: await metrics.print() }
    },
    ready: () => writer.trouble() ?? (intake === undefined ? 'starting' : true),
    clock,
    log,
  }
  const http =
    config.web === false
      ? undefined
      : stack.use(await startHttp(config.web, services, { webRoot: join(root, 'web/dist'), version }))

  const inherited = inheritedSockets(process.env, process.pid)
  intake = stack.use(
    await startIntake({
      config,
      rules: sources,
      writer,
      inherited: {
        udp: inherited.find(socket => socket.transport === 'udp')?.fd,
        tcp: inherited.find(socket => socket.transport === 'tcp')?.fd,
      },
      onDied: died.reject,
    }),
  )

  const parts = stack.move()
  return {
    webUrl: http && `http://${http.address.includes(':') ? `[${http.address}]` : http.address}:${http.port}`,
    setupUrl: http?.setupUrl(),
    listeners: intake.listeners(),
    died: died.promise,
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  }

  function startMail(mailConfig: NonNullable<Config['mail']>) {
    const mailer = openMailer(mailConfig, readPassword(mailConfig))
    stack.defer(() => mailer.close())
    return startOutboxSender({
      outbox: state.outbox,
      mailer,
      clock,
      log,
      onResult: result => metrics.add('picket_mails_total', { result }),
    })
  }
}

function publicUrlOf(config: Config): string | undefined {
  return config.web === false ? undefined : (config.web.publicUrl ?? `http://${config.web.host}:${config.web.port}`)
}
