// How fast one TCP sender's lines become committed, searchable records, and what they cost; beside rsyslog → file on
// the same lines in the same run: node bench/ingest.ts [RECORDS]
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createReadStream, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { startPicket } from '../test/app/picket.ts'
import { linesFile } from './lines.ts'
import { cpuSeconds, folderBytes, memoryMb } from './process.ts'

const records = Number(process.argv[2] ?? 1_000_000)
const file = linesFile(records)
const runs = 3
type Run = { readonly perSecond: number; readonly cpuMicros: number; readonly bytes: number; readonly memoryMb: number }

async function send(port: number): Promise<void> {
  const socket = connect(port, '127.0.0.1')
  const closed = once(socket, 'close')
  await pipeline(createReadStream(file, { highWaterMark: 1 << 18 }), socket)
  await closed
}

async function picketRun(rules: boolean): Promise<Run> {
  const noRules = mkdtempSync(join(tmpdir(), 'picket-no-rules-'))
  const dataDir = mkdtempSync(join(tmpdir(), 'picket-bench-'))
  const picket = await startPicket({ dataDir, config: rules ? '' : `rules: { dirs: [${noRules}] }` })
  const pid = picket.process.pid as number
  const cpuBefore = cpuSeconds(pid)
  const startedAt = performance.now()
  await send(picket.tcp)
  while ((await stored(picket.web)) < records) await new Promise(resolve => setTimeout(resolve, 20))
  const seconds = (performance.now() - startedAt) / 1000
  const cpu = cpuSeconds(pid) - cpuBefore
  const memory = memoryMb(pid).rss
  await picket.stop()
  const bytes = folderBytes(join(dataDir, 'records'))
  for (const dir of [dataDir, noRules]) rmSync(dir, { recursive: true })
  return { perSecond: records / seconds, cpuMicros: (cpu / records) * 1e6, bytes: bytes / records, memoryMb: memory }
}

async function stored(web: string): Promise<number> {
  const text = await (await fetch(`${web}/metrics`)).text()
  return Number(/^picket_records_stored_total (\d+)$/m.exec(text)?.[1] ?? 0)
}

async function rsyslogRun(): Promise<Run> {
  const dir = mkdtempSync(join(tmpdir(), 'picket-rsyslog-'))
  const port = 20_000 + (process.pid % 20_000)
  const out = join(dir, 'out.log')
  writeFileSync(
    join(dir, 'rsyslog.conf'),
    `global(workDirectory="${dir}")
module(load="imtcp")
template(name="asIs" type="string" string="%rawmsg%\\n")
ruleset(name="in") { action(type="omfile" file="${out}" template="asIs" asyncWriting="off" ioBufferSize="64k") }
input(type="imtcp" port="${port}" ruleset="in" address="127.0.0.1")
`,
  )
  const child = spawn('rsyslogd', ['-n', '-f', join(dir, 'rsyslog.conf'), '-i', join(dir, 'pid')], { stdio: 'ignore' })
  const failed = once(child, 'error').then(([error]) => error)
  await Promise.race([waitForPort(port), failed.then(error => Promise.reject(error))])
  const pid = child.pid as number
  const startedAt = performance.now()
  const cpuBefore = cpuSeconds(pid)
  await send(port)
  const wanted = statSync(file).size
  let size = 0
  while (size < wanted * 0.99) {
    await new Promise(resolve => setTimeout(resolve, 20))
    const now = statSync(out).size
    if (now === size && performance.now() - startedAt > 60_000) break
    size = now
  }
  const seconds = (performance.now() - startedAt) / 1000
  const cpu = cpuSeconds(pid) - cpuBefore
  const memory = memoryMb(pid).rss
  const exited = once(child, 'exit')
  child.kill()
  await exited
  const bytes = statSync(out).size
  rmSync(dir, { recursive: true })
  return { perSecond: records / seconds, cpuMicros: (cpu / records) * 1e6, bytes: bytes / records, memoryMb: memory }
}

async function waitForPort(port: number): Promise<void> {
  for (let turn = 0; turn < 100; turn++) {
    const socket = connect(port, '127.0.0.1')
    socket.on('error', () => undefined)
    const open = await Promise.race([
      once(socket, 'connect').then(() => true),
      once(socket, 'error').then(() => false),
    ]).catch(() => false)
    socket.destroy()
    if (open) return
    await new Promise(resolve => setTimeout(resolve, 50))
  }
  throw new Error(`nothing listens on ${port}`)
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] as number
}

console.log(
  `${records} records of 138 bytes, one TCP sender on the same ${cpus().length} cores, median of ${runs} runs`,
)
const subjects: readonly (readonly [string, () => Promise<Run>])[] = [
  ['picket, shipped rules', () => picketRun(true)],
  ['picket, no rules', () => picketRun(false)],
  ['rsyslog imtcp → file', rsyslogRun],
]
const results = new Map<string, Run[]>(subjects.map(([name]) => [name, []]))
for (let run = 0; run < runs; run++)
  for (const [name, measure] of subjects)
    try {
      results.get(name)?.push(await measure())
    } catch (error) {
      console.log(`${name}: ${(error as Error).message}`)
    }
for (const [name, list] of results) {
  if (list.length === 0) continue
  const of = (key: keyof Run): number => median(list.map(run => run[key]))
  console.log(
    `${name.padEnd(24)} ${Math.round(of('perSecond')).toString().padStart(8)} records/s  ${of('cpuMicros').toFixed(2).padStart(6)} µs CPU/record  ${of('bytes').toFixed(1).padStart(6)} bytes/record  ${of('memoryMb')} MB`,
  )
}
