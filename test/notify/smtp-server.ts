// Starts a real SMTP server (Debian's python3-aiosmtpd) for tests, and makes certificates for it (openssl).
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { on, once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

const python = '/usr/bin/python3'

/** Why tests with the server cannot run on this machine; false when they can. For `test(…, { skip })`. */
export const smtpServerMissing: string | false = findMissing()

function findMissing(): string | false {
  if (spawnSync(python, ['-c', 'import aiosmtpd']).status !== 0) return 'no SMTP server: install python3-aiosmtpd'
  if (spawnSync('openssl', ['version']).status !== 0) return 'no certificates: install openssl'
  return false
}

/** Replies by address: a text is given always, a list one after the other, then none. `drop` takes the mail and cuts the
 *  connection before the answer; `hang` never answers. */
type Replies = { readonly [address: string]: string | readonly string[] }

export type SmtpServerOptions = {
  readonly port?: number
  readonly tls?: 'none' | 'starttls' | 'implicit'
  readonly cert?: string
  readonly key?: string
  readonly auth?: { readonly user: string; readonly password: string }
  readonly mailReplies?: Replies
  readonly rcptReplies?: Replies
  readonly dataReplies?: Replies
  /** Takes connections and says nothing. */
  readonly hang?: 'greeting'
}

export type Received = {
  readonly mailFrom: string
  readonly rcptTo: readonly string[]
  readonly isTls: boolean
  readonly user: string | null
  /** The message as it came, header and body. */
  readonly raw: string
}

export type SmtpServer = AsyncDisposable & {
  readonly port: number
  /** Every message that was taken, in order. */
  readonly received: readonly Received[]
  /** Every address that RCPT TO named, also refused ones. */
  readonly asked: readonly string[]
  /** Resolves when so many messages were taken. */
  waitFor(count: number): Promise<void>
  /** Changes what it answers. Everything it saw before stands in `received` and `asked` when this resolves. */
  change(options: SmtpServerOptions): Promise<void>
}

/** Starts the server on a free port of 127.0.0.1 (or `port`). Dispose it at the end of the test. */
export async function startSmtpServer(options: SmtpServerOptions = {}): Promise<SmtpServer> {
  const child = spawn(python, [join(import.meta.dirname, 'smtp-server.py'), JSON.stringify(options)], {
    // Its own complaints about clients that leave (which tests do) would only hide the tests' output.
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  const received: Received[] = []
  const asked: string[] = []
  const output = createInterface({ input: child.stdout })
  output.on('line', line => {
    const event = JSON.parse(line)
    if ('rcpt' in event) asked.push(event.rcpt)
    if ('raw' in event) received.push({ ...event, raw: Buffer.from(event.raw, 'base64').toString('latin1') })
  })
  const [first] = await once(output, 'line', { signal: AbortSignal.timeout(20_000) })
  return {
    port: JSON.parse(first).listening,
    received,
    asked,
    waitFor: async count => {
      if (received.length >= count) return
      for await (const _ of on(output, 'line', { signal: AbortSignal.timeout(20_000) })) {
        if (received.length >= count) return
      }
    },
    change: async changed => {
      const lines = on(output, 'line', { signal: AbortSignal.timeout(20_000) })
      child.stdin.write(`${JSON.stringify(changed)}\n`)
      for await (const [line] of lines) if ('changed' in JSON.parse(line)) return
    },
    [Symbol.asyncDispose]: async () => {
      const exit = once(child, 'exit')
      child.kill('SIGKILL')
      await exit
    },
  }
}

/** A self-made certificate for 127.0.0.1 and localhost, valid for ten days, in a temporary folder. */
export function makeCertificate(): { readonly cert: string; readonly key: string; [Symbol.dispose](): void } {
  const folder = mkdtempSync(join(tmpdir(), 'picket-cert-'))
  const cert = join(folder, 'cert.pem')
  const key = join(folder, 'key.pem')
  const request = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '10']
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1']
  execFileSync('openssl', [...request, ...names, '-keyout', key, '-out', cert], { stdio: 'pipe' })
  return { cert, key, [Symbol.dispose]: () => rmSync(folder, { recursive: true }) }
}

/** The message as a mail program reads it, by Python's own parser: header values decoded, text and HTML parts. */
export function readMail(raw: string): {
  readonly headers: { readonly [name: string]: readonly string[] }
  readonly text: string
  readonly html: string
} {
  const script = `
import email, email.policy, json, sys
m = email.message_from_bytes(sys.stdin.buffer.read(), policy=email.policy.default)
headers = {}
for k, v in m.items(): headers.setdefault(k.lower(), []).append(str(v))
part = lambda kind: (m.get_body((kind,)).get_content() if m.get_body((kind,)) else '')
print(json.dumps({'headers': headers, 'text': part('plain'), 'html': part('html')}))`
  return JSON.parse(execFileSync(python, ['-c', script], { input: Buffer.from(raw, 'latin1'), encoding: 'utf8' }))
}
