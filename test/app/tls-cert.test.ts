// What `picket cert` makes and prints, used as printed: a real Picket and a real rsyslogd that verify each other.
import { deepEqual, equal } from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { connect } from 'node:tls'
import { parse } from 'yaml'
import { run } from '../cli/run.ts'
import { peersMissing } from './peers.ts'
import { eventually, startPicket } from './picket.ts'
import { startRsyslogd } from './rsyslogd.ts'

const folder = mkdtempSync(join(tmpdir(), 'picket-tls-cert-'))
after(() => rmSync(folder, { recursive: true }))
const [dir, otherDir] = [join(folder, 'own'), join(folder, 'other')]

async function cert(...args: string[]): Promise<string> {
  const { code, out, err } = await run(['cert', ...args], { now: Date.now() })
  equal(code, 0, err)
  return out
}

const skip = peersMissing('rsyslogd', 'logger', 'rsyslogGnutls')

test('picket and rsyslogd with what picket cert printed; a client of another CA is refused', {
  timeout: 120_000,
  skip,
}, async () => {
  const section = parse(await cert('init', '--dir', dir, '--name', 'picket.example.com')) as {
    readonly receive: { readonly tls: object }
  }
  const printed = await cert('client', 'web01.example.com', '--dir', dir)
  await cert('init', '--dir', otherDir, '--name', 'picket.example.com')
  await cert('client', 'web01.example.com', '--dir', otherDir)

  const tls = { ...section.receive.tls, host: '127.0.0.1', port: 0, mode: 'name', permittedNames: ['*.example.com'] }
  await using picket = await startPicket({ receive: JSON.stringify({ udp: false, tcp: false, tls }) })
  const port = Number(picket.log.find(({ msg }) => msg === 'ready')?.['tls'])

  const stranger = connect({
    host: '127.0.0.1',
    port,
    servername: 'picket.example.com',
    ca: readFileSync(join(dir, 'ca.pem')),
    cert: readFileSync(join(otherDir, 'clients/web01.example.com.pem')),
    key: readFileSync(join(otherDir, 'clients/web01.example.com.key')),
  })
  stranger.on('error', () => undefined)
  stranger.end('<13>1 - h a - - - refused\n')
  const refused = /not signed by a CA of clientCa \(its names: web01\.example\.com\)/
  await eventually(() => picket.log.find(({ msg }) => refused.test(msg)), 'the refusal')

  const configuration = printed
    .replaceAll('/etc/rsyslog.d/picket-ca.pem', join(dir, 'ca.pem'))
    .replaceAll('/etc/rsyslog.d/picket-client', join(dir, 'clients/web01.example.com'))
    .replace('target="picket.example.com" port="6514"', `target="127.0.0.1" port="${port}"`)
  await using rsyslogd = await startRsyslogd(configuration, { hostname: 'web01', timeZone: 'UTC' })
  await rsyslogd.log('-t', 'certtest', 'hello with printed certificates')
  const client = await picket.login()
  const record = await eventually(async () => (await client.records('app:certtest'))[0], 'the record')
  deepEqual(
    [record.message, record.transport, record.fields['tls.client.subject']],
    ['hello with printed certificates', 'tls', 'web01.example.com'],
  )
  equal((await client.records('refused')).length, 0)
})
