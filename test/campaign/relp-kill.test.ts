// RELP when Picket dies and when its disk is full: nothing is acknowledged that is not stored.
import { equal, ok } from 'node:assert/strict'
import { connect } from 'node:net'
import { test } from 'node:test'
import { peersMissing } from '../app/peers.ts'
import { eventually, startPicket } from '../app/picket.ts'
import { killUnderRelp } from './relp-kill.ts'
import { createShim, ENOSPC } from './shim.ts'

test('four kills while rsyslog sends: nothing acknowledged is lost', {
  skip: peersMissing('rsyslogd', 'omrelp'),
  timeout: 240_000,
}, async () => {
  const figures = await killUnderRelp(4)
  equal(figures.acknowledgedAndLost, 0)
  // what rsyslogd itself loses when a connection breaks is little: nearly everything must have come
  ok(figures.neverSent + figures.neverSentAgain < figures.messages / 10, JSON.stringify(figures))
})

test('while the disk is full nothing is answered; with room again everything is, in order', {
  skip: peersMissing('cc'),
}, async () => {
  const shim = createShim()
  await using picket = await startPicket({ env: shim.env })
  const socket = connect(picket.relp, '127.0.0.1')
  let answers = ''
  socket.on('data', data => (answers += String(data)))
  const frame = (txnr: number): string => `${txnr} syslog 9 <13>hello\n`
  socket.write(`1 open 30 relp_version=0\ncommands=syslog\n${frame(2)}`)
  await eventually(() => answers.endsWith('2 rsp 6 200 OK\n'), 'the first answer')
  const before = answers
  shim.set({ operation: 'write', count: -1, value: ENOSPC, match: '/records/' })
  socket.write(frame(3) + frame(4))
  await eventually(() => picket.log.find(({ msg }) => msg.includes('the store cannot write')), 'the store fails')
  socket.write(frame(5))
  await eventually(async () => (await framesTotal(picket.web)) === 4, 'the frames were read')
  equal(answers, before)
  shim.heal()
  await eventually(() => answers.endsWith('5 rsp 6 200 OK\n'), 'the answers')
  equal(answers, `${before}3 rsp 6 200 OK\n4 rsp 6 200 OK\n5 rsp 6 200 OK\n`)
  const client = await picket.login()
  equal((await client.records('transport:relp')).length, 4)
  socket.destroy()
})

async function framesTotal(web: string): Promise<number> {
  const text = await (await fetch(`${web}/metrics`)).text()
  return Number(/^picket_frames_total\{transport="relp"\} (\d+)$/m.exec(text)?.[1] ?? 0)
}
