// How many datagrams a second Picket takes from a sender on the same machine, and that what it cannot take is counted:
// node bench/udp.ts [RATE] [SECONDS] [FROM]. The sender is flood.c, compiled here with cc.
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { startPicket } from '../test/app/picket.ts'
import { linesFile } from './lines.ts'
import { cpuSeconds, memoryMb } from './process.ts'

const rates = process.argv[2] === undefined ? [25_000, 50_000, 100_000, 0] : [Number(process.argv[2])]
const seconds = Number(process.argv[3] ?? 10)
const file = linesFile(1_000_000)
const dir = mkdtempSync(join(tmpdir(), 'picket-udp-'))
const flood = join(dir, 'flood')

type Books = {
  readonly received: number
  readonly stored: number
  readonly dropped: number
  readonly kernel: number
  readonly waiting: number
}

async function readBooks(web: string): Promise<Books> {
  const text = await (await fetch(`${web}/metrics`)).text()
  const sum = (pattern: RegExp) => [...text.matchAll(pattern)].reduce((total, [, value]) => total + Number(value), 0)
  return {
    received: sum(/^picket_frames_total\{transport="udp"\} (\d+)$/gm),
    stored: sum(/^picket_records_stored_total (\d+)$/gm),
    dropped: sum(/^picket_frames_dropped_total\{transport="udp",.*\} (\d+)$/gm),
    kernel: sum(/^picket_kernel_drops_total\{transport="udp"\} (\d+)$/gm),
    waiting: sum(/^picket_queue_records (\d+)$/gm),
  }
}

/** The counters are told once a second: wait until they stand still. */
async function settled(web: string): Promise<Books> {
  let before = ''
  for (;;) {
    await new Promise(resolve => setTimeout(resolve, 2500))
    const books = await readBooks(web)
    if (JSON.stringify(books) === before) return books
    before = JSON.stringify(books)
  }
}

async function run(rate: number): Promise<void> {
  await using picket = await startPicket()
  const pid = picket.process.pid as number
  const before = await settled(picket.web)
  const cpuBefore = cpuSeconds(pid)
  const sender = spawn(flood, ['udp', String(picket.udp), file, String(rate), String(seconds)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let printed = ''
  sender.stdout.on('data', text => {
    printed += text
  })
  const startedAt = performance.now()
  await once(sender, 'close')
  const took = (performance.now() - startedAt) / 1000
  const sent = Number(printed)
  const after = await settled(picket.web)
  const of = (key: keyof Books) => after[key] - before[key]
  const cpu = cpuSeconds(pid) - cpuBefore
  const missing = sent - of('received') - of('dropped') - of('kernel')
  console.log(
    `${(rate === 0 ? 'flat out' : `${rate}/s`).padEnd(9)} sent ${sent} (${Math.round(sent / took)}/s)  stored ${of('stored')}  lost: kernel ${of('kernel')}, dropped ${of('dropped')}  unaccounted ${missing}  ${((cpu / of('stored')) * 1e6).toFixed(1)} µs CPU/record  ${memoryMb(pid).rss} MB`,
  )
}

try {
  execFileSync('cc', ['-O2', '-o', flood, join(import.meta.dirname, 'flood.c')])
  console.log(`datagrams of 138 bytes for ${seconds} s, sender and Picket on the same ${cpus().length} cores`)
  for (const rate of rates) await run(rate)
} finally {
  rmSync(dir, { recursive: true })
}
