// How long searches take over many stored records, through the HTTP API with a warm search process:
// node bench/search.ts [RECORDS]
import { createReadStream, mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { eventually, sendTcp, startPicket } from '../test/app/picket.ts'
import { linesFile } from './lines.ts'

const records = Number(process.argv[2] ?? 1_000_000)
/** Lines are sent a million at a time, so that the file stays small. */
const perRound = Math.min(records, 1_000_000)
const dataDir = mkdtempSync(join(tmpdir(), 'picket-bench-'))
const picket = await startPicket({ dataDir })
const client = await picket.login()
const file = linesFile(perRound)
for (let sent = 0; sent < records; sent += perRound) {
  await pipeline(createReadStream(file, { highWaterMark: 1 << 18 }), connect(picket.tcp, '127.0.0.1'))
  await sendTcp(picket.tcp, '<13>Nov 23 12:00:00 zoo keeper: zebrafish swims at 198.51.100.77\n')
}
await eventually(
  async () =>
    (await client.get<{ store: { records: number } }>('/api/v1/status')).store.records >= records || undefined,
  `${records} records stored`,
  600,
)

const searches: readonly (readonly [string, string])[] = [
  ['rare word, first 100', '/api/v1/records?limit=100&q=zebrafish'],
  ['rare address, first 100', '/api/v1/records?limit=100&q=198.51.100.77'],
  ['frequent word, first 100', '/api/v1/records?limit=100&q=Failed'],
  ['everything, first 100', '/api/v1/records?limit=100'],
  ['everything, histogram', '/api/v1/histogram?buckets=60&from=now-24h'],
  ['everything, hosts and apps', '/api/v1/facets?fields=host,app&limit=10'],
  ['rare word, histogram', '/api/v1/histogram?buckets=60&from=now-24h&q=zebrafish'],
]
console.log(`${records} records stored`)
for (const [name, path] of searches) {
  const times: number[] = []
  for (let run = 0; run < 6; run++) {
    const startedAt = performance.now()
    await client.get(path)
    times.push(performance.now() - startedAt)
  }
  const [first, ...warm] = times
  const median = warm.toSorted((a, b) => a - b)[2] as number
  console.log(
    `${name.padEnd(28)} first ${(first as number).toFixed(0).padStart(5)} ms   then ${median.toFixed(1).padStart(7)} ms`,
  )
}
await picket.stop()
rmSync(dataDir, { recursive: true })
