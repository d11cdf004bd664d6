// Starts a real rsyslogd for a test: in the foreground, its own configuration, state and sockets in a temporary folder.
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { pathOf } from './peers.ts'
import { eventually } from './picket.ts'

export type Rsyslogd = AsyncDisposable & {
  /** Stands in for /dev/log. */
  readonly socket: string
  /** Takes syslog over TCP, as a relay does. */
  readonly tcp: number
  /** Runs `logger` with its messages going to this rsyslogd. */
  log(...args: string[]): Promise<void>
}

/** Starts it with these rules (RainerScript or the old form) behind one unix socket and one TCP input.
 *  `hostname` is what it calls itself, `timeZone` what its clock shows. */
export async function startRsyslogd(
  rules: string,
  { hostname, timeZone }: { readonly hostname: string; readonly timeZone: string },
): Promise<Rsyslogd> {
  const folder = mkdtempSync(join(tmpdir(), 'picket-rsyslogd-'))
  const file = (name: string) => join(folder, name)
  writeFileSync(
    file('rsyslog.conf'),
    `global(workDirectory="${folder}" localHostname="${hostname}" maxMessageSize="64k")
module(load="imuxsock" SysSock.Use="off")
module(load="imtcp")
input(type="imuxsock" Socket="${file('log.sock')}" CreatePath="on" RateLimit.Interval="0")
input(type="imtcp" address="127.0.0.1" port="0" listenPortFileName="${file('port')}")
${rules}
`,
  )
  const args = ['-n', '-f', file('rsyslog.conf'), '-i', file('pid')]
  const child = spawn(pathOf('rsyslogd'), args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, TZ: timeZone },
  })
  const output: string[] = []
  for (const stream of [child.stdout, child.stderr]) stream.on('data', data => output.push(String(data)))
  const tcp = await eventually(
    () => {
      if (child.exitCode !== null) throw new Error(`rsyslogd ended with ${child.exitCode}: ${output.join('')}`)
      return existsSync(file('log.sock')) && existsSync(file('port')) && Number(readFileSync(file('port'), 'utf8'))
    },
    `rsyslogd: ${output.join('')}`,
  )
  return {
    socket: file('log.sock'),
    tcp: Number(tcp),
    async log(...args) {
      await promisify(execFile)(pathOf('logger'), ['-u', file('log.sock'), ...args])
    },
    async [Symbol.asyncDispose]() {
      await end(child)
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exit = once(child, 'exit')
  const timer = setTimeout(() => child.kill('SIGKILL'), 5000) // it may be waiting for a peer that is gone
  child.kill('SIGTERM')
  await exit
  clearTimeout(timer)
}
