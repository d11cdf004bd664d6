// The TLS section with what stands in its files, as the intake thread takes it.
import type { Clock } from '../base/clock.ts'
import { PicketError } from '../base/errors.ts'
import type { Config } from '../config/schema.ts'
import { readTlsFiles } from '../config/tls-files.ts'
import type { TlsSettings } from '../receive/tls-handshakes.ts'

/** Reads the files of receive.tls; undefined when it is off. Errors: CONFIG_INVALID when they do not fit. */
export function openTls({ receive: { tls } }: Config, clock: Pick<Clock, 'now'>): TlsSettings | undefined {
  if (!tls) return undefined
  const { files, errors } = readTlsFiles(tls, clock.now())
  if (files !== undefined) return { config: tls, files }
  const reasons = errors.map(({ key, reason }) => `receive.tls.${key}: ${reason}`)
  throw new PicketError('CONFIG_INVALID', reasons.join('\n'))
}
