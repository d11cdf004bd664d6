// What a sender needs: an rsyslog rule and the bash hook. The hook is the tested form of packaging's onboarding script.
import type { StatusAnswer } from '../api/answers.ts'

export type SenderTarget = { readonly host: string; readonly port: number; readonly transport: 'tcp' | 'udp' }

/** Where senders should send: the public name if one is set, TCP if it listens. `pageHost` is the browser's location. */
export function senderTarget(status: StatusAnswer, pageHost: string): SenderTarget {
  const listener =
    status.receive.find(each => each.transport === 'tcp') ?? status.receive.find(each => each.transport === 'udp')
  return {
    host: status.public_url === null ? pageHost : new URL(status.public_url).hostname,
    port: listener?.port ?? 514,
    transport: listener?.transport === 'udp' ? 'udp' : 'tcp',
  }
}

/** rsyslog: `@` is UDP, `@@` TCP. The queue keeps records while Picket is away. */
export function rsyslogSnippet({ host, port, transport }: SenderTarget): string {
  return `$ActionQueueType LinkedList
$ActionQueueFileName picket
$ActionResumeRetryCount -1
$ActionQueueSaveOnShutdown on
kern.*;auth.*;authpriv.*;user.*;cron.* ${transport === 'tcp' ? '@@' : '@'}${host}:${port}
`
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || /^127(?:\.\d+){3}$/.test(host) || host === '[::1]'
}

export const testLine = `logger -p user.info "hello from $(hostname)"`
