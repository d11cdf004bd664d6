// A program that flips bits of a data folder one after the other, asks verify, reads everything, and flips them back:
// node bit-flipper.ts PLAN. Prints a tally as JSON.
import { closeSync, openSync, readdirSync, readFileSync, readSync, statSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import type { RecordJson } from '../../src/model/record.ts'
import { mayDecode } from '../../src/parse/may-decode.ts'
import { rawOf, recordOf } from '../../src/parse/record.ts'
import type { Query } from '../../src/query/ast.ts'
import { parseQuery } from '../../src/query/parse.ts'
import { verifyStore } from '../../src/store/sqlite/integrity/verify.ts'
import { openReader } from '../../src/store/sqlite/reader.ts'
import type { Reader } from '../../src/store/store.ts'

export type FlipPlan = {
  readonly dataDir: string
  /** Hex. */
  readonly sealKey: string
  /** How many bits are tried by all processes together. */
  readonly flips: number
  readonly index: number
  readonly of: number
}

/** The counts by name say what the bits belong to. */
export type FlipTally = {
  flips: number
  found: number
  foundDeep: number
  readonly refused: Record<string, number>
  readonly harmless: Record<string, number>
  /** The chain seals records, not which rules had matched them: hits can be made again. */
  readonly unsealed: Record<string, number>
  readonly silent: string[]
}

const unusedSpace = ', unused space'

type Target = { readonly name: string; readonly path: string; readonly bits: number; readonly map: PageMap | undefined }

/** The bits that can be tried: every one, but one of each byte that SQLite leaves unused. */
export function bitsOf(dataDir: string): { readonly all: number; readonly tried: number } {
  const targets = targetsOf(dataDir)
  return { all: targets.reduce((sum, { bits }) => sum + bits, 0), tried: triedOf(targets).length }
}

function flip({ dataDir, sealKey, flips, index, of }: FlipPlan): FlipTally {
  const tally: FlipTally = { flips: 0, found: 0, foundDeep: 0, refused: {}, harmless: {}, unsealed: {}, silent: [] }
  const targets = targetsOf(dataDir)
  const tried = triedOf(targets)
  const step = spreadingStep(tried.length)
  const key = Buffer.from(sealKey, 'hex')
  const isFound = (deep: boolean): boolean => {
    try {
      return verifyStore(dataDir, { sealKey: key, deep }).outcome !== 'intact'
    } catch {
      return true // a verify that ends with an error has told
    }
  }
  if (isFound(true)) throw new Error('the folder is damaged before anything was flipped')
  const before = readAll(dataDir)
  for (let i = index; i < flips; i += of) {
    const { target, bit } = tried[(i * step) % tried.length] as Tried
    tally.flips++
    flipBit(target.path, bit)
    judge(target, bit)
    flipBit(target.path, bit)
  }
  if (isFound(true)) throw new Error('the folder is damaged after everything was flipped back')
  return tally

  function judge({ name, map }: Target, bit: number): void {
    if (isFound(false)) {
      tally.found++
      return
    }
    const place = map === undefined ? name : map(bit >> 3)
    const after = readAll(dataDir)
    const changed = [...before.keys()].filter(what => after.get(what) !== before.get(what))
    if (changed.length === 0 && place.endsWith(unusedSpace)) count(tally.harmless, place)
    else if (isFound(true)) tally.foundDeep++
    else if (changed.length === 0) count(tally.harmless, place)
    else if (changed.every(what => after.get(what) === undefined)) count(tally.refused, place)
    else if (changed.every(what => what === 'hits')) count(tally.unsealed, place)
    else tally.silent.push(`${name}, bit ${bit % 8} of byte ${bit >> 3} (${place}): ${changed.join(', ')}`)
  }
}

function count(counts: Record<string, number>, name: string): void {
  counts[name] = (counts[name] ?? 0) + 1
}

/** Near the golden section, and without a common divisor: its multiples reach each bit once, evenly spread at any time. */
function spreadingStep(bits: number): number {
  const divisor = (a: number, b: number): number => (b === 0 ? a : divisor(b, a % b))
  let step = Math.floor(bits * 0.618)
  while (divisor(step, bits) !== 1) step++
  return step
}

type Tried = { readonly target: Target; readonly bit: number }

function triedOf(targets: readonly Target[]): readonly Tried[] {
  const tried: Tried[] = []
  for (const target of targets)
    for (let byte = 0; byte < target.bits / 8; byte++) {
      const isUnused = target.map?.(byte).endsWith(unusedSpace) === true
      for (let bit = 0; bit < 8; bit++) if (!isUnused || bit === byte % 8) tried.push({ target, bit: byte * 8 + bit })
    }
  return tried
}

function targetsOf(dataDir: string): readonly Target[] {
  return readdirSync(dataDir, { recursive: true, encoding: 'utf8' })
    .map(name => ({ name, path: join(dataDir, name) }))
    .filter(({ path }) => statSync(path).isFile())
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, path }) => ({
      name,
      path,
      bits: statSync(path).size * 8,
      map: name.endsWith('.db') ? mapPages(path) : undefined,
    }))
}

function flipBit(path: string, bit: number): void {
  const fd = openSync(path, 'r+')
  try {
    const byte = Buffer.alloc(1)
    readSync(fd, byte, 0, 1, bit >> 3)
    byte[0] = (byte[0] as number) ^ (1 << (bit & 7))
    writeSync(fd, byte, 0, 1, bit >> 3)
  } finally {
    closeSync(fd)
  }
}

/** Words are looked up in the full-text index, numbers in the term filters; the rest is read from columns and summaries. */
const everything = parsed('')
const searched = ['session', 'u3', 'procid:7', 'host:host1 AND NOT u1'].map(q => ({ q, query: parsed(q) }))

function parsed(q: string): Query {
  const result = parseQuery(q)
  if ('error' in result) throw new Error(`BUG: ${q} is no query`)
  return result.query
}

/** What each way of reading gives; undefined where it refuses. */
function readAll(dataDir: string): ReadonlyMap<string, string | undefined> {
  const found = new Map<string, string | undefined>()
  const reader = openReader(dataDir, { recordOf, rawOf, mayDecode }, () => Date.UTC(2027, 0))
  const ask = (what: string, read: () => unknown): void => {
    try {
      found.set(what, JSON.stringify(read()))
    } catch {
      found.set(what, undefined)
    }
  }
  try {
    ask('records', () => pages(reader, { query: everything, raw: true }))
    for (const { q, query } of searched) ask(`search for ${q}`, () => pages(reader, { query }).map(({ id }) => id))
    ask('histogram', () => reader.histogram({ query: everything, buckets: 20 }))
    ask('facets', () => reader.facets({ query: everything, fields: ['host', 'app', 'severity', 'peer'], limit: 20 }))
    ask('hosts', () => reader.hosts({}))
    ask('hits', () => {
      const { hits, unreadable } = reader.hitsAfter(undefined, 100_000)
      if (unreadable.length > 0) throw new Error('told of')
      return hits
    })
  } finally {
    reader.close()
  }
  return found
}

function pages(reader: Reader, request: Omit<Parameters<Reader['search']>[0], 'limit'>): readonly RecordJson[] {
  const records: RecordJson[] = []
  for (let cursor: string | undefined | null; cursor !== null; ) {
    const page = reader.search({ ...request, limit: 5000, cursor })
    records.push(...page.records)
    cursor = page.nextCursor
  }
  return records
}

/** What a byte of a database belongs to. */
type PageMap = (byte: number) => string

type Page = { readonly name: string; readonly pageno: number; readonly pagetype: string; readonly unused: number }

/** SQLite file format §1.6: a page's cells grow from its end towards the list of their places; between them nothing is. */
function mapPages(path: string): PageMap {
  const db = new Database(path, { readonly: true })
  const pageBytes = db.pragma('page_size', { simple: true }) as number
  const pages = new Map(
    (db.prepare('SELECT name, pageno, pagetype, unused FROM dbstat').all() as Page[]).map(page => [page.pageno, page]),
  )
  db.close()
  const data = readFileSync(path)
  return byte => {
    if (byte < 100) return 'the header of the file'
    const page = pages.get(Math.floor(byte / pageBytes) + 1)
    if (page === undefined) return `free pages${unusedSpace}`
    const start = (page.pageno - 1) * pageBytes
    return `${page.name}${isUnused(page, start, byte - start) ? unusedSpace : ''}`
  }

  function isUnused({ pageno, pagetype, unused }: Page, start: number, at: number): boolean {
    if (pagetype === 'overflow') return at >= pageBytes - unused
    const header = start + (pageno === 1 ? 100 : 0)
    const cells = data.readUInt16BE(header + 3)
    const from = header - start + (pagetype === 'internal' ? 12 : 8) + 2 * cells
    return at >= from && at < (data.readUInt16BE(header + 5) || 65_536)
  }
}

if (import.meta.main) console.log(JSON.stringify(flip(JSON.parse(process.argv[2] ?? '') as FlipPlan)))
