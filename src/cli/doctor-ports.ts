// The ports: free while Picket does not run, answering while it does; and the kernel's buffer for datagrams.
import { spawnSync } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect, createServer, isIPv6 } from 'node:net'
import type { Config } from '../config/schema.ts'
import type { Diagnosis } from './doctor-diagnosis.ts'

type Port = { readonly name: string; readonly kind: 'udp' | 'tcp'; readonly host: string; readonly port: number }

const answerMs = 3000

export async function diagnosePorts(
  config: Config,
  { isRunning }: { readonly isRunning: boolean },
): Promise<readonly Diagnosis[]> {
  const found: Diagnosis[] = []
  const isSocketActive = isSystemdSocketActive()
  for (const port of portsOf(config)) {
    if (port.port === 0) continue
    if (isRunning) found.push(...(port.kind === 'tcp' ? [await answers(port)] : []))
    else if (isSocketActive && port.name !== 'web')
      found.push({ level: 'ok', text: `${port.name}: picket.socket of systemd holds the port` })
    else found.push(await isFree(port))
  }
  const { udp } = config.receive
  if (udp !== false) found.push(receiveBuffer(udp.receiveBufferBytes))
  return found
}

function portsOf({ receive, web }: Config): readonly Port[] {
  return [
    ...(receive.udp === false ? [] : [{ ...receive.udp, name: 'receive.udp', kind: 'udp' as const }]),
    ...(receive.tcp === false ? [] : [{ ...receive.tcp, name: 'receive.tcp', kind: 'tcp' as const }]),
    ...(receive.relp === false ? [] : [{ ...receive.relp, name: 'receive.relp', kind: 'tcp' as const }]),
    ...(web === false ? [] : [{ ...web, name: 'web', kind: 'tcp' as const }]),
  ]
}

function isSystemdSocketActive(): boolean {
  return spawnSync('systemctl', ['is-active', '--quiet', 'picket.socket'], { timeout: answerMs }).status === 0
}

/** A listener that is closed at once. Nothing that arrives in between is lost: nobody was listening. */
async function isFree({ name, kind, host, port }: Port): Promise<Diagnosis> {
  try {
    if (kind === 'udp') {
      const socket = createSocket({ type: isIPv6(host) ? 'udp6' : 'udp4' })
      const bound = once(socket, 'listening')
      socket.bind({ port, address: host, exclusive: true })
      await bound.finally(() => socket.close())
    } else {
      const server = createServer()
      const bound = once(server, 'listening')
      server.listen({ port, host, exclusive: true })
      await bound.finally(() => server.close())
    }
    return { level: 'ok', text: `${name}: port ${port} is free` }
  } catch (error) {
    return refused(name, port, error as NodeJS.ErrnoException)
  }
}

function refused(name: string, port: number, { code, message }: NodeJS.ErrnoException): Diagnosis {
  switch (code) {
    case 'EADDRINUSE':
      return {
        level: 'error',
        text: `${name}: another program uses port ${port}`,
        fix: `\`ss -lnp 'sport = :${port}'\` shows which; stop it, or change ${name}.port`,
      }
    case 'EACCES':
      return {
        level: 'error',
        text: `${name}: this account may not open port ${port}`,
        fix: `start it by systemd (picket.socket), or set ${name}.port above 1023`,
      }
    default:
      return { level: 'error', text: `${name}: port ${port}: ${message}`, fix: `change ${name}.host` }
  }
}

async function answers({ name, host, port }: Port): Promise<Diagnosis> {
  const address = host === '::' ? '::1' : host === '0.0.0.0' ? '127.0.0.1' : host
  const socket = connect({ host: address, port, signal: AbortSignal.timeout(answerMs) })
  try {
    await once(socket, 'connect')
    return { level: 'ok', text: `${name}: port ${port} answers` }
  } catch (error) {
    const text = `${name}: port ${port} does not answer: ${(error as Error).message}`
    return { level: 'error', text, fix: 'was the configuration changed since the start? Restart Picket' }
  } finally {
    socket.destroy()
  }
}

function receiveBuffer(wanted: number): Diagnosis {
  const max = Number(readFileSync('/proc/sys/net/core/rmem_max', 'utf8'))
  if (max >= wanted) return { level: 'ok', text: `receive.udp: the kernel grants a buffer of ${wanted} bytes` }
  return {
    level: 'warning',
    text: `receive.udp: the kernel grants a buffer of ${max} bytes instead of ${wanted}; bursts of datagrams are lost`,
    fix: `sysctl -w net.core.rmem_max=${wanted}; picket.socket of systemd needs no change`,
  }
}
