// Signed day manifests: written when a day is over, kept when it is removed, and every change to them shows.
import { deepEqual, equal, ok } from 'node:assert/strict'
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { verifyStore } from '../../../../src/store/sqlite/integrity/verify.ts'
import { dayMs, fillSmall, noon, withAppender, withFolder } from './stores.ts'

const days = ['20261123', '20261124', '20261125', '20261126'] as const
const manifest = (dir: string, day: string): string => join(dir, 'manifests', `${day}.json`)
const kinds = (dir: string): string[] => verifyStore(dir).findings.map(({ kind, day }) => `${kind} ${day}`)

/** Four days, the last one open. */
function withDays(use: (dir: string) => void): void {
  withFolder(dir => {
    days.forEach((_, i) => {
      fillSmall(dir, noon + i * dayMs)
    })
    use(dir)
  })
}

test('a manifest for each day that is over; the key is nobody else’s to read', () => {
  withDays(dir => {
    deepEqual(readdirSync(join(dir, 'manifests')).toSorted(), [
      ...days.slice(0, 3).map(day => `${day}.json`),
      'sign.key',
    ])
    equal(statSync(join(dir, 'manifests', 'sign.key')).mode & 0o777, 0o600)
    const { day, first_batch, last_batch, first_record, records, form } = JSON.parse(
      readFileSync(manifest(dir, days[1]), 'utf8'),
    ) as Record<string, unknown>
    deepEqual(
      [form, day, first_batch, last_batch, first_record, records],
      ['picket-manifest/1', days[1], 8, 14, 31, 30],
    )
    const verified = verifyStore(dir)
    deepEqual([verified.outcome, verified.manifests, verified.key?.length], ['intact', 3, 44])
  })
})

test('a manifest whose day was removed stays, and the chain follows it', () => {
  withDays(dir => {
    withAppender(
      dir,
      appender => appender.removeDaysBefore(days[2], 'age'),
      () => noon + 3 * dayMs,
    )
    deepEqual([verifyStore(dir).outcome, verifyStore(dir).manifests], ['intact', 3])
  })
})

test('changed, removed, signed with another key', () => {
  withDays(dir => {
    const path = manifest(dir, days[1])
    const whole = readFileSync(path, 'utf8')
    writeFileSync(path, whole.replace('"records":30', '"records":31'))
    // its own signature, and what the next one says of it
    deepEqual(kinds(dir), [`manifest ${days[1]}`, `manifest ${days[2]}`])
    writeFileSync(path, whole.replace('{', '{ '))
    deepEqual(kinds(dir), [`manifest ${days[1]}`])
    rmSync(path)
    deepEqual(kinds(dir), [`manifest ${days[2]}`])
    writeFileSync(path, whole)
    rmSync(manifest(dir, days[0]))
    deepEqual(kinds(dir), [`manifest ${days[1]}`])
  })
  withDays(dir => {
    const { key } = verifyStore(dir)
    ok(key)
    equal(verifyStore(dir, { key }).outcome, 'intact')
    equal(verifyStore(dir, { key: Buffer.alloc(32).toString('base64') }).findingCount, 3)
  })
})

test('of another store: the links are not those that were signed', () => {
  withDays(dir => {
    withFolder(other => {
      for (const at of [noon, noon + 2 * dayMs]) fillSmall(other, at + 1)
      writeFileSync(manifest(dir, days[0]), readFileSync(manifest(other, days[0])))
    })
    ok(kinds(dir).includes(`manifest ${days[0]}`))
  })
})

test('the end cut off with its high-water file: the newest manifest knows', () => {
  withDays(dir => {
    for (const day of days.slice(2)) rmSync(join(dir, 'records', `${day}.db`))
    rmSync(join(dir, 'ack.hwm'))
    deepEqual(kinds(dir), [`truncated ${days[2]}`])
  })
})

test('what could not be written is written later', () => {
  withFolder(dir => {
    mkdirSync(join(dir, 'manifests', 'sign.key'), { recursive: true })
    fillSmall(dir)
    fillSmall(dir, noon + dayMs)
    ok(verifyStore(dir).notes.includes('1 days that are over have no manifest yet'))
    rmSync(join(dir, 'manifests', 'sign.key'), { recursive: true })
    fillSmall(dir, noon + dayMs)
    deepEqual([verifyStore(dir).outcome, verifyStore(dir).manifests], ['intact', 1])
  })
})
