// A real rsyslogd sends by omrelp, and a raw RELP client, to the real process.
import { deepEqual, equal, ok } from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { relpAction, send } from '../campaign/relp-kill.ts'
import { peersMissing } from './peers.ts'
import { eventually, startPicket } from './picket.ts'
import { startRsyslogd } from './rsyslogd.ts'

const options = { skip: peersMissing('rsyslogd', 'logger', 'omrelp'), timeout: 120_000 }

test('rsyslog with omrelp: every message once, with what it said', options, async () => {
  await using picket = await startPicket()
  const client = await picket.login()
  await using rsyslogd = await startRsyslogd(relpAction(picket.relp), { hostname: 'web07', timeZone: 'UTC' })
  await send(rsyslogd.tcp, 0, 2000)
  const records = await eventually(async () => {
    const found = await client.records('app:numbered')
    return found.length >= 2000 ? found : undefined
  }, '2,000 records')
  deepEqual(
    records.map(({ message }) => Number(message)).toSorted((a, b) => a - b),
    Array.from({ length: 2000 }, (_, n) => n),
  )
  equal(records[0]?.transport, 'relp')
  equal(records[0]?.hostname, 'web07')
})

test('a frame is answered when it is stored, and the last answers leave before Picket does', async () => {
  await using picket = await startPicket()
  const socket = connect(picket.relp, '127.0.0.1')
  let answers = ''
  socket.on('data', data => (answers += String(data)))
  socket.write('1 open 30 relp_version=0\ncommands=syslog\n2 syslog 9 <13>hello\n')
  await eventually(() => answers.includes('2 rsp 6 200 OK\n'), 'the answer')
  ok((await storedTotal(picket.web)) >= 1)
  socket.write('3 syslog 9 <13>again\n')
  await eventually(() => answers.includes('3 rsp 6 200 OK\n'), 'the second answer')
  const closed = once(socket, 'close')
  equal(await picket.stop(), 0)
  await closed
  ok(answers.endsWith('0 serverclose 0\n'), answers)
})

test('every hostile session against the service: it lives, and a good sender goes on', async () => {
  await using picket = await startPicket()
  const good = await openSession(picket.relp)
  for (const { vector, raw_b64 } of hostile) {
    const socket = connect(picket.relp, '127.0.0.1')
    const closed = once(socket, 'close')
    socket.on('error', () => {})
    socket.resume()
    socket.write(Buffer.concat([Buffer.from(vector === 'relp' ? '' : open), Buffer.from(raw_b64, 'base64')]))
    socket.end()
    await closed
  }
  good.write('2 syslog 9 <13>hello\n')
  await eventually(() => good.answers().endsWith('2 rsp 6 200 OK\n'), 'the answer to the good sender')
  equal(picket.process.exitCode, null)
  deepEqual(
    picket.log.filter(({ level }) => level >= 50),
    [],
    'errors in the log',
  )
  good.destroy()
})

const open = '1 open 30 relp_version=0\ncommands=syslog\n'
const hostile = readFileSync(join(import.meta.dirname, '../fixtures/hostile-dev.jsonl'), 'utf8')
  .trim()
  .split('\n')
  .map(line => JSON.parse(line) as { readonly vector: string; readonly raw_b64: string })
  .filter(({ vector }) => vector.startsWith('relp'))

async function openSession(port: number) {
  const socket = connect(port, '127.0.0.1')
  let answers = ''
  socket.on('data', data => (answers += String(data)))
  socket.write(open)
  await eventually(() => answers.startsWith('1 rsp '), 'the session is open')
  return { write: (data: string) => socket.write(data), answers: () => answers, destroy: () => socket.destroy() }
}

async function storedTotal(web: string): Promise<number> {
  const text = await (await fetch(`${web}/metrics`)).text()
  return Number(/^picket_records_stored_total (\d+)$/m.exec(text)?.[1] ?? 0)
}
