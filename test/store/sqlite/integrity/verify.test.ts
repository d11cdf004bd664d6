// Whoever changes the store behind Picket's back is found: design/reliability.md §5.3, case by case.
import { deepEqual, equal, ok } from 'node:assert/strict'
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { isPicketError } from '../../../../src/base/errors.ts'
import { rawOf, recordOf } from '../../../../src/parse/record.ts'
import { column } from '../../../../src/store/sqlite/block.ts'
import {
  packBytes,
  packDeltas,
  packJson,
  unpackBytes,
  unpackDeltas,
  unpackJson,
} from '../../../../src/store/sqlite/columns.ts'
import { dayPath } from '../../../../src/store/sqlite/day-file.ts'
import { linkHash } from '../../../../src/store/sqlite/integrity/chain.ts'
import { findingKinds } from '../../../../src/store/sqlite/integrity/finding.ts'
import { type Verification, verifyStore } from '../../../../src/store/sqlite/integrity/verify.ts'
import { openReader } from '../../../../src/store/sqlite/reader.ts'
import { cannotRun, verifySecond } from './second-verifier.ts'
import { batchOf, dayMs, fillSmall, frames, noon, tamper, withAppender, withFolder } from './stores.ts'

/** Outcome and findings in short: `altered 1-9`. */
const said = ({ outcome, findings }: Verification): string[] => [
  outcome,
  ...findings.map(({ kind, seq, lastSeq }) => (seq === undefined ? kind : `${kind} ${seq}-${lastSeq}`)),
]

/** Fills a store, lets `change` at it, and compares what verify says. */
function finds(change: (dir: string) => void, want: readonly string[]): void {
  withFolder(dir => {
    fillSmall(dir)
    equal(verifyStore(dir).outcome, 'intact')
    change(dir)
    isSaid(dir, want)
  })
}

/** Both verifiers say so. */
function isSaid(dir: string, want: readonly string[]): void {
  deepEqual(said(verifyStore(dir)), want)
  if (cannotRun !== false) return
  const { outcome, findings, code } = verifySecond(dir)
  deepEqual(
    [outcome, ...findings.map(({ kind, seq, last_seq }) => (seq === null ? kind : `${kind} ${seq}-${last_seq}`))],
    want,
  )
  equal(code, outcome === 'intact' ? 0 : outcome === 'altered' ? 1 : 2)
}

const columnId = (seq: number, id: number): number => seq * 16 + id

function changeColumn(dir: string, seq: number, id: number, change: (data: Buffer) => Uint8Array): void {
  tamper(dir, db => {
    const data = db.prepare('SELECT data FROM column_data WHERE id = ?').pluck().get(columnId(seq, id)) as Buffer
    db.prepare('UPDATE column_data SET data = ? WHERE id = ?').run(Buffer.from(change(data)), columnId(seq, id))
  })
}

test('what Picket wrote is intact: small blocks, merged ones, several days, restarts', () => {
  withFolder(dir => {
    fillSmall(dir)
    const small = verifyStore(dir)
    deepEqual([...said(small), small.records, small.links], ['intact', 30, 7])
    fillSmall(dir, noon + dayMs) // closes the first day: one block, one row
    withAppender(dir, appender => appender.heartbeat())
    const two = verifyStore(dir)
    deepEqual([...said(two), two.records, two.links, two.days], ['intact', 60, 15, 2])
    tamper(dir, db => equal(db.prepare('SELECT count(*) FROM batch').pluck().get(), 7))
  })
})

test('merging keeps what was hashed, whatever the batches hold', () => {
  const batches = fc.array(
    fc.array(fc.oneof(fc.constantFrom(...frames), fc.uint8Array({ minLength: 1, maxLength: 60 })), {
      minLength: 1,
      maxLength: 6,
    }),
    { minLength: 33, maxLength: 70 },
  )
  fc.assert(
    fc.property(batches, made => {
      withFolder(dir => {
        let n = 0
        withAppender(dir, appender => {
          for (const lines of made) {
            appender.append([batchOf(lines)])
            if (n++ % 9 === 0) appender.heartbeat()
          }
          while (appender.merge());
          appender.append([batchOf(frames)])
          while (appender.merge());
        })
        const verified = verifyStore(dir)
        deepEqual([...said(verified), verified.links], ['intact', made.length + Math.ceil(made.length / 9) + 1])
        tamper(dir, db => ok((db.prepare('SELECT count(*) FROM batch').pluck().get() as number) < made.length))
      })
    }),
    { numRuns: 10 },
  )
})

test('a day that is over keeps its heartbeats in few rows', () => {
  withFolder(dir => {
    let now = noon
    withAppender(
      dir,
      appender => {
        appender.append([batchOf(frames)])
        for (let i = 0; i < 100; i++) appender.heartbeat()
        appender.append([batchOf(frames)])
        for (let i = 0; i < 50; i++) appender.heartbeat()
        now += dayMs
        appender.heartbeat()
      },
      () => now,
    )
    tamper(dir, db => equal(db.prepare('SELECT count(*) FROM batch').pluck().get(), 2))
    isSaid(dir, ['intact'])
    deepEqual([verifyStore(dir).links, verifyStore(dir).head?.n], [153, 153])
  })
})

test('a byte of a message changed', () => {
  finds(
    dir =>
      changeColumn(dir, 12, column.message, packed => {
        const text = Buffer.from(unpackBytes(packed))
        text[text.indexOf('root')] = 0x52
        return packBytes(text)
      }),
    ['altered', 'altered 12-20'],
  )
})

test('a receive time changed', () => {
  finds(
    dir =>
      changeColumn(dir, 21, column.received, packed => {
        const { firstReceived } = unpackJson(
          (() => {
            let data = Buffer.alloc(0)
            tamper(dir, db => {
              data = db
                .prepare('SELECT data FROM column_data WHERE id = ?')
                .pluck()
                .get(columnId(21, column.dictionary)) as Buffer<ArrayBuffer>
            })
            return data
          })(),
        ) as { firstReceived: number }
        const times = unpackDeltas(packed, 9, firstReceived)
        times[4] = (times[4] as number) + 1
        return packDeltas(times, 9).packed
      }),
    ['altered', 'altered 21-29'],
  )
})

test('a sender, a host name changed', () => {
  for (const [from, to] of [
    ['192.0.2.8', '192.0.2.9'],
    ['web02', 'web03'],
    ['windows-1252', 'utf-8'],
  ] as const)
    finds(
      dir =>
        changeColumn(dir, 21, column.dictionary, packed =>
          packJson(JSON.parse(JSON.stringify(unpackJson(packed)).replaceAll(from, to))),
        ),
      ['altered', 'altered 21-29'],
    )
})

test('an id that stands for no name, a column that is not there, one that cannot be unpacked', () => {
  finds(
    dir =>
      changeColumn(dir, 12, column.host, packed => {
        const ids = Buffer.from(packed)
        ids[ids.length - 1] = 99
        return ids
      }),
    ['altered', 'unreadable 12-20'],
  )
  finds(
    dir => tamper(dir, db => db.prepare('DELETE FROM column_data WHERE id = ?').run(columnId(12, column.host))),
    ['altered', 'unreadable 12-20'],
  )
  finds(dir => changeColumn(dir, 12, column.message, packed => packed.subarray(0, 20)), ['altered', 'unreadable 12-20'])
})

test('records deleted, with their batch and without', () => {
  const removeBlock = (dir: string, seq: number): void =>
    tamper(dir, db => {
      db.prepare('DELETE FROM block WHERE first_seq = ?').run(seq)
      db.prepare('DELETE FROM column_data WHERE id BETWEEN ? AND ?').run(seq * 16, seq * 16 + 15)
    })
  finds(dir => removeBlock(dir, 11), ['altered', 'missing 11-11'])
  finds(
    dir => {
      removeBlock(dir, 11)
      tamper(dir, db => db.exec('DELETE FROM batch WHERE n = 3'))
    },
    ['altered', 'missing 11-11'],
  )
})

test('records inserted, with a batch of their own and without', () => {
  const copyBlock = (dir: string, from: number, to: number): void =>
    tamper(dir, db => {
      db.prepare(
        'INSERT INTO block SELECT ?, count, sealed, min_received, max_received, summary FROM block WHERE first_seq = ?',
      ).run(to, from)
      db.prepare('INSERT INTO column_data SELECT id + ?, data FROM column_data WHERE id BETWEEN ? AND ?').run(
        (to - from) * 16,
        from * 16,
        from * 16 + 15,
      )
    })
  finds(dir => copyBlock(dir, 1, 31), ['altered', 'inserted 31-39'])
  finds(
    dir => {
      copyBlock(dir, 1, 31)
      tamper(dir, db =>
        db.exec(
          'INSERT INTO batch SELECT 8, 31, count, at, parts, (SELECT chain FROM batch WHERE n = 7), chain FROM batch WHERE n = 1',
        ),
      )
    },
    ['altered', 'altered 31-39'],
  )
})

test('two blocks swapped', () => {
  finds(
    dir =>
      tamper(dir, db =>
        db.exec(`
          UPDATE column_data SET id = -id WHERE id / 16 = 10;
          UPDATE column_data SET id = id - 16 WHERE id / 16 = 11;
          UPDATE column_data SET id = 16 - id WHERE id < 0;
          UPDATE block SET min_received = min_received + (CASE first_seq WHEN 10 THEN 1 ELSE -1 END),
            max_received = max_received + (CASE first_seq WHEN 10 THEN 1 ELSE -1 END) WHERE first_seq IN (10, 11);
        `),
      ),
    ['altered', 'altered 10-10', 'altered 11-11'],
  )
})

test('the bounds that searches use changed', () => {
  finds(
    dir => tamper(dir, db => db.exec('UPDATE block SET max_received = 0 WHERE first_seq = 12')),
    ['altered', 'altered 12-20'],
  )
})

test('a view in the place of a table, and a trigger', () => {
  for (const sql of [
    'ALTER TABLE hit RENAME TO hidden; CREATE VIEW hit AS SELECT * FROM hidden WHERE n > 9',
    'CREATE TRIGGER quiet AFTER INSERT ON hit BEGIN DELETE FROM hit; END',
  ])
    withFolder(dir => {
      fillSmall(dir)
      tamper(dir, db => db.exec(sql))
      deepEqual(said(verifyStore(dir)), ['altered', 'altered'])
    })
})

test('the tail cut off, with its heartbeat', () => {
  finds(
    dir => {
      tamper(dir, db => {
        db.exec('DELETE FROM batch WHERE n >= 5; DELETE FROM block WHERE first_seq >= 21')
        db.exec('DELETE FROM column_data WHERE id >= 21 * 16')
      })
    },
    ['altered', 'truncated 21-30'],
  )
})

test('a batch row changed', () => {
  for (const change of ['at = at + 1', 'chain = zeroblob(32)', 'previous = zeroblob(32)', 'count = 8'])
    withFolder(dir => {
      fillSmall(dir)
      tamper(dir, db => db.exec(`UPDATE batch SET ${change} WHERE n = 4`))
      equal(verifyStore(dir).outcome, 'altered', change)
    })
})

test('a day removed: by retention, and by somebody', () => {
  withFolder(dir => {
    for (const days of [0, 1, 2, 3]) fillSmall(dir, noon + days * dayMs)
    withAppender(
      dir,
      appender => appender.removeDaysBefore('20261124', 'age'),
      () => noon + 3 * dayMs,
    )
    isSaid(dir, ['intact'])
    withAppender(
      dir,
      appender => appender.removeDaysBefore('20261125', 'size'),
      () => noon + 3 * dayMs,
    )
    isSaid(dir, ['intact'])
    withAppender(
      dir,
      appender => appender.removeDaysBefore('20261126', 'disk'),
      () => noon + 3 * dayMs,
    )
    isSaid(dir, ['intact'])
    const reasons: unknown[] = []
    tamper(
      dir,
      db => {
        for (const body of db.prepare('SELECT body FROM event ORDER BY n').pluck().all() as string[])
          reasons.push((JSON.parse(body) as { reason?: string }).reason)
      },
      noon + 3 * dayMs,
    )
    deepEqual(reasons, ['age', 'size', 'disk'])
  })
  withFolder(dir => {
    for (const days of [0, 1, 2]) fillSmall(dir, noon + days * dayMs)
    withFolder(copy => {
      cpSync(dir, copy, { recursive: true })
      rmSync(dayPath(copy, '20261123'))
      isSaid(copy, ['altered', 'removed'])
    })
    rmSync(dayPath(dir, '20261124'))
    isSaid(dir, ['altered', 'missing 31-60'])
  })
})

test('a day that no longer receives is removed too, and the chain goes on', () => {
  withFolder(dir => {
    fillSmall(dir)
    const later = noon + 9 * dayMs
    withAppender(
      dir,
      appender => {
        deepEqual(appender.removeDaysBefore('20261201', 'age'), ['20261123'])
        appender.append([batchOf(frames, later)])
      },
      () => later,
    )
    const verified = verifyStore(dir)
    deepEqual([...said(verified), verified.records, verified.head?.n], ['intact', 9, 9])
  })
})

test('an older copy put back: the gap is exact, noted at the next start, and the numbers are not used again', () => {
  withFolder(dir => {
    fillSmall(dir)
    const records = join(dir, 'records')
    cpSync(records, join(dir, 'older'), { recursive: true })
    fillSmall(dir)
    rmSync(records, { recursive: true })
    cpSync(join(dir, 'older'), records, { recursive: true })
    isSaid(dir, ['altered', 'truncated 31-60'])
    withAppender(dir, appender => {
      deepEqual(appender.missing, { kind: 'missing', firstSeq: 31, lastSeq: 60, n: 7 })
      equal(appender.append([batchOf(frames)]).lastSeq, 69)
    })
    withAppender(dir, appender => equal(appender.missing, undefined))
    const verified = verifyStore(dir)
    deepEqual([...said(verified), verified.head?.n], ['altered', 'missing 31-60', 16])
  })
})

test('the whole history rewritten: consistent, but a checkpoint kept elsewhere knows better', () => {
  withFolder(dir => {
    fillSmall(dir)
    const { head } = verifyStore(dir)
    ok(head)
    withFolder(forged => {
      withAppender(forged, appender => {
        for (let i = 0; i < 8; i++) appender.append([batchOf(frames.slice(1))])
      })
      const without = verifyStore(forged)
      equal(without.outcome, 'intact')
      ok(without.notes.some(note => note.includes('not anchored')))
      deepEqual(said(verifyStore(forged, { anchors: [head] })), ['altered', 'anchor'])
    })
    const held = verifyStore(dir, { anchors: [head] })
    deepEqual([held.outcome, held.anchorsHeld], ['intact', 1])
    deepEqual(said(verifyStore(dir, { anchors: [{ n: head.n + 1, hash: head.hash }] })), ['altered', 'truncated'])
  })
})

test('a checkpoint in the middle of a merged row is compared too', () => {
  withFolder(dir => {
    fillSmall(dir)
    let fourth: Buffer | undefined
    tamper(dir, db => {
      fourth = db.prepare('SELECT chain FROM batch WHERE n = 4').pluck().get() as Buffer
    })
    ok(fourth)
    fillSmall(dir, noon + dayMs)
    equal(verifyStore(dir, { anchors: [{ n: 4, hash: fourth }] }).anchorsHeld, 1)
    deepEqual(said(verifyStore(dir, { anchors: [{ n: 4, hash: Buffer.alloc(32) }] })), ['altered', 'anchor'])
  })
})

test('nothing there is not intact', () => {
  withFolder(dir => {
    equal(verifyStore(dir).outcome, 'unclear')
    mkdirSync(join(dir, 'records'))
    writeFileSync(dayPath(dir, '20261123'), 'SQLite? No.')
    isSaid(dir, ['altered', 'unreadable'])
  })
})

test('every single-bit flip is found, or searches answer the same or refuse to', () => {
  withFolder(dir => {
    fillSmall(dir)
    fillSmall(dir, noon + dayMs)
    const path = dayPath(dir, '20261123')
    const whole = readFileSync(path)
    const rows = whole.length * 8
    let before = ''
    const content = (): string => {
      const reader = openReader(dir, { recordOf, rawOf })
      try {
        return JSON.stringify(reader.search({ query: { kind: 'all' }, limit: 100, raw: true }).records)
      } catch (error) {
        if (isPicketError(error, 'DATA_UNREADABLE')) return before
        throw error
      } finally {
        reader.close()
      }
    }
    before = content()
    equal(JSON.parse(before).length, 60)
    fc.assert(
      fc.property(fc.integer({ min: 0, max: rows - 1 }), bit => {
        const flipped = Buffer.from(whole)
        flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7))
        writeFileSync(path, flipped)
        if (verifyStore(dir).outcome === 'altered') return
        ok(content() === before, `bit ${bit}`)
      }),
      { numRuns: 300 },
    )
  })
})

test('the form of a link is fixed', () => {
  const link = { firstSeq: 2, count: 3, at: 4, digest: Buffer.alloc(32, 5) }
  equal(
    linkHash(1, link, Buffer.alloc(32)).toString('hex'),
    '4e75951728ce75cf45cbad9b9e96e2ad4231bc968ba5053ab5b6f315aefc9939',
  )
})

test('docs/integrity.md names every kind of finding', () => {
  const text = readFileSync(join(import.meta.dirname, '../../../../docs/integrity.md'), 'utf8')
  deepEqual(
    findingKinds.filter(kind => !text.includes(`\`${kind}\``)),
    [],
  )
})
