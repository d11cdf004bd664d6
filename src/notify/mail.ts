// The way to the mail server: one SMTP transaction per mail and recipient, over TLS, within bounded time (nodemailer).
import { readFileSync } from 'node:fs'
import { createTransport, type NodemailerError } from 'nodemailer'
import { PicketError } from '../base/errors.ts'
import type { MailConfig } from '../config/schema.ts'
import type { OutboxEntry } from '../store/store.ts'
import { isMailAddress, mailAddress } from './address.ts'
import { visible } from './visible.ts'

export type SendResult =
  | { readonly outcome: 'sent'; readonly response: string }
  /** Try again later. `mail`: something about this one. `server`: no connection, TLS or login, so the other mails wait
   *  too. `session`: it broke off on the way, which may be the server's fault or this mail's. */
  | { readonly outcome: 'retry'; readonly scope: 'mail' | 'session' | 'server'; readonly error: string }
  /** The server refused this mail or recipient for good. */
  | { readonly outcome: 'failed'; readonly error: string }

export type Mailer = {
  /** Sends one entry. Never throws: every end is a result. */
  send(
    entry: Pick<OutboxEntry, 'messageId' | 'to' | 'subject' | 'text' | 'html' | 'createdAt'>,
    signal?: AbortSignal,
  ): Promise<SendResult>
  /** Connects and logs in without sending. Errors: MAIL_FAILED. */
  verify(): Promise<void>
  close(): void
}

export type MailServer = {
  readonly host: string
  readonly port: number
  /** TLS from the first byte (smtps); otherwise STARTTLS. */
  readonly isImplicitTls: boolean
  readonly user: string | undefined
}

// reliability: a server that answers one byte a minute must not hold the queue; 60 s bound the whole transaction.
const timeouts = { connectMs: 10_000, greetingMs: 10_000, idleMs: 30_000, sendMs: 60_000 }

/**
 * Prepares sending; connects only when something is sent.
 *
 * @param config the mail section
 * @param password what `readPassword` returned
 * @throws PicketError CONFIG_INVALID (server, addresses, missing password), CONFIG_UNREADABLE (tlsCa)
 */
export function openMailer(
  config: MailConfig,
  password: string | undefined,
  limits: Partial<typeof timeouts> = {},
): Mailer {
  const server = parseServer(config.server)
  const from = { ...mailAddress(config.from, 'mail.from'), name: 'Picket' }
  const { connectMs, greetingMs, idleMs, sendMs } = { ...timeouts, ...limits }
  if (server.user !== undefined && password === undefined) {
    throw new PicketError('CONFIG_INVALID', 'mail.server names a user: set mail.passwordFile')
  }
  const transport = createTransport({
    host: server.host,
    port: server.port,
    secure: server.isImplicitTls,
    requireTLS: config.requireTls && !server.isImplicitTls,
    tls: { minVersion: 'TLSv1.2', ...(config.tlsCa === undefined ? {} : { ca: readText(config.tlsCa, 'mail.tlsCa') }) },
    // A server that does not offer AUTH would otherwise get the mail without a login, and refuse it less clearly.
    ...(server.user === undefined ? {} : { auth: { user: server.user, pass: password ?? '' }, forceAuth: true }),
    connectionTimeout: connectMs,
    greetingTimeout: greetingMs,
    dnsTimeout: connectMs,
    socketTimeout: idleMs,
    socketCloseTimeout: 1000,
    maxResponseSize: 65_536,
    disableFileAccess: true,
    disableUrlAccess: true,
    logger: false,
  })

  return {
    send: async (entry, signal) => {
      if (!isMailAddress(entry.to))
        return { outcome: 'failed', error: `not one plain mail address: ${visible(entry.to, 100)}` }
      const deadline = AbortSignal.timeout(sendMs)
      try {
        const { response } = await transport.sendMail({
          from,
          to: { name: '', address: entry.to },
          subject: encodeSubject(entry.subject),
          text: entry.text,
          html: entry.html,
          messageId: entry.messageId,
          date: new Date(entry.createdAt),
          // RFC 3834: keeps holiday answers away.
          headers: { 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' },
          disableFileAccess: true,
          disableUrlAccess: true,
          signal: signal === undefined ? deadline : AbortSignal.any([signal, deadline]),
        })
        return { outcome: 'sent', response: visible(response, 300) }
      } catch (error) {
        if (deadline.aborted) return { outcome: 'retry', scope: 'session', error: `not done within ${sendMs / 1000} s` }
        return classify(error as NodemailerError)
      }
    },
    verify: async () => {
      try {
        await transport.verify()
      } catch (cause) {
        const { message } = cause as Error
        throw new PicketError('MAIL_FAILED', `${server.host}:${server.port}: ${visible(message, 300)}`, { cause })
      }
    },
    close: () => transport.close(),
  }
}

/**
 * Reads mail.server.
 *
 * @param url `smtp://user@host:587` (STARTTLS) or `smtps://user@host:465`
 * @throws PicketError CONFIG_INVALID
 */
export function parseServer(url: string): MailServer {
  const wrong = (why: string, cause?: unknown) =>
    new PicketError('CONFIG_INVALID', `mail.server: ${why}; write smtp://user@host:587 or smtps://user@host:465`, {
      cause,
    })
  let parsed: URL
  try {
    parsed = new URL(url)
  } catch (error) {
    // The cause would print the text, and it may hold a password.
    throw wrong('it is not a URL', (error as { code?: string }).code)
  }
  if (parsed.protocol !== 'smtp:' && parsed.protocol !== 'smtps:') throw wrong('it must begin with smtp:// or smtps://')
  if (parsed.password !== '') throw wrong('it holds a password, which belongs into a file named by mail.passwordFile')
  if (!/^([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])$/.test(parsed.hostname))
    throw wrong('the host name is missing or misspelt')
  if (/[?#]/.test(url) || !['', '/'].includes(parsed.pathname)) throw wrong('nothing may follow the port')
  const isImplicitTls = parsed.protocol === 'smtps:'
  return {
    host: parsed.hostname.replace(/^\[|\]$/g, ''),
    port: parsed.port === '' ? (isImplicitTls ? 465 : 587) : Number(parsed.port),
    isImplicitTls,
    user: parsed.username === '' ? undefined : decodeURIComponent(parsed.username),
  }
}

/**
 * The mail password, without the line end that editors add.
 *
 * @returns undefined when no file is configured
 * @throws PicketError CONFIG_UNREADABLE
 */
export function readPassword(config: Pick<MailConfig, 'passwordFile'>): string | undefined {
  return config.passwordFile === undefined
    ? undefined
    : readText(config.passwordFile, 'mail.passwordFile').replace(/[\r\n]+$/, '')
}

function readText(path: string, key: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw new PicketError('CONFIG_UNREADABLE', `${key}: cannot read ${path}: ${(cause as Error).message}`, { cause })
  }
}

/**
 * nodemailer passes on text that looks like an encoded word (RFC 2047), and mail programs decode it: a host that calls
 * itself `=?utf-8?B?UFdO?=` would be shown as PWN. Such a subject is encoded once more, so that it is shown as it is.
 */
function encodeSubject(subject: string): string {
  if (!subject.includes('=?')) return subject
  // An encoded word has at most 75 characters, and holds whole characters: 11 of up to 4 bytes.
  const pieces = Array.from(subject.matchAll(/.{1,11}/gsu), ([piece]) => Buffer.from(piece).toString('base64'))
  return pieces.map(piece => `=?UTF-8?B?${piece}?=`).join(' ')
}

/**
 * RFC 5321 §4.2.1: 4yz may work later, 5yz will not. Only an answer about this mail (RCPT TO, or its content) is the
 * mail's own failure; a refused login, sender or connection is the installation's, so the mail waits until it is mended.
 */
function classify(error: NodemailerError): SendResult {
  const text = visible(error.message, 300)
  const isAboutMail = error.command === 'RCPT TO' || error.command === 'DATA' || error.code === 'EMESSAGE'
  if (isAboutMail && error.permanent === true && error.responseCode !== 530) return { outcome: 'failed', error: text }
  if (error.code === 'ECONNECTION' || error.timeoutType === 'SOCKET_TIMEOUT') {
    return { outcome: 'retry', scope: 'session', error: text }
  }
  const isServer = !isAboutMail && (error.command !== undefined || serverErrors.has(error.code ?? ''))
  return { outcome: 'retry', scope: isServer && error.command !== 'API' ? 'server' : 'mail', error: text }
}

const serverErrors: ReadonlySet<string> = new Set([
  'EDNS',
  'ESOCKET',
  'ETIMEDOUT',
  'ETLS',
  'EPROTOCOL',
  'EAUTH',
  'ENOAUTH',
])
