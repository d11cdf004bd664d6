// The checks of `picket doctor` in their order. A check never throws: what it meets is a diagnosis.
import { ConfigError, printFinding } from '../config/finding.ts'
import type { Config } from '../config/schema.ts'
import { loadRules } from '../detect/rules.ts'
import { openMailer, readPassword } from '../notify/mail.ts'
import type { Cli } from './cli.ts'
import { type ConfigOptions, loadConfigFor } from './config-option.ts'
import { diagnoseClock } from './doctor-clock.ts'
import { diagnoseFolder, isInUse } from './doctor-folder.ts'
import { diagnosePorts } from './doctor-ports.ts'
import { diagnoseStore } from './doctor-store.ts'
import { version } from './version.ts'

export type Diagnosis = {
  readonly level: 'ok' | 'warning' | 'error'
  readonly text: string
  /** What to do about it. */
  readonly fix?: string
}

type Options = ConfigOptions & { readonly mail?: true; readonly deep?: true }

/** Looks at configuration, rules, data folder, stored files, clock, ports and mail, in this order. */
export async function* diagnose(options: Options, cli: Cli): AsyncIterable<Diagnosis> {
  yield { level: 'ok', text: `Picket ${version()}, Node.js ${process.versions.node}` }
  const config = yield* diagnoseConfig(options, cli)
  if (config === undefined) return
  yield* guarded('rules', () => diagnoseRules(config, cli))
  yield* guarded('data folder', () => diagnoseFolder(config.dataDir))
  yield* guarded('store', () => diagnoseStore(config.dataDir, { deep: options.deep === true }))
  yield* guarded('clock', () => diagnoseClock(config.dataDir, cli.io.clock.now()))
  yield* guarded('ports', () => diagnosePorts(config, { isRunning: isInUse(config.dataDir) }))
  yield* guarded('mail', () => diagnoseMail(config.mail, { connect: options.mail === true }))
}

function* diagnoseConfig(options: Options, { io }: Cli): Generator<Diagnosis, Config | undefined> {
  try {
    const { config, file } = loadConfigFor(options, io)
    yield { level: 'ok', text: `configuration: ${file ?? 'none, defaults'}` }
    return config
  } catch (error) {
    const findings = error instanceof ConfigError ? error.findings.map(printFinding) : [(error as Error).message]
    for (const text of findings)
      yield { level: 'error', text: `configuration: ${text}`, fix: 'mend it; `picket check` shows what is left' }
    return undefined
  }
}

function diagnoseRules(config: Config, { engine }: Cli): readonly Diagnosis[] {
  const { dirs } = config.rules
  const { rules, findings } = loadRules(dirs.length > 0 ? dirs : [engine.builtInRules])
  const errors = findings.filter(finding => finding.severity === 'error').length
  if (rules.length === 0)
    return [{ level: 'error', text: 'rules: none is loaded', fix: 'set rules.dirs to folders that hold rules' }]
  if (errors === 0) return [{ level: 'ok', text: `rules: ${rules.length} run` }]
  const text = `rules: ${rules.length} run, ${errors} mistakes keep others from running`
  return [{ level: 'error', text, fix: '`picket rules check` names every mistake and its place' }]
}

async function diagnoseMail(
  mail: Config['mail'],
  { connect }: { readonly connect: boolean },
): Promise<readonly Diagnosis[]> {
  if (mail === undefined)
    return [{ level: 'warning', text: 'mail: none; alerts are shown in the web UI only', fix: 'add a mail section' }]
  const mailer = openMailer(mail, readPassword(mail))
  try {
    if (!connect) return [{ level: 'ok', text: `mail: ${mail.server}, not tried (--mail logs in)` }]
    await mailer.verify()
    return [{ level: 'ok', text: `mail: ${mail.server} takes the login` }]
  } finally {
    mailer.close()
  }
}

/** Runs a check; what it throws is an error of its subject. */
async function* guarded(
  subject: string,
  check: () => readonly Diagnosis[] | Promise<readonly Diagnosis[]>,
): AsyncIterable<Diagnosis> {
  try {
    yield* await check()
  } catch (error) {
    yield { level: 'error', text: `${subject}: ${(error as Error).message}`, fix: 'docs/errors.md says more' }
  }
}
