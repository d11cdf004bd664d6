// Every hostile datagram and stream that we know, against one running process, while a good sender goes on.
import { deepEqual, equal, ok } from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { type LedgerJson, noSums, printBooks } from '../../src/model/books.ts'
import type { RecordJson } from '../../src/model/record.ts'
import { loadBooks } from '../../src/store/ledger-file.ts'
import { type Client, eventually, startPicket } from './picket.ts'

const vectors = readFileSync(join(import.meta.dirname, '../fixtures/hostile-dev.jsonl'), 'utf8')
  .trim()
  .split('\n')
  .map(line => JSON.parse(line) as { readonly id: string; readonly vector: 'udp' | 'tcp'; readonly raw_b64: string })
  .map(({ id, vector, raw_b64 }) => ({ id, vector, bytes: Buffer.from(raw_b64, 'base64') }))
const datagrams = vectors.filter(({ vector }) => vector === 'udp')
const streams = vectors.filter(({ vector }) => vector === 'tcp')
/** Each vector is sent so often: what leaks a little leaks visibly. */
const rounds = 5

test('hostile input: the process lives and stays small, good lines and hostile bytes are all stored', {
  timeout: 90_000,
}, async () => {
  await using picket = await startPicket()
  const client = await picket.login()
  const full = datagrams.filter(({ bytes }) => bytes.length > 0).length
  const pid = picket.process.pid as number // it runs
  await using good = startGoodSender(picket.tcp)

  // One round to warm up: code is compiled, buffers and search processes exist.
  await attack(1)
  await client.records('*')
  const before = residentBytes(pid)
  for (let round = 2; round <= rounds; round++) await attack(round)
  const sent = await good.finish()
  // The counters are told once a second: old ones may balance while the last lines are still on their way.
  const goodLines = await eventually(async () => {
    const found = await client.records('host:good01 app:steady')
    return found.length >= sent ? found : undefined
  }, `${sent} good lines`)
  const books = await eventually(() => booksBalance(), 'frames received = records stored')
  const grown = residentBytes(pid) - before
  ok(grown < 50 << 20, `resident memory grew by ${grown >> 20} MiB`)
  equal(picket.process.exitCode, null)
  deepEqual(
    picket.log.filter(({ level }) => level >= 50),
    [],
    'errors in the log',
  )

  const numbers = goodLines.map(({ message }) => Number(message.slice(7)))
  deepEqual(
    numbers.toReversed(),
    Array.from({ length: sent }, (_, i) => i),
  )

  const stored = countBy((await rawRecords(client, 'transport:udp')).map(({ raw }) => raw ?? ''))
  for (const { id, bytes } of datagrams) {
    if (bytes.length === 0) continue
    equal(stored.get(bytes.toString('base64')), rounds, `${id}: stored byte for byte, once for each time sent`)
  }
  equal(books.udpFrames, full * rounds)
  equal(books.emptyDropped, (datagrams.length - full) * rounds)
  equal(books.stored, books.udpFrames + books.tcpFrames)

  const noted = await eventually(async () => {
    const ledger = await client.get<LedgerJson>('/api/v1/ledger')
    return ledger.total.stored === books.stored ? ledger : undefined
  }, 'the books with all that is stored')
  equal(noted.difference, 0)
  equal(await picket.stop(), 0)
  const saved = loadBooks(picket.dataDir)
  ok(saved)
  const { difference, listeners, total } = printBooks(saved)
  equal(difference, 0)
  deepEqual([total.stored, total.waiting, total.lost_at_end], [books.stored, 0, 0])
  deepEqual(listeners.udp, {
    ...noSums,
    received: datagrams.length * rounds,
    stored: full * rounds,
    empty: books.emptyDropped,
  })

  async function attack(round: number): Promise<void> {
    const udp = createSocket('udp4')
    for (const { bytes } of datagrams)
      await new Promise(resolve => udp.send(bytes, picket.udp, '127.0.0.1', () => resolve(undefined)))
    udp.close()
    for (const { id, bytes } of streams) await attackStream(picket.tcp, bytes, id === 'tcp-half-utf8-split')
    // The kernel's buffer for UDP is small on many machines: it must not be what fails here.
    const all = async () => (await readBooks()).udpFrames === full * round || undefined
    await eventually(all, `the datagrams of round ${round}`)
  }

  async function readBooks() {
    const metrics = (await client.get<string>('/metrics')).split('\n')
    const value = (name: string) => Number(metrics.find(line => line.startsWith(`${name} `))?.split(' ')[1])
    return {
      stored: value('picket_records_stored_total'),
      udpFrames: value('picket_frames_total{transport="udp"}'),
      tcpFrames: value('picket_frames_total{transport="tcp"}'),
      emptyDropped: value('picket_frames_dropped_total{transport="udp",reason="empty"}'),
    }
  }

  async function booksBalance() {
    const books = await readBooks()
    return books.stored > 0 && books.stored === books.udpFrames + books.tcpFrames ? books : undefined
  }
})

test('what was hostile on the wire is searched and told as text', async () => {
  await using picket = await startPicket()
  const client = await picket.login()
  const udp = createSocket('udp4').unref()
  for (const { bytes } of datagrams) udp.send(bytes, picket.udp, '127.0.0.1')
  await sendStream(picket.tcp, Buffer.from('<13>Nov 23 10:00:00 good01 steady: last\n'))
  await eventually(async () => (await client.records('*')).length === datagrams.length || undefined, 'all records')

  const messages = async (q: string) => (await client.records(q)).map(({ message }) => message)
  deepEqual(await messages('app:app "document.title"'), ['<script>document.title="PWN"</script>'])
  deepEqual(await messages('message:"before" message:chattr'), ['before#000after chattr +i x'])
  equal((await messages('"DROP TABLE rec"')).length, 1)
  equal((await client.records('host:__proto__')).length, 1)
  // A line feed in a datagram does not make a second record.
  deepEqual(await messages('app:sshd'), [])
  equal((await client.records('message:"Accepted publickey for root"')).length, 1)
  const { facets } = await client.get<{ facets: { host: readonly { value: string; count: number }[] } }>(
    '/api/v1/facets?fields=host&limit=100',
  )
  deepEqual(
    facets.host.filter(({ value }) => value === '__proto__'),
    [{ value: '__proto__', count: 1 }],
  )
})

type GoodSender = AsyncDisposable & {
  /** Stops and tells how many lines were sent. */
  finish(): Promise<number>
}

/** Sends numbered lines over one TCP connection, some every few milliseconds. */
function startGoodSender(port: number): GoodSender {
  const socket = connect(port, '127.0.0.1')
  let sent = 0
  const timer = setInterval(() => {
    for (let i = 0; i < 5; i++) socket.write(`<14>Nov 23 12:00:00 good01 steady: number ${sent++}\n`)
  }, 5)
  return {
    async finish() {
      clearInterval(timer)
      socket.end()
      await once(socket, 'close')
      return sent
    },
    async [Symbol.asyncDispose]() {
      clearInterval(timer)
      socket.destroy()
    },
  }
}

/** Sends the bytes and half-closes; a server that hangs up on them is as good as one that reads to the end. */
async function attackStream(port: number, bytes: Buffer, isCutInCharacter: boolean): Promise<void> {
  await sendStream(port, bytes, isCutInCharacter ? Buffer.from([0xa9, 0x0a]) : undefined)
}

async function sendStream(port: number, bytes: Buffer, second?: Buffer): Promise<void> {
  const socket = connect(port, '127.0.0.1').setNoDelay(true)
  socket.on('error', () => undefined) // ECONNRESET: it hung up
  const closed = new Promise(resolve => socket.once('close', resolve))
  socket.resume()
  socket.write(bytes)
  if (second !== undefined) {
    await new Promise(resolve => setTimeout(resolve, 50)) // a segment of its own
    socket.write(second)
  }
  socket.end()
  await closed
}

async function rawRecords(client: Client, q: string): Promise<readonly RecordJson[]> {
  const found: RecordJson[] = []
  let cursor: string | null = ''
  while (cursor !== null) {
    const page: { readonly records: readonly RecordJson[]; readonly next_cursor: string | null } = await client.get(
      `/api/v1/records?q=${encodeURIComponent(q)}&raw=1&limit=1000${cursor && `&cursor=${cursor}`}`,
    )
    found.push(...page.records)
    cursor = page.next_cursor
  }
  return found
}

/** What the process holds in memory, from proc(5). */
function residentBytes(pid: number): number {
  return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024
}

function countBy(values: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
  return counts
}
