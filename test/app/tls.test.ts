// Syslog over TLS with the real process: every mode, every refusal in words, and real peers (rsyslog, openssl).
import { deepEqual, equal, match, ok } from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { copyFileSync, existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { connect as connectTcp } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { type ConnectionOptions, connect } from 'node:tls'
import { type Made, makeCa, makeCertificate } from './certificates.ts'
import { peersMissing } from './peers.ts'
import { eventually, type Picket, startPicket } from './picket.ts'
import { startRsyslogd } from './rsyslogd.ts'

const options = { timeout: 120_000 }
const folder = mkdtempSync(join(tmpdir(), 'picket-tls-'))
const ca = makeCa(folder, 'ca')
const otherCa = makeCa(folder, 'other-ca')
const server = makeCertificate(folder, ca, 'server', 'DNS:picket.example.com,IP:127.0.0.1')
const web01 = makeCertificate(folder, ca, 'web01', 'DNS:web01.example.com')
const deep = makeCertificate(folder, ca, 'deep', 'DNS:a.b.example.com')
const stranger = makeCertificate(folder, otherCa, 'stranger', 'DNS:web01.example.com')
const many = makeCertificate(
  folder,
  ca,
  'many',
  Array.from({ length: 2000 }, (_, n) => `DNS:host${n}.example.net`).join(','),
)
const fingerprint = new X509Certificate(readFileSync(web01.cert)).fingerprint256

async function start(more: string, files: Made = server): Promise<Picket & { readonly tls: number }> {
  const tls = `{ host: 127.0.0.1, port: 0, cert: ${files.cert}, key: ${files.key}, ${more} }`
  const picket = await startPicket({ receive: `{ udp: false, tcp: { host: 127.0.0.1, port: 0 }, tls: ${tls} }` })
  const ready = picket.log.find(({ msg }) => msg === 'ready')
  return Object.assign(picket, { tls: Number(ready?.['tls']) })
}

/** Sends one line and closes; what becomes of it shows in the records or in the log. */
async function send(port: number, line: string, client?: Made, more: ConnectionOptions = {}): Promise<void> {
  const identity = client && { cert: readFileSync(client.cert), key: readFileSync(client.key) }
  const socket = connect({ port, host: '127.0.0.1', ca: readFileSync(ca.cert), ...identity, ...more })
  socket.on('error', () => undefined) // a refusal may end in a reset; once() would take it for a failure
  socket.end(`${line}\n`)
  await new Promise(resolve => socket.once('close', resolve))
}

function told(picket: Picket, words: RegExp): Promise<unknown> {
  return eventually(() => picket.log.find(({ msg }) => words.test(msg)), String(words))
}

test('anonymous: what comes is encrypted, counted and lines, and says that nobody was verified', options, async () => {
  await using picket = await start('mode: anonymous')
  await send(picket.tls, '<13>1 - h a - - - a line')
  await send(picket.tls, '26 <13>1 - h a - - - counted!', undefined)
  const client = await picket.login()
  const records = await eventually(async () => {
    const found = await client.records('transport:tls')
    return found.length >= 2 ? found : undefined
  }, 'both')
  deepEqual(
    records.map(({ fields }) => fields['tls.client.subject']),
    records.map(() => undefined),
  )
  ok(picket.log.some(({ msg }) => /not verified/.test(msg)))
})

test('ca: the name in the certificate is part of the record; others are refused in words', options, async () => {
  await using picket = await start(`clientCa: ${ca.cert}`)
  await send(picket.tls, '<13>1 - h a - - - from web01', web01)
  await send(picket.tls, '<13>1 - h a - - - refused', undefined)
  await send(picket.tls, '<13>1 - h a - - - refused', stranger)
  await told(picket, /showed no certificate/)
  await told(picket, /not signed by a CA of clientCa \(its names: web01\.example\.com\)/)

  const plain = connectTcp(picket.tls, '127.0.0.1', () => plain.end('<13>Nov 25 12:00:00 h a: plain\n'))
  plain.on('error', () => undefined)
  await told(picket, /this sender speaks plain syslog/)
  await send(picket.tls, '<13>old', web01, { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'ALL:@SECLEVEL=0' })
  await told(picket, /too old/)
  await send(picket.tls, '<13>cbc', web01, { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-SHA' })
  await told(picket, /none of the ciphers/)
  await send(picket.tls, '<13>no', web01, { ca: readFileSync(otherCa.cert) })

  const client = await picket.login()
  const record = await eventually(async () => (await client.records('cert:web01.example.com'))[0], 'by its name')
  equal(record.message, 'from web01')
  equal(record.transport, 'tls')
  equal(record.fields['tls.client.subject'], 'web01.example.com')
  equal((await client.records('refused')).length, 0)
  for (const reason of ['no_certificate', 'unknown_ca', 'not_tls', 'old_protocol', 'no_shared_cipher']) {
    const counted = `picket_tls_refused_total{transport="tls",reason="${reason}"} 1`
    await eventually(async () => (await client.get<string>('/metrics')).includes(counted), counted)
  }
})

test('name: a wildcard is one label; two thousand names do no harm', options, async () => {
  await using picket = await start(`mode: name, clientCa: ${ca.cert}, permittedNames: ["*.example.com"]`)
  await send(picket.tls, '<13>1 - h a - - - permitted', web01)
  await send(picket.tls, '<13>1 - h a - - - refused', deep)
  await told(picket, /among permittedNames \(its names: a\.b\.example\.com\)/)
  const client = await picket.login()
  await eventually(async () => (await client.records('permitted'))[0], 'permitted')
  equal((await client.records('refused')).length, 0)
  await using second = await start(`mode: name, clientCa: ${ca.cert}, permittedNames: [web01.example.com]`)
  await send(second.tls, '<13>1 - h a - - - refused', many)
  await told(second, /its names: host0\.example\.net.* …\)$/)
})

test('fingerprint: the certificate itself is permitted, whoever signed it', options, async () => {
  await using picket = await start(`mode: fingerprint, permittedFingerprints: ["SHA256:${fingerprint}"]`)
  await send(picket.tls, '<13>1 - h a - - - pinned', web01)
  await send(picket.tls, '<13>1 - h a - - - refused', stranger)
  await told(picket, /not among permittedFingerprints \(it is SHA256:/)
  const client = await picket.login()
  const record = await eventually(async () => (await client.records('pinned'))[0], 'pinned')
  equal(record.fields['tls.client.subject'], `SHA256:${fingerprint}`)
})

test('a client cannot renegotiate, and no session is taken up again', options, async () => {
  await using picket = await start('mode: anonymous')
  const run = (input: string, ...args: string[]) => {
    const { stdout, stderr } = spawnSync('openssl', ['s_client', '-connect', `127.0.0.1:${picket.tls}`, ...args], {
      input,
      encoding: 'utf8',
    })
    return stdout + stderr
  }
  match(run('R\n', '-tls1_2'), /no renegotiation|RENEGOTIATING[^]*(?:alert|error)/i)
  const session = join(folder, 'session')
  run('', '-tls1_2', '-sess_out', session)
  if (existsSync(session)) match(run('', '-tls1_2', '-sess_in', session), /^New, /m)
})

test('SIGHUP: new certificates for new connections; open ones go on; a bad file changes nothing', options, async () => {
  const live = { cert: join(folder, 'live.pem'), key: join(folder, 'live.key') }
  const use = (made: Made): void => {
    copyFileSync(made.cert, live.cert)
    copyFileSync(made.key, live.key)
  }
  use(server)
  await using picket = await start('mode: anonymous', live)
  const shown = async (): Promise<string> => {
    const socket = connect({ port: picket.tls, host: '127.0.0.1', rejectUnauthorized: false })
    await once(socket, 'secureConnect')
    const { subject } = socket.getPeerCertificate()
    socket.destroy()
    return String(subject.CN)
  }
  const open = connect({ port: picket.tls, host: '127.0.0.1', rejectUnauthorized: false })
  await once(open, 'secureConnect')
  equal(await shown(), 'server')

  use(makeCertificate(folder, ca, 'renewed', 'DNS:picket.example.com'))
  picket.process.kill('SIGHUP')
  await told(picket, /were read again/)
  await eventually(async () => (await shown()) === 'renewed', 'the new certificate')

  writeFileSync(live.key, readFileSync(web01.key))
  picket.process.kill('SIGHUP')
  const line = (await told(picket, /not read again/)) as { readonly reason: string }
  match(line.reason, /picket\.yaml:2:\d+ receive\.tls\.key: .*live\.key does not belong to the certificate/)
  equal(await shown(), 'renewed')

  open.end('<13>1 - h a - - - the open one goes on\n')
  const client = await picket.login()
  await eventually(async () => (await client.records('"open one goes on"'))[0], 'the open connection')
})

const skip = peersMissing('rsyslogd', 'logger', 'rsyslogGnutls')

test('a real rsyslogd, verified by its name, and it verifies Picket', { ...options, skip }, async () => {
  await using picket = await start(`mode: name, clientCa: ${ca.cert}, permittedNames: [web01.example.com]`)
  await using rsyslogd = await startRsyslogd(
    `global(defaultNetstreamDriverCAFile="${ca.cert}" defaultNetstreamDriverCertFile="${web01.cert}"
  defaultNetstreamDriverKeyFile="${web01.key}")
action(type="omfwd" target="127.0.0.1" port="${picket.tls}" protocol="tcp" StreamDriver="gtls" StreamDriverMode="1"
  StreamDriverAuthMode="x509/name" StreamDriverPermittedPeers="picket.example.com" TCP_Framing="octet-counted")`,
    { hostname: 'web01', timeZone: 'UTC' },
  )
  await rsyslogd.log('-t', 'tlstest', 'hello over TLS')
  const client = await picket.login()
  const record = await eventually(async () => (await client.records('app:tlstest'))[0], 'the record')
  deepEqual(
    [record.message, record.transport, record.fields['tls.client.subject']],
    ['hello over TLS', 'tls', 'web01.example.com'],
  )
})
