// kill -9 at random moments while a real rsyslogd sends by omrelp: what was acknowledged is stored. What the sender
// loses by itself when a connection breaks is counted beside it. Shortened in relp-kill.test.ts, in full by `npm run campaign -- relp`.
import { deepEqual } from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { eventually, startPicket } from '../app/picket.ts'
import { startRelpTap } from '../app/relp-tap.ts'
import { startRsyslogd } from '../app/rsyslogd.ts'

export type RelpFigures = {
  readonly kills: number
  readonly messages: number
  readonly acknowledgedAndLost: number
  /** Messages that rsyslogd never put on the wire: lost by the sender. */
  readonly neverSent: number
  /** Messages on their way when a connection broke, not answered, that rsyslogd did not send again: lost by the sender. */
  readonly neverSentAgain: number
  readonly duplicates: number
  readonly duplicatesMarked: number
  /** Start to ready after a kill, ms. */
  readonly recoveryP50Ms: number
  readonly recoveryP99Ms: number
}

const messagesPerRound = 1500
/** rsyslogd has enough to send: beyond its queues it would stop to read, and nothing new would come from it. */
const enoughWaiting = 10_000

/** Kills a Picket `rounds` times on one data folder; throws on the first broken promise. */
export async function killUnderRelp(
  rounds: number,
  log: (line: string) => void = () => undefined,
): Promise<RelpFigures> {
  const dataDir = mkdtempSync(join(tmpdir(), 'picket-relp-kill-'))
  const recoveries: number[] = []
  let messages = 0
  try {
    let picket = await startPicket({ dataDir })
    const receive = `{ udp: false, tcp: false, relp: { host: 127.0.0.1, port: ${picket.relp} } }`
    await using tap = await startRelpTap(picket.relp)
    await using rsyslogd = await startRsyslogd(relpAction(tap.port), { hostname: 'web07', timeZone: 'UTC' })
    for (let round = 0; round < rounds; round++) {
      const before = tap.acknowledged.size
      const more = messages - before < enoughWaiting ? messagesPerRound : 0
      const sending = send(rsyslogd.tcp, messages, messages + more)
      messages += more
      // the sender tries again every second; the kill comes while the answers do
      await eventually(() => tap.acknowledged.size > before, 'an answer')
      await new Promise(resolve => setTimeout(resolve, Math.random() * 60))
      await picket.stop('SIGKILL')
      const startedAt = performance.now()
      picket = await startPicket({ dataDir, receive })
      recoveries.push(performance.now() - startedAt)
      await sending
      log(`round ${round}: ${tap.sent.size} sent, ${tap.acknowledged.size} acknowledged`)
    }
    await using last = picket
    await sentInFull(tap, rsyslogd.tcp)
    const client = await last.login()
    const records = await client.records('app:numbered')
    const stored = new Set(records.map(({ message }) => Number(message)))
    deepEqual(
      [...tap.acknowledged].filter(number => !stored.has(number)),
      [],
      'acknowledged and lost',
    )
    deepEqual(tap.refused(), 0)
    recoveries.sort((a, b) => a - b)
    return {
      kills: rounds,
      messages,
      acknowledgedAndLost: 0,
      neverSent: messages - tap.sent.size,
      neverSentAgain: [...tap.sent].filter(number => !stored.has(number)).length,
      duplicates: records.length - stored.size,
      duplicatesMarked: (await client.records('app:numbered event.repeat:true')).length,
      recoveryP50Ms: Math.round(recoveries[Math.floor(recoveries.length / 2)] ?? 0),
      recoveryP99Ms: Math.round(recoveries[Math.floor(recoveries.length * 0.99)] ?? 0),
    }
  } finally {
    rmSync(dataDir, { recursive: true, force: true })
  }
}

/** Resolves when the sender has sent what it has: nothing more is answered. An idle omrelp notices a broken connection, and
 *  sends again, only with its next message: so there is one now and then. */
async function sentInFull(tap: Awaited<ReturnType<typeof startRelpTap>>, senderPort: number): Promise<void> {
  const nudging = setInterval(() => {
    connect(senderPort, '127.0.0.1')
      .on('error', () => undefined)
      .end('<13>Nov 23 12:00:00 web07 nudge: still there?\n')
      .resume()
  }, 1500)
  try {
    let last = -1
    let quietSince = performance.now()
    await eventually(
      () => {
        if (tap.acknowledged.size !== last) quietSince = performance.now()
        last = tap.acknowledged.size
        return last > 0 && performance.now() - quietSince > 5000
      },
      'an end of the answers',
      120,
    )
  } finally {
    clearInterval(nudging)
  }
}

/** A disk queue keeps what is not answered. The pause between attempts stays at 1 s: the usual ones grow, and are long for a test. */
export function relpAction(port: number): string {
  return `module(load="omrelp")
action(type="omrelp" target="127.0.0.1" port="${port}" template="RSYSLOG_ForwardFormat" action.resumeRetryCount="-1"
  action.resumeInterval="1" action.resumeIntervalMax="1" queue.type="LinkedList" queue.fileName="relp" queue.saveOnShutdown="on")`
}

/** Numbered messages through the TCP input of rsyslogd. */
export async function send(port: number, from: number, to: number): Promise<void> {
  const socket = connect(port, '127.0.0.1')
  let lines = ''
  for (let n = from; n < to; n++) lines += `<13>Nov 23 12:00:00 web07 numbered: ${n}\n`
  socket.end(lines)
  socket.resume()
  await once(socket, 'close')
}
