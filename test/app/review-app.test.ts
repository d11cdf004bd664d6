// Parts that die, disks that fail and start errors: the process ends or goes on, it never hangs, and nothing is lost.
import { deepEqual, equal, match, ok } from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { MessagePort } from 'node:worker_threads'
import { createBatchBuilder } from '../../src/app/batch-builder.ts'
import { startIntake } from '../../src/app/intake.ts'
import type { Writer } from '../../src/app/writer.ts'
import { configSchema } from '../../src/config/schema.ts'
import { compileRules } from '../../src/detect/rules.ts'
import { dayOf } from '../../src/model/row.ts'
import { rawOf, recordOf } from '../../src/parse/record.ts'
import { openAppender } from '../../src/store/sqlite/append.ts'
import { dayPath } from '../../src/store/sqlite/day-file.ts'
import { openReader } from '../../src/store/sqlite/reader.ts'
import { sendTcp } from './picket.ts'

const root = join(import.meta.dirname, '../..')

test('a store that cannot be opened ends the process while records arrive', { timeout: 60_000 }, async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'picket-review-'))
  const port = await freePort()
  // a damaged file would be set aside; this one cannot be opened at all
  mkdirSync(dayPath(dataDir, dayOf(Date.now())), { recursive: true })
  const udp = createSocket('udp4')
  const timer = setInterval(() => udp.send('<13>early', port, '127.0.0.1'), 2)
  try {
    const { code, output } = await serveUntilExit(
      dataDir,
      `{ udp: { host: 127.0.0.1, port: ${port} }, tcp: false, relp: false }`,
    )
    equal(code, 3)
    match(output, /cannot open the store/)
  } finally {
    clearInterval(timer)
    udp.close()
    rmSync(dataDir, { recursive: true })
  }
})

test('a port in use ends the process with a plain line', { timeout: 60_000 }, async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'picket-review-'))
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  const { port } = other.address() as { port: number }
  try {
    const { output } = await serveUntilExit(
      dataDir,
      `{ udp: false, tcp: { host: 127.0.0.1, port: ${port} }, relp: false }`,
    )
    match(output, /another program uses it/)
    ok(!/\n\s+at /.test(output), output)
  } finally {
    other.close()
    rmSync(dataDir, { recursive: true })
  }
})
test('an intake thread that broke is told of, and stopping it does not wait for it', { timeout: 30_000 }, async () => {
  const died = Promise.withResolvers<Error>()
  let port: MessagePort | undefined
  const intake = await startIntake({
    config: configSchema.parse({ receive: { udp: { host: '127.0.0.1', port: 0 }, tcp: false, relp: false } }),
    rules: [],
    writer: writerStub({ attach: given => (port = given) }),
    onCounters: () => undefined,
    onDied: died.resolve,
  })
  port?.postMessage(null) // no message that an intake thread knows
  match((await died.promise).message, /destructure/)
  await intake[Symbol.asyncDispose]()
})

test('an intake thread whose writer is no more stops all the same', { timeout: 30_000 }, async () => {
  const ended = Promise.withResolvers<void>()
  let port: MessagePort | undefined
  const intake = await startIntake({
    config: configSchema.parse({ receive: { udp: false, tcp: { host: '127.0.0.1', port: 0 }, relp: false } }),
    rules: [],
    writer: writerStub({ attach: given => (port = given), ended: ended.promise }),
    onCounters: () => undefined,
    onDied: error => {
      throw error
    },
  })
  await sendTcp(intake.listeners()[0]?.port ?? 0, '<13>never stored\n')
  ended.resolve()
  await intake[Symbol.asyncDispose]()
  port?.close()
})

test('a hit keeps an excerpt of a long record, whatever is long in it', () => {
  const rule = `title: any
id: 7a9d5a52-0a1c-4a39-8f6b-111111111111
logsource: { product: linux }
detection:
  keywords: [chattr]
  condition: keywords
level: low
`
  const { rules, findings } = compileRules([{ file: 'any.yml', text: rule, layer: 0 }])
  deepEqual(
    findings.filter(({ severity }) => severity === 'error'),
    [],
  )
  const builder = createBatchBuilder(rules)
  const many = Array.from({ length: 20_000 }, (_, i) => ` k${i}="v"`).join('')
  const frames = [
    '<13>Nov 23 11:59:59 h app: chattr',
    `<13>Nov 23 11:59:59 h app: chattr ${'x'.repeat(250_000)}`,
    `<13>1 2026-11-23T11:59:59Z h app - - [a@1${many}] chattr`,
    `<13>1 2026-11-23T11:59:59Z h app - - [a@1 k="${'\u00e9'.repeat(100_000)}"] chattr`,
    `<14>Nov 23 11:59:58 h root: HISTORY:PID=1 PPID=2 SID=1 USER=alice CMD=chattr ${'\ud83d\ude00'.repeat(60_000)}`,
  ].map(text => Buffer.from(text))
  const origin = { peer: '192.0.2.7', transport: 'tcp', timeZone: 'UTC', charset: 'windows-1252' } as const
  for (const frame of frames) builder.take(frame, 0, frame.length, 0, origin)
  const dataDir = mkdtempSync(join(tmpdir(), 'picket-hits-'))
  const appender = openAppender(dataDir)
  appender.append([builder.batch('19700101')])
  appender.close()
  const reader = openReader(dataDir, { recordOf, rawOf })
  const hits = reader.hitsAfter(undefined, 100).hits
  reader.close()
  rmSync(dataDir, { recursive: true })
  equal(hits.length, frames.length)
  equal(hits[0]?.record.message, 'chattr')
  equal(hits[4]?.record.fields['user.name'], 'alice')
  for (const { record } of hits) {
    const size = JSON.stringify(record).length
    ok(size < 200_000, `${size}`)
    match(record.message, /^(?:chattr|HISTORY)/)
    equal(record.hostname, 'h')
  }
})

function writerStub(parts: Partial<Writer>): Writer {
  return {
    ready: Promise.resolve(),
    ended: new Promise(() => {}),
    attach() {},
    removeDaysBefore() {},
    trouble: () => undefined,
    failing: () => new Promise(() => {}),
    async [Symbol.asyncDispose]() {},
    ...parts,
  }
}

function freePort(): Promise<number> {
  return new Promise(resolve => {
    const socket = createSocket('udp4').bind(0, '127.0.0.1', () => {
      const { port } = socket.address()
      socket.close(() => resolve(port))
    })
  })
}

async function serveUntilExit(dataDir: string, receive: string): Promise<{ code: number | null; output: string }> {
  const config = join(dataDir, 'picket.yaml')
  writeFileSync(config, `dataDir: ${dataDir}\nreceive: ${receive}\nweb: { port: 0 }\n`, { mode: 0o600 })
  const child = spawn(process.execPath, [join(root, 'src/main.ts'), 'serve', '--config', config], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  child.stdout.on('data', data => (output += String(data)))
  child.stderr.on('data', data => (output += String(data)))
  const timer = setTimeout(() => child.kill('SIGKILL'), 20_000)
  const [code] = (await once(child, 'exit')) as [number | null]
  clearTimeout(timer)
  return { code, output }
}
