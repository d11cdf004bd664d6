// Every option of picket.yaml: its key, form, default and one line of help. The docs, the shipped file and the
// errors come from this table.
import { isIP } from 'node:net'
import { z } from 'zod'
import { byteAmount, dayAmount } from './amounts.ts'

const port = z.int().min(0).max(65535)
const seconds = z.int().min(1).max(86_400)
const text = z.string().min(1)

/** A listener section, or `false` to switch it off. */
const off = z.literal(false)

/** RFC 5321 §4.1.2 without quoted local parts: nothing in it may mean something to a mail header or envelope. */
const mailAddress = text.regex(/^[\w.!#$%&'*+/=?^`{|}~-]+@[\p{L}\p{N}](?:[\p{L}\p{N}.-]*[\p{L}\p{N}])?$/u, {
  error: 'must be a plain mail address like picket@example.com',
})

const udp = z.strictObject({
  host: text.default('::').describe('address to listen on; `::` takes IPv4 too'),
  port: port.default(5514).describe('port to listen on; the usual one is 514'),
  receiveBufferBytes: z
    .int()
    .min(65_536)
    .max(1 << 30)
    .default(8 << 20)
    .describe('kernel buffer to ask for; Picket says so when it gets less'),
})

const tcp = z.strictObject({
  host: text.default('::').describe('address to listen on; `::` takes IPv4 too'),
  port: port.default(5514).describe('port to listen on; the usual one is 514'),
  maxFrameBytes: z
    .int()
    .min(1024)
    .max(16 << 20)
    .default(262_144)
    .describe('longer messages are cut there and marked'),
  maxConnections: z.int().min(1).max(100_000).default(4096).describe('open connections; more are refused'),
  maxConnectionsPerSource: z
    .int()
    .min(1)
    .max(100_000)
    .default(64)
    .describe('open connections from one address; more are refused'),
  idleTimeoutSeconds: seconds.default(3600).describe('a connection that sends nothing for so long is closed'),
  firstFrameTimeoutSeconds: seconds.default(30).describe('a connection that never sends a message is closed'),
})

/** How strictly the certificates of senders are looked at (RFC 5425 §5; the words are those of rsyslog). */
const tlsModes = ['anonymous', 'ca', 'name', 'fingerprint'] as const

/** What TLS needs besides the options of a stream listener; the same for plain syslog and for RELP. */
const certificates = {
  cert: text.describe('PEM file with the certificate of this server, and those between it and its CA'),
  key: text.describe('PEM file with the private key of the certificate'),
  keyPasswordFile: text.optional().describe('file that holds the password of the private key'),
  mode: z
    .enum(tlsModes)
    .default('ca')
    .describe(
      'who may send: ca (certificates of clientCa), name (of these, the permittedNames), fingerprint ' +
        '(permittedFingerprints), anonymous (everyone: encrypted, and not verified)',
    ),
  clientCa: text.optional().describe("PEM file with the CA of the senders' certificates"),
  permittedNames: z
    .array(
      text.regex(
        /^(?:\*\.)?[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*$/,
        'must be a name like web01.example.com or *.example.com',
      ),
    )
    .default([])
    .describe('DNS names in certificates that may send in mode name; `*.` stands for one label'),
  matchCommonName: z
    .boolean()
    .default(false)
    .describe('in mode name, take the common name of a certificate that has no DNS name'),
  permittedFingerprints: z
    .array(text.refine(isFingerprint, { error: 'must be a fingerprint like SHA256:E3:B0:C4:… with 32 octets in hex' }))
    .default([])
    .describe('certificates that may send in mode fingerprint; the CA and the dates are not looked at'),
  permitSha1: z.boolean().default(false).describe('permittedFingerprints may be SHA1:…; SHA-1 can be forged'),
  minVersion: z.enum(['TLSv1.2', 'TLSv1.3']).default('TLSv1.2').describe('oldest version of TLS that is spoken'),
}

const tls = z
  .strictObject({
    ...tcp.shape,
    port: port.default(6514).describe('port to listen on'),
    ...certificates,
  })
  .superRefine(fitMode)

const relp = z.strictObject({
  host: text.default('::').describe('address to listen on; `::` takes IPv4 too'),
  port: port.default(5520).describe('port to listen on; the usual one is 2514'),
  maxFrameBytes: z
    .int()
    .min(1024)
    .max(16 << 20)
    .default(131_072)
    .describe('longer messages are cut there, marked and acknowledged'),
  maxConnections: z.int().min(1).max(100_000).default(4096).describe('open sessions; more are refused'),
  maxConnectionsPerSource: z
    .int()
    .min(1)
    .max(100_000)
    .default(64)
    .describe('open sessions from one address; more are refused'),
  idleTimeoutSeconds: seconds
    .default(86_400)
    .describe('a session that sends nothing for so long is closed; rsyslog notices at its next message'),
  firstFrameTimeoutSeconds: seconds.default(30).describe('a connection that never opens a session is closed'),
})

const receive = z.strictObject({
  threads: z
    .int()
    .min(0)
    .max(16)
    .default(0)
    .describe('threads that share the ports; 0: one up to 5 cores, then (cores - 2) / 2, at most 4'),
  udp: z.union([off, udp]).prefault({}).describe('syslog over UDP'),
  tcp: z.union([off, tcp]).prefault({}).describe('syslog over TCP, octet counting or lines'),
  tls: z.union([off, tls]).optional().describe('syslog over TLS (RFC 5425), octet counting or lines'),
  relp: z.union([off, relp]).prefault({}).describe('syslog over RELP: a message is acknowledged when it is stored'),
  allow: z
    .array(text.refine(isNetwork, { error: 'must be an address or a network like 10.0.0.0/8' }))
    .default([])
    .describe('addresses and networks that may send; empty: everyone'),
  timeZone: text
    .refine(isTimeZone, { error: 'must be an IANA time zone like Europe/Berlin' })
    .default('UTC')
    .describe('IANA zone of senders that send none, like Europe/Berlin'),
  charset: text
    .refine(isCharset, { error: 'must be a charset like windows-1252 or gb18030' })
    .default('windows-1252')
    .describe('charset of text that is not UTF-8'),
})

const web = z.strictObject({
  host: text.default('127.0.0.1').describe('address of the web UI and the API'),
  port: port.default(8514).describe('port of the web UI and the API'),
  publicUrl: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('how people reach the web UI; used for links in mails'),
})

const store = z
  .strictObject({
    retention: z
      .array(
        z.strictObject({
          query: z.literal('*'),
          keep: z.string().regex(dayAmount, 'must be a number of days like 90d'),
        }),
      )
      .length(1)
      .default([{ query: '*', keep: '90d' }])
      .describe('how long records are kept'),
    maxBytes: z.coerce
      .string()
      .regex(byteAmount, 'must be a size like 500GiB')
      .optional()
      .describe('the oldest days go when all records take more than this, like 500GiB; the day being written stays'),
    warnFreePercent: z.int().min(1).max(99).default(10).describe('a warning when less of the disk is free'),
    stopFreePercent: z
      .int()
      .min(1)
      .max(50)
      .default(5)
      .describe('nothing is received while less of the disk is free, and less than stopFreeBytes'),
    stopFreeBytes: z.coerce
      .string()
      .regex(byteAmount, 'must be a size like 10GiB')
      .default('10GiB')
      .describe('with so much free it is never stopped, however large the disk'),
    whenFull: z
      .enum(['stop', 'prune_oldest'])
      .default('stop')
      .describe('prune_oldest: the oldest days go before it comes to the stop, whatever retention says'),
    neverPruneDays: z
      .int()
      .min(1)
      .max(10_000)
      .default(7)
      .describe('so many of the newest stored days never go that way'),
    searchTimeoutSeconds: seconds.default(30).describe('a search that takes longer is stopped'),
    searchMemoryMiB: z.int().min(64).max(65_536).default(512).describe('a search that needs more memory is stopped'),
    parallelSearches: z.int().min(1).max(64).default(2).describe('searches that run at the same time; more wait'),
  })
  .refine(({ warnFreePercent, stopFreePercent }) => stopFreePercent < warnFreePercent, {
    path: ['stopFreePercent'],
    error: 'must be less than warnFreePercent',
  })

const rules = z.strictObject({
  dirs: z.array(text).default([]).describe('folders with Sigma rules; none: the rules that Picket ships'),
})

const mail = z.strictObject({
  server: text
    .refine(isMailServer, {
      error: 'must be smtp://user@host:587 or smtps://user@host:465, the password in passwordFile',
    })
    .describe('smtp://user@host:587 (STARTTLS when offered) or smtps://user@host:465'),
  passwordFile: text.optional().describe('file that holds the password'),
  requireTls: z.boolean().default(true).describe('refuse to send without TLS'),
  tlsCa: text.optional().describe('PEM file with the CA of the mail server, if it is not a public one'),
  from: mailAddress.describe('the sender of the alert mails'),
  to: z.array(mailAddress).min(1).describe('who gets the alerts'),
  minLevel: z
    .enum(['informational', 'low', 'medium', 'high', 'critical'])
    .default('medium')
    .describe('alerts below are shown, not mailed'),
})

const source = z.strictObject({
  match: text.describe('host name, `*` and `?` allowed, or an address or a network like 10.0.0.0/8'),
  timeZone: text
    .refine(isTimeZone, { error: 'must be an IANA time zone like Europe/Berlin' })
    .optional()
    .describe('IANA zone of its times, when they name none'),
  charset: text
    .refine(isCharset, { error: 'must be a charset like windows-1252 or gb18030' })
    .optional()
    .describe('charset of its text that is not UTF-8'),
  expect: z
    .array(z.enum(['auth', 'sudo', 'cron', 'kernel', 'history', 'audit', 'web', 'other']))
    .optional()
    .describe('what it must send'),
  silentAfter: z
    .string()
    .regex(/^[1-9]\d{0,5}[smhd]$/, 'must be a time like 15m')
    .optional()
    .describe('how long it may be silent; without it Picket learns its rhythm'),
  mute: z.boolean().optional().describe('no alert about its silence'),
})

const log = z.strictObject({
  level: z.enum(['debug', 'info', 'warn', 'error']).default('info').describe("lowest level of Picket's own log"),
})

export const configSchema = z.strictObject({
  dataDir: text.default('./data').describe('folder of everything that Picket stores'),
  receive: receive.prefault({}).describe('where messages come in'),
  sources: z
    .array(source)
    .default([])
    .describe('what holds for single senders; the first entry that fits and has a setting decides it'),
  web: z.union([off, web]).prefault({}).describe('the web UI and the HTTP API'),
  store: store.prefault({}).describe('how records are kept and searched'),
  rules: rules.prefault({}).describe('what raises alerts'),
  mail: mail.optional().describe('alerts by mail; without this section they are shown in the web UI only'),
  log: log.prefault({}).describe("Picket's own log, on standard output"),
})

export type Config = z.output<typeof configSchema>
export type UdpConfig = z.output<typeof udp>
export type TcpConfig = z.output<typeof tcp>
export type TlsConfig = z.output<typeof tls>
/** The options about certificates, wherever TLS is spoken. */
export type CertificateConfig = Pick<TlsConfig, keyof typeof certificates>
export const certificateOptions: readonly string[] = Object.keys(certificates)
export type RelpConfig = z.output<typeof relp>
export type MailConfig = z.output<typeof mail>
export type SourceConfig = z.output<typeof source>
export type StoreConfig = z.output<typeof store>

/** The sections that speak TLS, with their places. */
export function tlsSections({
  receive,
}: Config): readonly (readonly [path: readonly string[], section: CertificateConfig])[] {
  return receive.tls ? [[['receive', 'tls'], receive.tls]] : []
}

/** Each mode has what it looks at, and nothing else is set: an option that does nothing would look like protection. */
function fitMode(config: CertificateConfig, context: z.RefinementCtx): void {
  const { mode, clientCa, permittedNames, permittedFingerprints, permitSha1, matchCommonName } = config
  const finding = (key: keyof CertificateConfig, message: string): void =>
    context.addIssue({ code: 'custom', path: [key], message })
  const usesCa = mode === 'ca' || mode === 'name'
  if (usesCa && clientCa === undefined)
    finding('clientCa', `is missing: mode ${mode} looks at the CA of the senders (mode anonymous looks at nothing)`)
  if (!usesCa && clientCa !== undefined) finding('clientCa', `is not looked at in mode ${mode}`)
  if (mode === 'name' && permittedNames.length === 0) finding('permittedNames', 'must not be empty in mode name')
  if (mode !== 'name' && permittedNames.length > 0) finding('permittedNames', 'is looked at in mode name only')
  if (mode !== 'name' && matchCommonName) finding('matchCommonName', 'is looked at in mode name only')
  if (mode === 'fingerprint' && permittedFingerprints.length === 0)
    finding('permittedFingerprints', 'must not be empty in mode fingerprint')
  if (mode !== 'fingerprint' && permittedFingerprints.length > 0)
    finding('permittedFingerprints', 'is looked at in mode fingerprint only')
  if (!permitSha1 && permittedFingerprints.some(print => /^sha1:/i.test(print)))
    finding('permittedFingerprints', 'has a SHA-1 fingerprint: use SHA-256, or set permitSha1')
}

function isFingerprint(print: string): boolean {
  const [, kind = 'SHA256', hex = ''] = /^(?:(SHA1|SHA256):)?([0-9a-f:]+)$/i.exec(print) ?? []
  return (
    /^(?:[0-9a-f]{2}:?)+$/i.test(hex) && hex.replaceAll(':', '').length === (kind.toUpperCase() === 'SHA1' ? 40 : 64)
  )
}

function isNetwork(entry: string): boolean {
  const [address = '', prefix, ...rest] = entry.split('/')
  const version = isIP(address)
  if (version === 0 || rest.length > 0) return false
  return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= (version === 6 ? 128 : 32))
}

function isTimeZone(zone: string): boolean {
  try {
    Intl.DateTimeFormat('en', { timeZone: zone })
    return true
  } catch {
    return false
  }
}

function isCharset(label: string): boolean {
  try {
    return new TextDecoder(label).encoding !== ''
  } catch {
    return false
  }
}

/** A password in the URL would end up in logs and process lists. */
function isMailServer(server: string): boolean {
  const url = URL.parse(server)
  return url !== null && /^smtps?:$/.test(url.protocol) && url.hostname !== '' && url.password === ''
}
