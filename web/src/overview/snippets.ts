// What a sender needs beside the two files of packaging/client: Picket's own address in them, and lines to type.
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

/**
 * packaging/client/60-picket-forward.conf for this Picket: its text without the comments for who copies it by hand.
 * UDP has neither framing nor connections.
 */
export function forwardSnippet(file: string, { host, port, transport }: SenderTarget): string {
  const rule = file
    .replace(/^#.*\n/gm, '')
    .trimStart()
    .replace(/(?<=\starget=")[^"]*/, host.replace(/^\[(.*)\]$/, '$1'))
    .replace(/(?<=\sport=")[^"]*/, String(port))
    .replace(/(?<=\sprotocol=")[^"]*/, transport)
  return transport === 'tcp' ? rule : rule.replace(/^\s*(?:TCP_Framing|KeepAlive)=.*\n/gm, '')
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || /^127(?:\.\d+){3}$/.test(host) || host === '[::1]'
}

/** Debian and Ubuntu: shells that are no login shells read this file instead of /etc/profile.d. */
export const loadHistoryLine = `echo '. /etc/profile.d/picket-history.sh' | sudo tee -a /etc/bash.bashrc`

export const testLine = `logger -p user.info "hello from $(hostname)"`
