// The end of certificates: told of once at 30, 7 and 1 days and at the end, by a clock that the test turns; and by the real
// process in its log, status, metrics and records.
import { deepEqual, equal, match, ok } from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, type TestContext, test } from 'node:test'
import { startCertificateWatch } from '../../src/app/certificate-watch.ts'
import { createMetrics } from '../../src/base/metrics.ts'
import { configSchema } from '../../src/config/schema.ts'
import type { TlsSettings } from '../../src/receive/tls-handshakes.ts'
import { recordLog } from '../receive/recorder.ts'
import { type Made, makeCa, makeCertificate } from './certificates.ts'
import { eventually, startPicket } from './picket.ts'

const dayMs = 86_400_000
const folder = mkdtempSync(join(tmpdir(), 'picket-certificate-watch-'))
after(() => rmSync(folder, { recursive: true }))
const ca = makeCa(folder, 'ca')
const short = makeCertificate(folder, ca, 'short', 'DNS:picket.example.com', 5)
const long = makeCertificate(folder, ca, 'long', 'DNS:picket.example.com', 400)
const endOf = ({ cert }: Made) => new X509Certificate(readFileSync(cert)).validToDate.getTime()

function settings({ cert, key }: Made, clientCa?: string): TlsSettings {
  const by = clientCa === undefined ? { mode: 'anonymous' } : { clientCa }
  const { receive } = configSchema.parse({ receive: { tls: { cert, key, ...by } } })
  if (!receive.tls) throw new Error('BUG: there is a section')
  const read = (file: string) => readFileSync(file, 'utf8')
  return {
    config: receive.tls,
    files: { cert: read(cert), key: read(key), ...(clientCa === undefined ? {} : { clientCa: read(clientCa) }) },
  }
}

function start(context: TestContext, at: number) {
  context.mock.timers.enable({ apis: ['setInterval'] })
  context.after(() => context.mock.timers.reset())
  const time = { at }
  const log = recordLog()
  let seen = 0
  const records: string[] = []
  const metrics = createMetrics()
  const own = {
    write: ({ text, severity }: { text: string; severity: number }) => void records.push(`${severity} ${text}`),
  }
  const watch = startCertificateWatch({ metrics, own, clock: { now: () => time.at }, log })
  context.after(() => watch[Symbol.dispose]())
  /** What is told of while the clock goes to this time before the end, in steps of an hour. */
  const goTo = (until: number): readonly string[] => {
    for (; time.at < until; time.at += 3_600_000) context.mock.timers.tick(3_600_000)
    const told = log.lines.slice(seen)
    seen = log.lines.length
    return told.map(line => /ends in .*?(?=,)|ended on/.exec(line)?.[0] ?? line)
  }
  return { watch, goTo, time, records, metrics }
}

test('told of at 30, 7 and 1 days and at the end, once each, also when it is read again', context => {
  const end = endOf(long)
  const { watch, goTo, time, records } = start(context, end - 40 * dayMs)
  watch.use(settings(long))
  deepEqual(goTo(end - 31 * dayMs), [])
  deepEqual(watch.warnings(), [])
  deepEqual(goTo(end - 20 * dayMs), ['ends in 30 days'])
  watch.use(settings(long))
  deepEqual(goTo(end - 8 * dayMs), [])
  equal(watch.warnings().length, 1)
  deepEqual(goTo(end - 2 * dayMs), ['ends in 7 days'])
  deepEqual(goTo(end - 3_600_000), ['ends in 1 day'])
  match(watch.warnings()[0] ?? '', /^The certificate of CN=long in .*long\.pem ends in less than a day, on \d{4}-/)
  deepEqual(goTo(end + 30 * dayMs), ['ended on'])
  match(watch.warnings()[0] ?? '', /ended on .*: senders refuse to connect\./)
  time.at -= 100 * dayMs
  deepEqual(goTo(end + dayMs), [], 'a clock that goes back tells nothing twice')
  deepEqual(records, [
    '4 a TLS certificate ends soon',
    '4 a TLS certificate ends soon',
    '3 a TLS certificate ends soon',
    '3 a TLS certificate has ended',
  ])
})

test('each file has its own metric and its own warnings; those of a file that is gone are gone', async context => {
  const { watch, goTo, metrics } = start(context, endOf(ca) - 2 * dayMs)
  watch.use(settings(long, ca.cert))
  const told = goTo(endOf(ca) - 2 * dayMs + 1)
  deepEqual(told, ['ends in 2 days'])
  match(watch.warnings()[0] ?? '', /CN=ca in .*: from then on senders with a certificate of this CA are refused\./)
  const lineOf = ({ cert }: Made) =>
    `picket_certificate_expiry_seconds{file="${cert}"} ${endOf({ cert, key: '' }) / 1000}\n`
  for (const made of [long, ca]) ok((await metrics.print()).includes(lineOf(made)), made.cert)
  watch.use(settings(long))
  ok(!(await metrics.print()).includes(ca.cert))
  deepEqual(watch.warnings(), [])
  watch.use(undefined)
  ok(!(await metrics.print()).includes('picket_certificate_expiry_seconds{'))
})

test('the real process tells of it everywhere, and not any more once there is a new one', {
  timeout: 120_000,
}, async () => {
  const live = { cert: join(folder, 'live.pem'), key: join(folder, 'live.key') }
  const use = ({ cert, key }: Made): void => {
    copyFileSync(cert, live.cert)
    copyFileSync(key, live.key)
  }
  use(short)
  const tls = { host: '127.0.0.1', port: 0, mode: 'anonymous', ...live }
  await using picket = await startPicket({ receive: JSON.stringify({ udp: false, tcp: false, tls }) })
  const client = await picket.login()
  const warnings = async () => (await client.get<{ warnings: readonly string[] }>('/api/v1/status')).warnings.join('\n')
  const words = /The certificate of CN=short in .*live\.pem ends in [45] days/
  match(await warnings(), words)
  ok(picket.log.some(({ msg }) => words.test(msg)))
  await eventually(async () => (await client.records('msgid:CERTIFICATE transport:internal'))[0], 'the record')

  use(long)
  picket.process.kill('SIGHUP')
  await eventually(async () => !words.test(await warnings()) || undefined, 'no warning')
  const line = `picket_certificate_expiry_seconds{file="${live.cert}"} ${endOf(long) / 1000}\n`
  ok((await client.get<string>('/metrics')).includes(line))
})
