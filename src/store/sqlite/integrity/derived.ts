// `picket verify --deep`: what searches read instead of the records must be what the records give. Summaries, the full-text
// index and the term filters are made again and compared: an index without a word would hide every record that has it.
import { column } from '../block.ts'
import { BlockBuilder } from '../block-builder.ts'
import { openBlock } from '../block-view.ts'
import { unpackBytes, unpackJson } from '../columns.ts'
import type { Db } from '../day-file.ts'
import { buildFilter, mayContain } from '../terms.ts'

export type DerivedProblem = { readonly seq: number; readonly lastSeq: number; readonly text: string }

type BlockRow = {
  readonly first_seq: number
  readonly count: number
  readonly sealed: number
  readonly summary: Buffer
}

/**
 * Compares what is derived with the sealed records of a day file, block by block. Words that only a decoded field has are
 * not looked at: what they are depends on the parsers of the Picket that stored them.
 *
 * @param db a connection of openDayForReading in a transaction; its `query_only` is switched off for a temporary table
 */
export function* derivedProblems(db: Db): Generator<DerivedProblem> {
  const builder = new BlockBuilder()
  const indexed = indexedWords(db)
  const dataOf = db.prepare('SELECT data FROM column_data WHERE id = ?').pluck()
  const filterOf = db.prepare('SELECT filter FROM term_filter WHERE first_seq = ?').pluck()
  const blocks = db
    .prepare('SELECT first_seq, count, sealed, summary FROM block ORDER BY first_seq')
    .all() as BlockRow[]
  for (const { first_seq, count, sealed, summary } of blocks) {
    const problem = (text: string): DerivedProblem => ({ seq: first_seq, lastSeq: first_seq + count - 1, text })
    // what is neither sealed nor open, searches by words take for neither
    if (sealed !== 0 && sealed !== 1) yield problem('searches for words pass over them')
    try {
      const read = (id: number): Buffer => dataOf.get(first_seq * 16 + id) as Buffer
      builder.clear()
      fill(builder, first_seq, count, read)
      const made = builder.encodeMerged()
      if (JSON.stringify(unpackJson(Buffer.from(made.summary))) !== JSON.stringify(unpackJson(summary)))
        yield problem('the counts by minute, host and program are not those of the records')
      const words =
        sealed === 1 ? indexed.get(first_seq) : new Set(unpackBytes(read(column.words)).toString().split(' '))
      const missing = made.words.split(' ').find(word => word !== '' && words?.has(word) !== true)
      if (missing !== undefined) yield problem(`searches for the word ${missing} pass over them`)
      const filter =
        sealed === 1 ? (filterOf.get(first_seq) as Buffer | undefined) : filterFrom(read(column.filterTerms))
      if (filter !== undefined && made.filterTerms.some(term => !mayContain(filter, term)))
        yield problem('searches for a number or address in them pass over them')
    } catch (error) {
      yield problem(`what is derived from them cannot be read: ${(error as Error).message}`)
    }
  }
}

function fill(builder: BlockBuilder, firstSeq: number, count: number, read: (id: number) => Buffer): void {
  const view = openBlock(firstSeq, count, read)
  for (let i = 0; i < count; i++) {
    const row = view.row(i)
    builder.appendRow(row)
    if (row.layout !== 0) builder.terms.addBytes(row.bytes, 0, row.bytes.length)
  }
}

/** The words of each sealed block. */
function indexedWords(db: Db): ReadonlyMap<number, ReadonlySet<string>> {
  db.pragma('query_only = OFF')
  db.exec('CREATE VIRTUAL TABLE temp.verified_term USING fts5vocab(main, term, instance)')
  const words = new Map<number, Set<string>>()
  for (const { term, doc } of db.prepare('SELECT term, doc FROM temp.verified_term').iterate() as Iterable<{
    term: string
    doc: number
  }>) {
    const of = words.get(doc)
    if (of === undefined) words.set(doc, new Set([term]))
    else of.add(term)
  }
  db.exec('DROP TABLE temp.verified_term')
  return words
}

/** The filter that the terms of an unsealed block will give. */
function filterFrom(terms: Buffer): Uint8Array {
  return buildFilter(new Int32Array(Uint8Array.from(terms).buffer))
}
