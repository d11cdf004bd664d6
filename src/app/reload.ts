// SIGHUP: reads the TLS section and its files again. What is wrong with them is told, and what was in use stays in use.
import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { Config } from '../config/schema.ts'
import type { TlsSettings } from '../receive/tls-handshakes.ts'
import { openTls } from './tls-settings.ts'

type ReloadParts = {
  readonly load: () => Config
  readonly useTls: (settings: TlsSettings) => void
  readonly clock: Pick<Clock, 'now'>
  readonly log: Log
}

/** Open connections stay as they are. Other options are read at the next start. */
export function reloadTls({ load, useTls, clock, log }: ReloadParts): void {
  try {
    const settings = openTls(load(), clock)
    if (settings === undefined)
      return log.info({}, 'SIGHUP: there is no receive.tls section, so nothing was read again')
    useTls(settings)
    log.info({}, 'SIGHUP: the TLS certificates were read again and are in use; other options need a restart')
  } catch (error) {
    log.error({ reason: (error as Error).message }, 'SIGHUP: not read again; the certificates before stay in use')
  }
}
