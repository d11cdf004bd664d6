// What the operating system says when it refuses a port, in words that name the option to change.

import { PicketError } from '../base/errors.ts'
import type { Transport } from '../model/record.ts'

/** The PicketError for an error of bind or listen: PORT_IN_USE or ACCESS_DENIED. */
export function listenError(
  error: NodeJS.ErrnoException,
  transport: Transport,
  host: string,
  port: number,
): PicketError {
  const attempt = `cannot listen on ${transport} ${host.includes(':') ? `[${host}]` : host}:${port}`
  const option = `receive.${transport}.port`
  switch (error.code) {
    case 'EADDRINUSE':
      return new PicketError(
        'PORT_IN_USE',
        `${attempt}: another program uses it (change ${option}, or stop the program; \`ss -lnp\` shows it)`,
        { cause: error },
      )
    case 'EACCES':
      return new PicketError(
        'ACCESS_DENIED',
        `${attempt}: ports below 1024 need the right to bind them (start by systemd, or set ${option} above 1023)`,
        { cause: error },
      )
    case 'EADDRNOTAVAIL':
      return new PicketError(
        'ACCESS_DENIED',
        `${attempt}: this machine has no such address (change receive.${transport}.host)`,
        { cause: error },
      )
    default:
      return new PicketError('ACCESS_DENIED', `${attempt}: ${error.message}`, { cause: error })
  }
}

/** True for the errors of a machine where IPv6 is switched off. */
export function isNoIpv6(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException
  return code === 'EAFNOSUPPORT' || code === 'EADDRNOTAVAIL' || code === 'EINVAL'
}
