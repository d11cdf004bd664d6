// From socket to search, through the real process.
import { deepEqual, equal, match, ok } from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect } from 'node:net'
import { test } from 'node:test'
import { eventually, sendTcp, startPicket } from './picket.ts'

test('UDP, TCP lines and TCP counted frames become records, and the books balance', async () => {
  await using picket = await startPicket()
  const client = await picket.login()
  const udp = createSocket('udp4').unref()
  for (let i = 0; i < 50; i++)
    udp.send(`<13>Nov 23 12:00:00 web01 app[${i}]: datagram number ${i}`, picket.udp, '127.0.0.1')
  await sendTcp(
    picket.tcp,
    Array.from({ length: 50 }, (_, i) => `<86>2026-11-23T12:00:00.5Z web02 sshd[${i}]: line number ${i}\n`).join(''),
  )
  const counted = Array.from(
    { length: 50 },
    (_, i) => `<34>1 2026-11-23T12:00:00Z web03 su ${i} - - counted number ${i}`,
  )
  await sendTcp(picket.tcp, counted.map(frame => `${frame.length} ${frame}`).join(''))
  await eventually(async () => (await client.records('number')).length === 150 || undefined, '150 records')
  for (const [host, transport] of [
    ['web01', 'udp'],
    ['web02', 'tcp'],
    ['web03', 'tcp'],
  ] as const) {
    const records = await client.records(`host:${host}`)
    equal(records.length, 50, host)
    ok(records.every(record => record.transport === transport && record.peer === '127.0.0.1'))
  }
  const books = [
    'picket_records_stored_total 150',
    'picket_frames_total{transport="udp"} 50',
    'picket_frames_total{transport="tcp"} 100',
  ]
  await eventually(async () => {
    const lines = (await client.get<string>('/metrics')).split('\n')
    return books.every(line => lines.includes(line)) || undefined
  }, books.join(', '))
})

test('what was received is stored when Picket is told to stop in the middle of a stream', async () => {
  await using picket = await startPicket()
  const socket = connect(picket.tcp, '127.0.0.1')
  await once(socket, 'connect')
  for (let i = 0; i < 3000; i++) socket.write(`<13>Nov 23 12:00:00 web01 app: steady ${i}\n`)
  socket.end()
  await once(socket, 'finish')
  equal(await picket.stop(), 0)
  await using again = await startPicket({ dataDir: picket.dataDir })
  const records = await (await again.login()).records('steady')
  deepEqual(
    records.map(record => Number(record.message.slice(7))).toReversed(),
    Array.from({ length: records.length }, (_, i) => i),
    'a gap in the middle',
  )
  equal(records.length, 3000)
})

test('a second Picket on the same folder, a taken port and a bad config each end with one clear line', async () => {
  await using picket = await startPicket()
  const receive = `{ udp: false, tcp: { host: 127.0.0.1, port: ${picket.tcp} } }`
  for (const [options, code, line] of [
    [{ dataDir: picket.dataDir }, 3, /another Picket \(process \d+\) uses the data folder/],
    [{ receive }, 3, new RegExp(`${picket.tcp}`)],
    [{ receive: '{ udp: { prot: 514 } }' }, 2, /picket\.yaml:2:\d+ receive\.udp\.prot: .*did you mean "port"/],
  ] as const) {
    const error = await startPicket(options).then(
      () => undefined,
      (error: Error) => error,
    )
    match(error?.message ?? 'it started', new RegExp(`ended with ${code}`))
    match(error?.message ?? '', line)
  }
})
