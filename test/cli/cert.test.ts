// picket cert: files, their modes and contents; hostile names; what exists stays; the openssl program that is missing.
// test/app/tls-cert.test.ts uses what it makes.
import { deepEqual, equal, match, ok } from 'node:assert/strict'
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { run as runCommand } from './run.ts'

const root = mkdtempSync(join(tmpdir(), 'picket-cert-'))
after(() => rmSync(root, { recursive: true }))
const dir = join(root, 'tls')
const file = (name: string) => join(dir, name)
const certificate = (name: string) => new X509Certificate(readFileSync(file(name)))
const run = (...args: string[]) => runCommand(['cert', ...args], { now: Date.now() })
const days = ({ validFromDate, validToDate }: X509Certificate) =>
  (validToDate.getTime() - validFromDate.getTime()) / 86_400_000

const serverAuth = '1.3.6.1.5.5.7.3.1'
const clientAuth = '1.3.6.1.5.5.7.3.2'

test('init: a CA and a certificate with all names; private keys are private; the lines for picket.yaml', async () => {
  const names = ['--name', 'Picket.example.com', '--name', 'logs.example.com']
  const made = await run('init', '--dir', dir, ...names, '--ip', '192.0.2.10', '--ip', '2001:db8::1')
  equal(made.code, 0, made.err)
  deepEqual(readdirSync(dir).toSorted(), ['ca.key', 'ca.pem', 'server.key', 'server.pem'])
  for (const key of ['ca.key', 'server.key']) equal(statSync(file(key)).mode & 0o777, 0o600, key)
  const [ca, server] = [certificate('ca.pem'), certificate('server.pem')]
  deepEqual([ca.ca, server.ca], [true, false])
  deepEqual([days(ca), days(server)], [3650, 825])
  ok(server.checkIssued(ca) && server.verify(ca.publicKey))
  ok(server.checkPrivateKey(createPrivateKey(readFileSync(file('server.key')))))
  for (const { publicKey } of [ca, server]) equal(publicKey.asymmetricKeyDetails?.namedCurve, 'prime256v1')
  deepEqual(server.keyUsage, [serverAuth])
  for (const name of ['picket.example.com', 'logs.example.com']) ok(server.checkHost(name), name)
  for (const address of ['192.0.2.10', '2001:db8::1']) ok(server.checkIP(address), address)
  for (const [key, name] of [
    ['cert', 'server.pem'],
    ['key', 'server.key'],
    ['clientCa', 'ca.pem'],
  ] as const)
    ok(made.out.includes(`    ${key}: "${file(name)}"\n`), made.out)
})

test('client: its own folder, for clients only, and rsyslog told of the name of the server', async () => {
  const made = await run('client', 'web01.example.com', '--dir', dir)
  equal(made.code, 0, made.err)
  equal(statSync(file('clients/web01.example.com.key')).mode & 0o777, 0o600)
  const web01 = certificate('clients/web01.example.com.pem')
  deepEqual(web01.keyUsage, [clientAuth])
  ok(web01.verify(certificate('ca.pem').publicKey))
  ok(web01.checkHost('web01.example.com'))
  match(made.out, /StreamDriverAuthMode="x509\/name" StreamDriverPermittedPeers="picket\.example\.com"/)
  const before = readFileSync(file('ca.key'))
  equal((await run('client', 'ca', '--dir', dir, '--force')).code, 0)
  deepEqual(readFileSync(file('ca.key')), before)
})

test('what exists stays without --force; server makes one of the same CA', async () => {
  const all = () => ['ca.pem', 'ca.key', 'server.pem', 'server.key'].map(name => readFileSync(file(name), 'latin1'))
  const before = all()
  const again = await run('init', '--dir', dir, '--name', 'other.example.com')
  equal(again.code, 2)
  match(again.err, /ca\.pem.*exists already; --force replaces it/)
  equal((await run('client', 'web01.example.com', '--dir', dir)).code, 2)
  equal((await run('server', '--dir', dir, '--name', 'other.example.com')).code, 2)
  deepEqual(all(), before)
  equal((await run('server', '--dir', dir, '--name', 'other.example.com', '--force')).code, 0)
  deepEqual(all().slice(0, 2), before.slice(0, 2))
  ok(certificate('server.pem').checkHost('other.example.com'))
  ok(certificate('server.pem').verify(certificate('ca.pem').publicKey))
  ok(!readdirSync(dir).some(name => name.startsWith('.')), 'nothing half-made is left')
})

test('a name that could be an option, a path or a configuration is refused, and nothing is made', async () => {
  const before = readdirSync(file('clients'))
  const hostile = ['-config', '../ca', 'a/b', 'a\nb', 'a, IP:192.0.2.1', 'DNS:a', '$ENV::HOME', 'a#b', '*.example.com']
  for (const name of [...hostile, '', '.', 'a..b', 'a-', 'é', 'x'.repeat(64), `${'a.'.repeat(40)}b`, '192.0.2.1']) {
    const refused = await run('client', '--dir', dir, '--', name)
    equal(refused.code, 2, `${name}: ${refused.err}`)
    const server = join(root, 'refused')
    equal((await run('init', '--dir', server, `--name=${name}`)).code, 2, name)
    equal(existsSync(server), false, name)
  }
  for (const address of ['192.0.2', 'fe80::1%eth0', '1.2.3.4, DNS:evil'])
    equal((await run('init', '--dir', join(root, 'refused'), '--name', 'a', '--ip', address)).code, 2, address)
  deepEqual(readdirSync(file('clients')), before)
})

test('without the openssl program: exit code 3, what to install, and nothing left behind', async () => {
  const env = { PATH: root }
  const empty = join(root, 'empty')
  const ran = await runCommand(['cert', 'init', '--dir', empty, '--name', 'a.example.com'], { env })
  equal(ran.code, 3)
  match(ran.err, /there is no openssl program; install the package openssl/)
  deepEqual(readdirSync(empty), [])
})

test('a folder without a CA, or with one that has expired, signs nothing', async () => {
  const none = await run('client', 'web01', '--dir', join(root, 'none'))
  equal(none.code, 2)
  match(none.err, /cannot read .*none\/ca\.pem: no such file/)
  const late = { now: Date.now() + 3651 * 86_400_000 }
  const expired = await runCommand(['cert', 'client', 'web02', '--dir', dir], late)
  equal(expired.code, 2)
  match(expired.err, /the CA in .* expired on/)
})

test('show: names, use, signer, dates and fingerprint in words; exit code 1 for one that has expired', async () => {
  const shown = await run('show', file('clients/web01.example.com.pem'))
  equal(shown.code, 0)
  for (const line of [
    /^subject {5}CN=web01\.example\.com$/m,
    /^names {7}web01\.example\.com$/m,
    /^use {9}client$/m,
    /^signed by {3}O=picket\.example\.com, CN=Picket CA$/m,
    /^valid {7}\d{4}-\d\d-\d\d to \d{4}-\d\d-\d\d: 82[45] days left$/m,
    /^fingerprint SHA256:(?:[0-9A-F]{2}:){31}[0-9A-F]{2}$/m,
  ])
    match(shown.out, line)
  match((await run('show', file('ca.pem'))).out, /^use {9}CA: .*\nsigned by {3}itself$/m)
  const late = await runCommand(['cert', 'show', file('server.pem')], { now: Date.now() + 900 * 86_400_000 })
  equal(late.code, 1)
  match(late.out, /: expired on /)
  const text = join(root, 'text.pem')
  writeFileSync(text, 'no certificate')
  equal((await run('show', text)).code, 2)
  equal((await run('show', file('server.key'))).code, 2)
})
