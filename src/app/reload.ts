// SIGHUP: reads the configuration, the files of the TLS section and the rules again. What is wrong with them is told, and
// what was in use before stays in use.
import type { Clock } from '../base/clock.ts'
import type { Log, LogLevel } from '../base/log.ts'
import { changedOptions } from '../config/difference.ts'
import { type Config, certificateOptions } from '../config/schema.ts'
import type { Intake } from './intake.ts'
import type { RuleSet } from './rule-set.ts'
import { openTls } from './tls-settings.ts'

type ReloadParts = {
  /** As it was at the start. */
  readonly config: Config
  /** Reads it again. */
  readonly load: () => Config
  readonly ruleSet: Pick<RuleSet, 'reload' | 'infos' | 'problems'>
  readonly useRules: Intake['useRules']
  readonly useTls: Intake['useTls']
  readonly setLogLevel: (level: LogLevel) => void
  readonly clock: Pick<Clock, 'now'>
  readonly log: Log
}

/** Options that are used as they are now; those of `receive.tls` only while the listener stays. */
const reloadable: ReadonlySet<string> = new Set([
  'rules.dirs',
  'log.level',
  ...certificateOptions.map(option => `receive.tls.${option}`),
])

/** Returns what a SIGHUP does. Reception goes on meanwhile, and open connections stay as they are. */
export function createReload(parts: ReloadParts): () => void {
  const { load, ruleSet, useRules, useTls, clock, log } = parts
  let { rules } = parts.config

  function reloadConfig(): void {
    try {
      const config = load()
      const tls = parts.config.receive.tls ? openTls(config, clock) : undefined
      rules = config.rules
      parts.setLogLevel(config.log.level)
      if (tls !== undefined) {
        useTls(tls)
        log.info({}, 'SIGHUP: the TLS certificates were read again and are in use')
      }
      const waiting = changedOptions(parts.config, config).filter(option => !reloadable.has(option))
      if (waiting.length > 0) log.warn({}, `SIGHUP: needs a restart: ${waiting.join(', ')}`)
    } catch (error) {
      const { message } = error as Error
      log.error(
        { reason: message },
        'SIGHUP: the configuration was not read again; what was in use before stays in use',
      )
    }
  }

  function reloadRules(): void {
    const changed = ruleSet.reload(rules)
    const counts = { rules: ruleSet.infos.length, problems: ruleSet.problems.length }
    if (changed === undefined) return log.info(counts, 'SIGHUP: the rules were read again and are the same')
    useRules(changed)
    log.info(counts, 'SIGHUP: the rules were read again and are in use')
  }

  return () => {
    reloadConfig()
    reloadRules()
  }
}
