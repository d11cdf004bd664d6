// What the second verifier is asked beside the cases of verify.test.ts: every form of record, merged rows, checkpoints in
// mailboxes, manifests and keys.
import { deepEqual, equal, ok } from 'node:assert/strict'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { newestCheckpoint, printCheckpoint } from '../../../../src/store/sqlite/integrity/checkpoint.ts'
import { verifyStore } from '../../../../src/store/sqlite/integrity/verify.ts'
import { cannotRun, verifySecond } from './second-verifier.ts'
import { batchOf, dayMs, fillSmall, frames, noon, withAppender, withFolder } from './stores.ts'

const skip = cannotRun

test('whatever the batches hold, merged or not, it computes the same chain', { skip }, () => {
  const batches = fc.array(
    fc.array(fc.oneof(fc.constantFrom(...frames), fc.uint8Array({ minLength: 1, maxLength: 60 })), {
      minLength: 1,
      maxLength: 6,
    }),
    { minLength: 33, maxLength: 50 },
  )
  fc.assert(
    fc.property(batches, made => {
      withFolder(dir => {
        withAppender(dir, appender => {
          for (const lines of made) appender.append([batchOf(lines)])
          while (appender.merge());
          appender.heartbeat()
          appender.append([batchOf(frames)])
        })
        const { outcome, findings, links, records, code } = verifySecond(dir)
        const first = verifyStore(dir)
        deepEqual([outcome, findings, links, records, code], ['intact', [], first.links, first.records, 0])
      })
    }),
    { numRuns: 5 },
  )
})

test('checkpoints: held, and not', { skip }, () => {
  withFolder(dir => {
    fillSmall(dir)
    const checkpoint = newestCheckpoint(dir)
    ok(checkpoint)
    const line = printCheckpoint(checkpoint)
    const kept = join(dir, 'kept')
    const base64 = Buffer.from(`${'.'.repeat(99)}\n${line}\n`)
    for (const text of [
      line,
      `${line.slice(0, 75)}=\r\n${line.slice(75)}`,
      base64.toString('base64').replaceAll(/.{76}/g, '$&\n'),
    ]) {
      writeFileSync(kept, text)
      const { outcome, checkpoints_held } = verifySecond(dir, '--checkpoint', kept)
      deepEqual([outcome, checkpoints_held], ['intact', 1], text)
    }
    for (const [other, kind] of [
      [{ ...checkpoint, hash: Buffer.alloc(32) }, 'anchor'],
      [{ ...checkpoint, n: 8 }, 'truncated'],
    ] as const) {
      writeFileSync(kept, printCheckpoint(other))
      const { findings, code } = verifySecond(dir, '--checkpoint', kept)
      deepEqual([findings.map(finding => finding.kind), code], [[kind], 1])
    }
  })
})

test('manifests: genuine, changed, removed, of another key', { skip }, () => {
  withFolder(dir => {
    for (const days of [0, 1, 2]) fillSmall(dir, noon + days * dayMs)
    const key = verifyStore(dir).key ?? ''
    equal(verifySecond(dir, '--key', key).outcome, 'intact')
    equal(verifySecond(dir, '--key', Buffer.alloc(32, 1).toString('base64')).findings.length, 2)
    const path = join(dir, 'manifests', '20261123.json')
    const whole = readFileSync(path, 'utf8')
    for (const change of [
      () => writeFileSync(path, whole.replace('"records":30', '"records":31')),
      () => writeFileSync(path, whole.replace('{', '{ ')),
      () => writeFileSync(path, whole.replace(/"signature":"..../, '"signature":"AAAA')),
      () => rmSync(path),
    ]) {
      change()
      const { findings, code } = verifySecond(dir)
      deepEqual([findings.map(({ kind }) => kind), code], [verifyStore(dir).findings.map(({ kind }) => kind), 1])
    }
  })
})
