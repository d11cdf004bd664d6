// What framing, the header scan and the full parse cost per frame: node bench/syslog-parser.ts FILE (one message per line).
import { readFileSync } from 'node:fs'
import { createFramer, HeaderScan, parseMessage, scanHeader } from '../src/syslog-parser/index.ts'

const file = process.argv[2]
if (file === undefined) throw new Error('usage: node bench/syslog-parser.ts FILE')
const data = readFileSync(file)
const chunkBytes = 64 * 1024
const rounds = 5
const receivedAt = Date.now()
const scan = new HeaderScan()

measure('framing', () => {})
measure('framing + scan', (bytes, start, end) => {
  scanHeader(bytes, start, end, receivedAt, undefined, scan)
})
measure('framing + scan, zone', (bytes, start, end) => {
  scanHeader(bytes, start, end, receivedAt, 'Europe/Berlin', scan)
})
measure('framing + parse', (bytes, start, end) => {
  parseMessage(bytes.subarray(start, end), { receivedAt })
})
let taken = 0
measure('framing + scan, taken', (bytes, start, end) => {
  if (scanHeader(bytes, start, end, receivedAt, undefined, scan)) taken++
})
console.log(`the scan took ${taken / rounds} frames of a round`)

function measure(name: string, onFrame: (bytes: Uint8Array, start: number, end: number) => void): void {
  let best = Number.POSITIVE_INFINITY
  let frames = 0
  for (let round = 0; round < rounds; round++) {
    frames = 0
    const framer = createFramer({
      maxFrameBytes: 256 * 1024,
      onFrame: (bytes, start, end) => {
        frames++
        onFrame(bytes, start, end)
      },
    })
    const from = process.threadCpuUsage()
    for (let at = 0; at < data.length; at += chunkBytes) framer.push(data.subarray(at, at + chunkBytes))
    framer.end()
    best = Math.min(best, process.threadCpuUsage(from).user)
  }
  console.log(
    `${name.padEnd(24)} ${((best * 1000) / frames).toFixed(0).padStart(6)} ns CPU per frame (${frames} frames)`,
  )
}
