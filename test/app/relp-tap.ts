// Stands between a RELP sender and Picket and notes which numbered messages went over the wire, and which were answered:
// what the sender lost by itself, and what Picket acknowledged, can be told apart.
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { createRelpFramer, type RelpFrame } from '../../src/syslog-parser/relp-framing.ts'

export type RelpTap = AsyncDisposable & {
  readonly port: number
  /** The numbers of `numbered: N` messages whose frame passed whole, and those that were answered with 200. */
  readonly sent: ReadonlySet<number>
  readonly acknowledged: ReadonlySet<number>
  /** Answers other than 200 to messages. */
  readonly refused: () => number
}

/** Passes everything on to the RELP port; a side that breaks breaks the other. */
export async function startRelpTap(picketPort: number): Promise<RelpTap> {
  const sent = new Set<number>()
  const acknowledged = new Set<number>()
  let refused = 0
  const server = createServer(sender => {
    const numbers = new Map<number, number>()
    const picket = connect(picketPort, '127.0.0.1')
    const up = framer(frame => {
      const number = /numbered: (\d+)/.exec(dataOf(frame))?.[1]
      if (number === undefined) return
      sent.add(Number(number))
      numbers.set(frame.txnr, Number(number))
    })
    const down = framer(frame => {
      const number = numbers.get(frame.txnr)
      if (frame.command !== 'rsp' || number === undefined) return
      if (dataOf(frame).startsWith('200 ')) acknowledged.add(number)
      else refused++
    })
    sender.on('data', data => {
      up.push(data)
      picket.write(data)
    })
    picket.on('data', data => {
      down.push(data)
      sender.write(data)
    })
    for (const [one, other] of [
      [sender, picket],
      [picket, sender],
    ] as const)
      one.on('error', () => {}).on('close', () => other.destroy())
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const bound = server.address()
  if (bound === null || typeof bound === 'string') throw new Error('a TCP server has an address')
  return {
    port: bound.port,
    sent,
    acknowledged,
    refused: () => refused,
    async [Symbol.asyncDispose]() {
      server.close()
    },
  }
}

function framer(onFrame: (frame: RelpFrame) => void) {
  return createRelpFramer({
    maxDataBytes: 1 << 20,
    onFrame,
    onInvalid() {
      throw new Error('what went over the wire is no RELP')
    },
  })
}

function dataOf({ bytes, start, end }: RelpFrame): string {
  return Buffer.from(bytes.subarray(start, end)).toString('latin1')
}
