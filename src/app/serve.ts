// Builds every part in start order; stopping is the reverse. Read this second, after intake.thread.ts.
//
//   lock → writer thread → intake thread → state (picket.db) → rules → mail → alerting → searches → sources → web
import { readFileSync, statfsSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import type { Logger } from 'pino'
import { builtInRules } from '../asset/built-in-rules.ts'
import { systemClock } from '../base/clock.ts'
import type { LogLevel } from '../base/log.ts'
import { createMetrics } from '../base/metrics.ts'
import type { Config } from '../config/schema.ts'
import { rawOf, recordOf } from '../parse/record.ts'
import type { TlsSettings } from '../receive/tls-handshakes.ts'
import type { Committed } from '../store/sqlite/append.ts'
import { type DaySize, daySizes } from '../store/sqlite/day-file.ts'
import { lockDataDir } from '../store/sqlite/lock.ts'
import { openReader } from '../store/sqlite/reader.ts'
import { openState } from '../store/sqlite/state.ts'
import { type Alerting, startAlerting } from './alerting.ts'
import { startCertificateWatch } from './certificate-watch.ts'
import { openDiskReserve } from './disk-reserve.ts'
import { startDiskWatch } from './disk-watch.ts'
import { type Intake, startIntake } from './intake.ts'
import { openLedger } from './ledger.ts'
import type { Mail } from './mail.ts'
import { createOwnRecords } from './own-records.ts'
import { createReload } from './reload.ts'
import { startRetention } from './retention.ts'
import { createRuleSet, readRuleTexts } from './rule-set.ts'
import { createSearches, type Searches } from './search.ts'
import { startSearchPool } from './search-pool.ts'
import { httpServices } from './services.ts'
import { type Sources, startSources } from './sources.ts'
import { createListenerRates, createRate } from './status.ts'
import { openTls } from './tls-settings.ts'
import { startWriter } from './writer.ts'

const root = join(import.meta.dirname, '../..')

export type ServeOptions = {
  readonly log: Logger
  readonly signal: AbortSignal
  /** Reads the configuration again, as it was read at the start. */
  readonly load: () => Config
  /** Calls back on each SIGHUP. */
  readonly onHangup: (listener: () => void) => void
}

/** Runs the service until the signal fires, then stops it so that everything received is stored.
 *  Errors: DATA_LOCKED, DATA_UNREADABLE, PORT_IN_USE, ACCESS_DENIED, CONFIG_INVALID, STORE_FAILED. */
export async function serve(config: Config, options: ServeOptions): Promise<void> {
  const { log, signal } = options
  // a SIGHUP that comes before there is somebody to take it would end the process
  let reload = (): void => void (wantsReload = true)
  let wantsReload = false
  options.onHangup(() => reload())
  await using picket = await start(config, options)
  const ports = Object.fromEntries(picket.listeners.map(({ transport, port }) => [transport, port]))
  log.info({ ...ports, web: picket.webUrl }, 'ready')
  if (picket.setupUrl !== undefined) {
    log.info({ setup: picket.setupUrl }, `first run: make the admin account at ${picket.setupUrl}`)
    if (ports.udp !== undefined)
      log.info({}, `then send a first line: logger -n 127.0.0.1 -P ${ports.udp} -d "hello from $(hostname)"`)
  }
  reload = picket.reload
  if (wantsReload) reload()
  const stopped = new Promise<void>(resolve => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
  await Promise.race([stopped, picket.died])
  log.info({}, 'stopping: taking what has arrived')
}

type Started = AsyncDisposable & {
  readonly webUrl: string | undefined
  /** Where the first admin account is made, while there is none. */
  readonly setupUrl: string | undefined
  readonly listeners: ReturnType<Intake['listeners']>
  /** Reads again what can change at run time. */
  readonly reload: () => void
  /** Rejects when a part died that Picket cannot go on without. */
  readonly died: Promise<never>
}

async function start(config: Config, { log, load }: ServeOptions): Promise<Started> {
  const clock = systemClock
  const metrics = createMetrics()
  const rate = createRate(clock)
  const listenerRates = createListenerRates(clock)
  const own = createOwnRecords({ hostname: hostname(), pid: process.pid, clock, log })
  const { dataDir } = config
  const publicUrl =
    config.web === false ? undefined : (config.web.publicUrl ?? `http://${config.web.host}:${config.web.port}`)
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }
  const died = Promise.withResolvers<never>()
  died.promise.catch(() => undefined) // somebody looks only once everything is built

  await using stack = new AsyncDisposableStack()
  stack.use(lockDataDir(dataDir))
  const ruleTexts = readRuleTexts(config.rules)
  let alerting: Alerting | undefined
  let searches: Searches | undefined
  let sources: Sources | undefined
  /** What was stored before the table of sources was there: the moments of the start. */
  const early: Committed[] = []
  const ledger = stack.use(openLedger({ dataDir, own, metrics, clock, log }))
  const writer = stack.use(
    startWriter(dataDir, log, {
      onCommitted(committed, milliseconds) {
        rate.add(committed.records)
        ledger.committed(committed)
        metrics.add('picket_records_stored_total', {}, committed.records)
        metrics.observe('picket_commit_seconds', {}, milliseconds / 1000)
        searches?.committed(committed)
        if (sources === undefined) early.push(committed)
        else sources.observe(committed)
        if (committed.hits > 0) alerting?.wake()
      },
      onFailed: reason => log.error({ reason }, 'the store cannot write; records wait and nothing is acknowledged'),
      onSetAside({ day, path, reason }) {
        const text = 'the file of a day was damaged and is set aside; the day goes on in a new one'
        log.error({ day, file: path, reason }, `${text}; \`picket doctor\` and \`picket verify\` have the details`)
        own.write({ subject: 'STORE', severity: 2, text, values: { day, file: path, reason } })
      },
      onWarning(reason) {
        log.error({ reason }, 'the proof of what is stored has a gap')
        own.write({ subject: 'STORE', severity: 2, text: 'the proof of what is stored has a gap', values: { reason } })
      },
      onDied: died.reject,
    }),
  )
  const sizes = (): readonly DaySize[] => daySizes(dataDir)
  stack.use(startRetention({ config: config.store, sizes, writer, clock, log }))
  // before the state is opened: on a full disk it needs the room of the reserve
  const disk = stack.use(
    startDiskWatch({
      config: config.store,
      statfs: () => statfsSync(dataDir),
      reserve: stack.use(openDiskReserve(dataDir, log)),
      sizes,
      writer,
      own,
      metrics,
      clock,
      log,
    }),
  )

  // the threads start first: they load their modules, and listen, while the rest is built here
  let intake: Intake | undefined
  const tls = openTls(config, clock)
  if (tls?.config.mode === 'anonymous')
    log.warn({}, 'receive.tls.mode is anonymous: what comes is encrypted, and its senders are not verified')
  const certificates = stack.use(startCertificateWatch({ metrics, own, clock, log }))
  certificates.use(tls)
  const intakeStarted = startIntake({
    config,
    rules: ruleTexts.sources,
    writer,
    tls,
    onCounters(snapshot) {
      ledger.note(snapshot)
      listenerRates.note(snapshot.listeners)
    },
    onDied: died.reject,
  })
  intakeStarted.catch(() => undefined) // told by `await intakeStarted`, which may come later
  stack.defer(async () => (await intakeStarted.catch(() => undefined))?.[Symbol.asyncDispose]())

  const state = openState(join(dataDir, 'picket.db'))
  stack.defer(() => state.close())
  const { outbox, alerts } = state
  const ruleSet = createRuleSet(ruleTexts, metrics, log)
  const rules = (id: string) => builtInRules.find(rule => rule.id === id) ?? ruleSet.infoOf(id)
  const mail = config.mail && stack.use(await startMail(config.mail))
  const hits = openReader(dataDir, { recordOf, rawOf })
  stack.defer(() => hits.close())
  alerting = stack.use(startAlerting({ hits, alerts, rules, mail, metrics, log }))
  const pool = stack.use(startSearchPool(dataDir, config.store, metrics))
  searches = createSearches(pool)
  const isWatching = (): boolean =>
    intake !== undefined && writer.trouble() === undefined && disk.trouble() === undefined
  sources = stack.use(
    startSources({ config: config.sources, box: state.sources, alerts, pool, mail, isWatching, metrics, clock, log }),
  )
  for (const committed of early.splice(0)) sources.observe(committed)
  const services = httpServices({
    version,
    dataDir,
    state,
    ruleSet,
    certificates,
    hasMail: mail !== undefined,
    pool,
    searches,
    sources,
    writer,
    intake: () => intake,
    disk,
    rate,
    listenerRates,
    metrics,
    ledger,
    clock,
    log,
  })
  const { startHttp } = await import('../http/server.ts')
  const http =
    config.web && stack.use(await startHttp(config.web, services, { webRoot: join(root, 'web/dist'), version }))
  await writer.ready
  intake = await intakeStarted
  own.connect(intake.takeOwnFrame)
  disk.connect(intake.setDiskFull)
  stack.use(intake) // first to stop, so that what it still takes is alerted on

  const parts = stack.move()
  return {
    webUrl: http ? `http://${http.address.includes(':') ? `[${http.address}]` : http.address}:${http.port}` : undefined,
    setupUrl: http ? http.setupUrl() : undefined,
    listeners: intake.listeners(),
    reload: createReload({ config, load, ruleSet, useRules: intake.useRules, useTls, setLogLevel, clock, log }),
    died: died.promise,
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  }

  function useTls(settings: TlsSettings): void {
    intake?.useTls(settings)
    certificates.use(settings)
  }

  function setLogLevel(level: LogLevel): void {
    log.level = level
    intake?.setLogLevel(level)
  }

  /** The SMTP client is a tenth of the start; most first starts have no mail section yet. */
  async function startMail(section: NonNullable<Config['mail']>): Promise<Mail> {
    const { startMail } = await import('./mail.ts')
    return startMail({ config: section, dataDir, publicUrl, rules, outbox, metrics, clock, log })
  }
}
