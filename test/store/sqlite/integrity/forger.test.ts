// Somebody who has everything on this machine, the signing key too: what shows it, and what does not. Both verifiers are
// asked.
import { deepEqual, equal, ok } from 'node:assert/strict'
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { dayPath } from '../../../../src/store/sqlite/day-file.ts'
import { newestCheckpoint, printCheckpoint } from '../../../../src/store/sqlite/integrity/checkpoint.ts'
import { printSealKey, startRatchet } from '../../../../src/store/sqlite/integrity/ratchet.ts'
import { verifyStore } from '../../../../src/store/sqlite/integrity/verify.ts'
import { cannotRun, verifySecond } from './second-verifier.ts'
import { batchOf, dayMs, fillSmall, frames, noon, withAppender, withFolder } from './stores.ts'

type Options = Parameters<typeof verifyStore>[1]

/** The kinds of finding, each once; the second verifier must name the same. */
function kindsOf(dir: string, options: Options = {}, args: readonly string[] = []): readonly string[] {
  const kinds = (findings: readonly { readonly kind: string }[]): readonly string[] =>
    [...new Set(findings.map(({ kind }) => kind))].toSorted()
  const said = kinds(verifyStore(dir, options).findings)
  if (cannotRun === false) deepEqual(kinds(verifySecond(dir, ...args).findings), said)
  return said
}

test('everything rewritten with the stolen signing key: a checkpoint alone tells, the seal key alone tells', () => {
  withFolder(dir => {
    const sealKey = startRatchet(dir, { again: false })
    for (const day of [0, 1, 2]) fillSmall(dir, noon + day * dayMs)
    const checkpoint = newestCheckpoint(dir)
    ok(checkpoint)
    const { key } = verifyStore(dir)
    withFolder(forged => {
      mkdirSync(join(forged, 'manifests'))
      for (const name of ['manifests/sign.key', 'seal.key']) cpSync(join(dir, name), join(forged, name))
      for (const day of [0, 1, 2])
        withAppender(
          forged,
          appender => {
            for (let i = 0; i < 9; i++) appender.append([batchOf(frames.slice(1), noon + day * dayMs)])
          },
          () => noon + day * dayMs,
        )
      const kept = join(dir, 'kept-checkpoint')
      writeFileSync(kept, printCheckpoint(checkpoint))
      const keptKey = join(dir, 'kept-key')
      writeFileSync(keptKey, printSealKey(sealKey))

      deepEqual(kindsOf(forged, key === undefined ? {} : { key }, key === undefined ? [] : ['--key', key]), [])
      ok(verifyStore(forged).notes.some(note => note.includes('not anchored')))
      deepEqual(kindsOf(forged, { anchors: [checkpoint] }, ['--checkpoint', kept]), ['anchor'])
      deepEqual(kindsOf(forged, { sealKey: sealKey.key }, ['--seal-key', keptKey]), ['seal'])
    })
  })
})

test('a day removed, with its manifest and without', () => {
  for (const withManifest of [true, false])
    withFolder(dir => {
      for (const day of [0, 1, 2, 3]) fillSmall(dir, noon + day * dayMs)
      rmSync(dayPath(dir, '20261124'))
      if (withManifest) rmSync(join(dir, 'manifests', '20261124.json'))
      deepEqual(kindsOf(dir), withManifest ? ['manifest', 'missing'] : ['missing'])
      const gap = verifyStore(dir).findings.find(({ kind }) => kind === 'missing')
      deepEqual([gap?.seq, gap?.lastSeq], [31, 60])
    })
})

test('an older copy of everything put back: whole in itself, and a checkpoint knows where it ends', () => {
  withFolder(dir => {
    fillSmall(dir)
    withFolder(older => {
      cpSync(dir, older, { recursive: true })
      fillSmall(dir)
      const checkpoint = newestCheckpoint(dir)
      ok(checkpoint)
      const kept = join(dir, 'kept-checkpoint')
      writeFileSync(kept, printCheckpoint(checkpoint))
      deepEqual(kindsOf(older), [])
      deepEqual(kindsOf(older, { anchors: [checkpoint] }, ['--checkpoint', kept]), ['truncated'])
      equal(verifyStore(older).head?.seq, 30)
    })
  })
})
