// The ratchet: seals of a key that is wiped at once. Only who holds the first key can check them, and nobody here can make
// an earlier one again. Both verifiers are asked.
import { deepEqual, equal, ok, throws } from 'node:assert/strict'
import { cpSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { isPicketError } from '../../../../src/base/errors.ts'
import {
  advanceRatchet,
  loadRatchet,
  parseSealKey,
  printSealKey,
  type SealKey,
  startRatchet,
} from '../../../../src/store/sqlite/integrity/ratchet.ts'
import { verifyStore } from '../../../../src/store/sqlite/integrity/verify.ts'
import { cannotRun, verifySecond } from './second-verifier.ts'
import { batchOf, dayMs, frames, noon, tamper, withAppender, withFolder } from './stores.ts'

/** Sealed three times while it ran, and once at the close. */
function fillSealed(dir: string, at = noon): void {
  withAppender(
    dir,
    appender => {
      for (let i = 0; i < 3; i++) {
        appender.append([batchOf(frames, at + i)])
        appender.seal()
      }
      appender.append([batchOf(frames, at + 3)])
    },
    () => at,
  )
}

/** What both verifiers say of the seals: how many hold, and the kinds of what is wrong. */
function sealsOf(dir: string, first: SealKey): readonly unknown[] {
  const { sealsHeld, findings } = verifyStore(dir, { sealKey: first.key })
  const said = [sealsHeld, ...findings.map(({ kind }) => kind)]
  if (cannotRun === false) {
    const kept = `${dir}/kept`
    writeFileSync(kept, printSealKey(first))
    const second = verifySecond(dir, '--seal-key', kept)
    deepEqual([second.seals_held, ...second.findings.map(({ kind }) => kind)], said)
  }
  return said
}

test('each seal has its own key, over days, restarts and merges', () => {
  withFolder(dir => {
    const first = startRatchet(dir, { again: false })
    fillSealed(dir)
    fillSealed(dir, noon + dayMs)
    deepEqual(sealsOf(dir, first), [8])
    equal(loadRatchet(dir)?.epoch, 8)
    equal(statSync(join(dir, 'seal.key')).mode & 0o777, 0o600)
    withAppender(
      dir,
      appender => appender.removeDaysBefore('20261124', 'age'),
      () => noon + dayMs,
    )
    deepEqual(sealsOf(dir, first), [5])
  })
})

test('without a key nothing is sealed, and all is well', () => {
  withFolder(dir => {
    fillSealed(dir)
    equal(verifyStore(dir).outcome, 'intact')
    withFolder(other => {
      deepEqual(sealsOf(dir, startRatchet(other, { again: false })), [0, 'seal'])
    })
  })
})

test('the used key is wiped: the file holds the next one and nothing else', () => {
  withFolder(dir => {
    const first = startRatchet(dir, { again: false })
    for (let epoch = 0; epoch < 5; epoch++) {
      const { key } = loadRatchet(dir) as SealKey
      equal(loadRatchet(dir)?.epoch, epoch)
      advanceRatchet(dir)
      equal(readFileSync(join(dir, 'seal.key')).indexOf(key), -1)
    }
    equal(loadRatchet(dir)?.series, first.series)
  })
})

test('history rewritten by somebody with everything on this machine', () => {
  withFolder(dir => {
    const first = startRatchet(dir, { again: false })
    fillSealed(dir)
    withFolder(forged => {
      // the forger has the key of now, and copies the seals of then
      cpSync(join(dir, 'seal.key'), join(forged, 'seal.key'))
      withAppender(forged, appender => {
        for (let i = 0; i < 9; i++) appender.append([batchOf(frames.slice(1))])
      })
      equal(verifyStore(forged).outcome, 'intact')
      // the key of now is genuine; the ones of then are not to be had
      deepEqual(sealsOf(forged, first), [1, 'seal'])
    })
  })
})

test('the end cut off with its seals, and the key put back as far as can be', () => {
  withFolder(dir => {
    const first = startRatchet(dir, { again: false })
    fillSealed(dir)
    tamper(dir, db => {
      const { n, first_seq } = db
        .prepare(`SELECT n, first_seq FROM batch WHERE n = (SELECT n FROM event ORDER BY n LIMIT 1 OFFSET 2)`)
        .get() as { n: number; first_seq: number }
      db.prepare('DELETE FROM batch WHERE n >= ?').run(n)
      db.prepare('DELETE FROM event WHERE n >= ?').run(n)
      db.prepare('DELETE FROM block WHERE first_seq >= ?').run(first_seq)
    })
    writeFileSync(join(dir, 'ack.hwm'), '')
    deepEqual(sealsOf(dir, first), [2, 'seal'])
    const file = readFileSync(join(dir, 'seal.key'))
    // an epoch that fits, with the key that is there
    const other = startRatchet(dir, { again: true })
    ok(other.series !== first.series)
    deepEqual(sealsOf(dir, first), [2])
    writeFileSync(join(dir, 'seal.key'), file)
    deepEqual(sealsOf(dir, first), [2, 'seal'])
  })
})

test('a crash between the seal and the wiping uses no key twice', () => {
  withFolder(dir => {
    const first = startRatchet(dir, { again: false })
    const before = readFileSync(join(dir, 'seal.key'))
    withAppender(dir, appender => appender.append([batchOf(frames)]))
    writeFileSync(join(dir, 'seal.key'), before)
    fillSealed(dir)
    const said = sealsOf(dir, first)
    deepEqual(said, [4])
  })
})

test('a key file: made once, broken slots, the printed line', () => {
  withFolder(dir => {
    const first = startRatchet(dir, { again: false })
    throws(
      () => startRatchet(dir, { again: false }),
      error => isPicketError(error, 'CONFLICT'),
    )
    const line = printSealKey(first)
    deepEqual(parseSealKey(`kept in the safe:\n${line}\n`), first.key)
    equal(parseSealKey(line.replace(/.$/, end => (end === 'A' ? 'Q' : 'A'))), undefined)
    advanceRatchet(dir)
    writeFileSync(join(dir, 'seal.key'), 'nothing')
    equal(loadRatchet(dir), undefined)
  })
})
