// Every option of picket.yaml: its key, form, default and one line of help. The docs, the shipped file and the
// errors come from this table.
import { z } from 'zod'

const port = z.int().min(0).max(65535)
const seconds = z.int().min(1).max(86_400)
const text = z.string().min(1)

/** A listener section, or `false` to switch it off. */
const off = z.literal(false)

const udp = z.strictObject({
  host: text.default('::').describe('address to listen on; `::` takes IPv4 too'),
  port: port.default(5514),
  receiveBufferBytes: z
    .int()
    .min(65_536)
    .max(1 << 30)
    .default(8 << 20)
    .describe('kernel buffer to ask for; Picket says so when it gets less'),
})

const tcp = z.strictObject({
  host: text.default('::').describe('address to listen on; `::` takes IPv4 too'),
  port: port.default(5514),
  maxFrameBytes: z
    .int()
    .min(1024)
    .max(16 << 20)
    .default(262_144)
    .describe('longer messages are cut there and marked'),
  maxConnections: z.int().min(1).max(100_000).default(4096),
  maxConnectionsPerSource: z.int().min(1).max(100_000).default(64),
  idleTimeoutSeconds: seconds.default(3600).describe('a connection that sends nothing for so long is closed'),
  firstFrameTimeoutSeconds: seconds.default(30).describe('a connection that never sends a message is closed'),
})

const receive = z.strictObject({
  udp: z.union([off, udp]).prefault({}),
  tcp: z.union([off, tcp]).prefault({}),
  allow: z.array(text).default([]).describe('addresses and networks that may send; empty: everyone'),
  timeZone: text.default('UTC').describe('IANA zone of senders that send none, like Europe/Berlin'),
  charset: text.default('windows-1252').describe('charset of text that is not UTF-8'),
})

const web = z.strictObject({
  host: text.default('127.0.0.1'),
  port: port.default(8514),
  publicUrl: z.url().optional().describe('how people reach the web UI; used for links in mails'),
})

const store = z.strictObject({
  retention: z
    .array(
      z.strictObject({
        query: z.literal('*'),
        keep: z.string().regex(/^[1-9]\d{0,4}d$/, 'must be a number of days like 90d'),
      }),
    )
    .length(1)
    .default([{ query: '*', keep: '90d' }])
    .describe('how long records are kept'),
  searchTimeoutSeconds: seconds.default(30),
  searchMemoryMiB: z.int().min(64).max(65_536).default(512),
  parallelSearches: z.int().min(1).max(64).default(2),
})

const rules = z.strictObject({
  dirs: z.array(text).default([]).describe('folders with Sigma rules; none: the rules that Picket ships'),
})

const mail = z.strictObject({
  server: text.describe('smtp://user@host:587 (STARTTLS when offered) or smtps://user@host:465'),
  passwordFile: text.optional().describe('file that holds the password'),
  requireTls: z.boolean().default(true).describe('refuse to send without TLS'),
  tlsCa: text.optional().describe('PEM file with the CA of the mail server, if it is not a public one'),
  from: text,
  to: z.array(text).min(1).describe('who gets the alerts'),
  minLevel: z
    .enum(['informational', 'low', 'medium', 'high', 'critical'])
    .default('medium')
    .describe('alerts below are shown, not mailed'),
})

export const configSchema = z.strictObject({
  dataDir: text.default('./data').describe('folder of everything that Picket stores'),
  receive: receive.prefault({}),
  web: z.union([off, web]).prefault({}),
  store: store.prefault({}),
  rules: rules.prefault({}),
  mail: mail.optional(),
  log: z.strictObject({ level: z.enum(['debug', 'info', 'warn', 'error']).default('info') }).prefault({}),
})

export type Config = z.output<typeof configSchema>
export type UdpConfig = z.output<typeof udp>
export type TcpConfig = z.output<typeof tcp>
export type WebConfig = z.output<typeof web>
export type MailConfig = z.output<typeof mail>
export type StoreConfig = z.output<typeof store>
