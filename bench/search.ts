// How long searches take over many stored records, through the HTTP API with warm search processes:
// node bench/search.ts [RECORDS] [FOLDER]. With a folder its records are searched, and it stays.
import { createReadStream, mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { eventually, sendTcp, startPicket } from '../test/app/picket.ts'
import { linesFile } from './lines.ts'

const records = Number(process.argv[2] ?? 1_000_000)
const given = process.argv[3]
/** Lines are sent a million at a time, so that the file stays small. */
const perRound = Math.min(records, 1_000_000)
const dataDir = given ?? mkdtempSync(join(tmpdir(), 'picket-bench-'))
const picket = await startPicket({ dataDir })
const client = await picket.login()
if (given === undefined) {
  const file = linesFile(perRound)
  for (let sent = 0; sent < records; sent += perRound) {
    await pipeline(createReadStream(file, { highWaterMark: 1 << 18 }), connect(picket.tcp, '127.0.0.1'))
    await sendTcp(picket.tcp, '<13>Nov 23 12:00:00 zoo keeper: zebrafish swims at 198.51.100.77\n')
  }
}
const stored = await eventually(
  async () => {
    const { store } = await client.get<{ store: { records: number } }>('/api/v1/status')
    return store.records >= records ? store.records : undefined
  },
  `${records} records stored`,
  600,
)

const day = 'from=now-24h&to=now%2B24h'
const sideFields = 'host,app,severity,user.name,event.action,source.ip'
/** Name, path, and where there is one, what it may take over 10 million records on 2 cores: ms at first, ms when warm. */
const searches: readonly (readonly [name: string, path: string, first?: number | undefined, warm?: number])[] = [
  ['everything, first 100', 'records?limit=100', 50, 50],
  ['rare word, first 100', 'records?limit=100&q=zebrafish', 100, 20],
  ['rare address, first 100', 'records?limit=100&q=198.51.100.77', 100, 40],
  ['frequent word, first 100', 'records?limit=100&q=Failed', 50, 50],
  ['everything, histogram', `histogram?buckets=60&${day}`, undefined, 50],
  ['everything, hosts and apps', 'facets?fields=host,app&limit=10', undefined, 50],
  ['frequent word, count', `histogram?buckets=60&${day}&q=Failed`, 1500, 1500],
  ['severity, count', `histogram?buckets=60&${day}&q=severity%3C%3Dwarning`],
  ['host and app, count', `histogram?buckets=60&${day}&q=app:sshd+AND+host:web*`],
  ['rare word, count', `histogram?buckets=60&${day}&q=zebrafish`],
  ['user, count', `histogram?buckets=60&${day}&q=user:alice`],
  ['frequent word, hosts and apps', 'facets?fields=host,app&limit=10&q=Failed'],
  ['everything, side of the page', `facets?fields=${sideFields}&limit=8&${day}`],
  ['failures, users', `facets?fields=user.name&limit=8&q=event.outcome:failure&${day}`],
  ['no match in parsed fields', `records?limit=100&q=event.outcome:failure+AND+event.action:nothing&${day}`],
]
console.log(`${stored} records stored`)
for (const [name, path, firstLimit, warmLimit] of searches) {
  const times: number[] = []
  for (let run = 0; run < 6; run++) {
    const startedAt = performance.now()
    await client.get(`/api/v1/${path}`)
    times.push(performance.now() - startedAt)
  }
  const [first = 0, ...warm] = times
  const median = warm.toSorted((a, b) => a - b)[2] ?? 0
  const limits = warmLimit === undefined ? '' : `   (10 M: ${firstLimit ?? '-'} / ${warmLimit} ms)`
  console.log(
    `${name.padEnd(30)} first ${first.toFixed(0).padStart(5)} ms   then ${median.toFixed(1).padStart(7)} ms${limits}`,
  )
}
await picket.stop()
if (given === undefined) rmSync(dataDir, { recursive: true })
