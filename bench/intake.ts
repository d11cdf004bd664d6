// Where an intake thread's CPU time goes, per record and stage, in one thread without sockets and disk:
// node bench/intake.ts [RECORDS]
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createBatchBuilder } from '../src/app/batch-builder.ts'
import { createMatcher } from '../src/detect/match.ts'
import { loadRules } from '../src/detect/rules.ts'
import type { Origin } from '../src/model/row.ts'
import { mayDecode } from '../src/parse/may-decode.ts'
import { createFramer } from '../src/syslog-parser/framing.ts'
import { HeaderScan, scanHeader } from '../src/syslog-parser/scan.ts'
import { linesFile } from './lines.ts'

const records = Number(process.argv[2] ?? 1_000_000)

const lines = readFileSync(linesFile(records))

const { rules } = loadRules([join(import.meta.dirname, '../rules.d')])
const origin: Origin = { peer: '127.0.0.1', transport: 'tcp', timeZone: 'UTC', charset: 'windows-1252' }
const chunkBytes = 65_536

type OnFrame = (bytes: Uint8Array, from: number, to: number) => void

/** Runs `onFrame` over all lines as they would come from a socket; returns ns of CPU per record. */
function time(onFrame: OnFrame): number {
  const framer = createFramer({ maxFrameBytes: 262_144, onFrame })
  const before = process.cpuUsage()
  for (let at = 0; at < lines.length; at += chunkBytes) framer.push(lines.subarray(at, at + chunkBytes))
  framer.end()
  const { user, system } = process.cpuUsage(before)
  return ((user + system) * 1000) / records
}

const header = new HeaderScan()
const matcher = createMatcher(rules)
const scan: OnFrame = (bytes, from, to) => void scanHeader(bytes, from, to, 1_795_000_000_000, 'UTC', header)
let bytesStored = 0
const build = (rulesUsed: typeof rules): OnFrame => {
  const builder = createBatchBuilder(rulesUsed)
  return (bytes, from, to) => {
    builder.take(bytes, from, to, 1_795_000_000_000, origin)
    if (!builder.isFull) return
    for (const data of builder.batch('20261123').block.columns) bytesStored += data.length
  }
}
const stages: readonly (readonly [string, () => OnFrame])[] = [
  ['framing', () => () => undefined],
  ['framing, header scan', () => scan],
  [
    'framing, header scan, decode check',
    () => (bytes, from, to) => (scan(bytes, from, to), void mayDecode(bytes, header.messageStart, to)),
  ],
  [
    `framing, header scan, literals of ${rules.length} rules`,
    () => (bytes, from, to) => (scan(bytes, from, to), void matcher.scan(bytes, from, to)),
  ],
  ['whole intake, no rules', () => build([])],
  [`whole intake, ${rules.length} rules`, () => build(rules)],
]
for (const [name, make] of stages) {
  const runs = Array.from({ length: 3 }, () => time(make())).toSorted((a, b) => a - b)
  console.log(`${String(Math.round(runs[1] as number)).padStart(6)} ns  ${name}  (${runs.map(Math.round).join(', ')})`)
}
