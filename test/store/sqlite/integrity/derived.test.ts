// What searches read instead of the records: counts, the full-text index, the term filters.
import { deepEqual, equal, ok } from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import { isPicketError } from '../../../../src/base/errors.ts'
import { rawOf, recordOf } from '../../../../src/parse/record.ts'
import type { Query } from '../../../../src/query/ast.ts'
import { parseQuery } from '../../../../src/query/parse.ts'
import { column } from '../../../../src/store/sqlite/block.ts'
import { packBytes, packJson, unpackBytes, unpackJson } from '../../../../src/store/sqlite/columns.ts'
import { dayPath } from '../../../../src/store/sqlite/day-file.ts'
import { verifyStore } from '../../../../src/store/sqlite/integrity/verify.ts'
import { openReader } from '../../../../src/store/sqlite/reader.ts'
import { buildFilter } from '../../../../src/store/sqlite/terms.ts'
import { batchOf, dayMs, fillSmall, frames, noon, tamper, withAppender, withFolder } from './stores.ts'

/** One sealed block with everything, and six small ones on the next day. */
function fillBoth(dir: string): void {
  withAppender(dir, appender => {
    for (let i = 0; i < 40; i++) appender.append([batchOf(frames, noon + i * 60_000)])
    appender.append([batchOf(frames, noon + dayMs)])
  })
  fillSmall(dir, noon + dayMs)
}

/** Whole without --deep; with it, these records. */
function finds(change: (dir: string) => void, records: readonly (readonly [number, number])[]): void {
  withFolder(dir => {
    fillBoth(dir)
    deepEqual(verifyStore(dir, { deep: true }).findings, [])
    change(dir)
    equal(verifyStore(dir).outcome, 'intact')
    const { outcome, findings } = verifyStore(dir, { deep: true })
    equal(outcome, records.length === 0 ? 'intact' : 'altered')
    deepEqual(
      findings.map(({ kind, seq, lastSeq }) => [kind, seq, lastSeq]),
      records.map(([first, last]) => ['index', first, last]),
    )
  })
}

test('counts', () => {
  finds(
    dir =>
      tamper(dir, db => {
        const summary = unpackJson(db.prepare('SELECT summary FROM block').pluck().get() as Buffer)
        const text = JSON.stringify(summary)
        ok(text.includes('"web01",40'))
        db.prepare('UPDATE block SET summary = ?').run(
          Buffer.from(packJson(JSON.parse(text.replace('"web01",40', '"web01",39')))),
        )
      }),
    [[1, 360]],
  )
})

test('a block that the index does not name, and one whose filter is empty', () => {
  finds(dir => tamper(dir, db => db.exec(`INSERT INTO term(term) VALUES ('delete-all')`)), [[1, 360]])
  finds(
    dir =>
      tamper(dir, db => {
        const empty = Buffer.alloc(buildFilter(new Int32Array(0)).length)
        db.prepare('UPDATE term_filter SET filter = ?').run(empty)
      }),
    [[1, 360]],
  )
})

test('a small block said to be sealed, one that is neither, and one without a word', () => {
  finds(
    dir => tamper(dir, db => db.exec('UPDATE block SET sealed = 33 WHERE first_seq = 370'), noon + dayMs),
    [[370, 378]],
  )
  finds(
    dir => tamper(dir, db => db.exec('UPDATE block SET sealed = 1 WHERE first_seq = 370'), noon + dayMs),
    [[370, 378]],
  )
  finds(
    dir =>
      tamper(
        dir,
        db => {
          const id = 370 * 16 + column.words
          const words = unpackBytes(db.prepare('SELECT data FROM column_data WHERE id = ?').pluck().get(id) as Buffer)
          const fewer = words
            .toString()
            .split(' ')
            .filter(word => word !== 'failed')
          db.prepare('UPDATE column_data SET data = ? WHERE id = ?').run(
            Buffer.from(packBytes(Buffer.from(fewer.join(' ')))),
            id,
          )
        },
        noon + dayMs,
      ),
    [[370, 378]],
  )
})

test('whatever was stored, nothing is found', () => {
  const lines = fc.array(fc.oneof(fc.constantFrom(...frames), fc.uint8Array({ minLength: 1, maxLength: 60 })), {
    minLength: 1,
    maxLength: 40,
  })
  fc.assert(
    fc.property(lines, made => {
      withFolder(dir => {
        withAppender(dir, appender => {
          for (const line of made) appender.append([batchOf([line])])
          while (appender.merge());
        })
        deepEqual(verifyStore(dir, { deep: true }).findings, [])
      })
    }),
    { numRuns: 20 },
  )
})

test('every single-bit flip is found, or searches answer the same or refuse to', () => {
  withFolder(dir => {
    fillBoth(dir)
    const path = dayPath(dir, '20261123')
    const whole = readFileSync(path)
    let before = ''
    const answers = (): string => {
      const reader = openReader(dir, { recordOf, rawOf }, () => noon + dayMs)
      try {
        return JSON.stringify([
          reader.search({ query: { kind: 'all' }, limit: 1000, raw: true }),
          ...['failed', '203.0.113.9', 'host:db01'].map(text => reader.search({ query: parsed(text), limit: 1000 })),
          reader.hosts({}),
          reader.totals(),
          reader.histogram({ query: { kind: 'all' }, from: undefined, to: undefined, buckets: 10 }),
        ])
      } catch (error) {
        if (isPicketError(error, 'DATA_UNREADABLE')) return before
        throw error
      } finally {
        reader.close()
      }
    }
    before = answers()
    ok(before.includes('web01'))
    fc.assert(
      fc.property(fc.integer({ min: 0, max: whole.length * 8 - 1 }), bit => {
        const flipped = Buffer.from(whole)
        flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7))
        writeFileSync(path, flipped)
        if (verifyStore(dir, { deep: true }).outcome === 'altered') return
        ok(answers() === before, `bit ${bit}`)
      }),
      { numRuns: 150 },
    )
  })
})

function parsed(text: string): Query {
  const result = parseQuery(text)
  if ('error' in result) throw new Error(result.error.message)
  return result.query
}
