// Checkpoints come back out of whatever a mail program made of them.
import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import {
  newestCheckpoint,
  parseCheckpoints,
  printCheckpoint,
} from '../../../../src/store/sqlite/integrity/checkpoint.ts'
import { fillSmall, noon, tamper, withFolder } from './stores.ts'

const checkpoint = { n: 123_456, seq: 98_765_432, hash: Buffer.alloc(32, 0xa7), at: noon }
const line = printCheckpoint(checkpoint)

test('one line, and back', () => {
  equal(line, `picket-checkpoint/1 123456 98765432 ${'a7'.repeat(32)} 2026-11-23T12:00:00.000Z`)
  deepEqual(parseCheckpoints(line), [checkpoint])
})

test('within a mailbox: quoted, broken by blanks, by quoted-printable, in base64', () => {
  const text = `an alert, and its foot ${'.'.repeat(90)}\n-- \nfoot\n\n${line}\n`
  const base64 = Buffer.from(text).toString('base64').replaceAll(/.{76}/g, '$&\r\n')
  for (const form of [
    text,
    `> > ${line}`,
    `${line.slice(0, 36)}\n> ${line.slice(36)}`,
    `${line.slice(0, 75)}=\r\n${line.slice(75)}`,
    `Content-Transfer-Encoding: base64\r\n\r\n${base64}\r\n--boundary`,
  ])
    deepEqual(parseCheckpoints(form), [checkpoint], form)
  deepEqual(parseCheckpoints(`${text}${text}`), [checkpoint, checkpoint])
  deepEqual(parseCheckpoints(line.replace('a7a7', 'a7g7')), [])
})

test('the newest link of a folder, also when it is a heartbeat; none where nothing is sealed', () => {
  withFolder(dir => {
    equal(newestCheckpoint(dir), undefined)
    fillSmall(dir)
    const found = newestCheckpoint(dir)
    deepEqual([found?.n, found?.seq, found?.at], [7, 30, noon])
    tamper(dir, db => db.exec('DROP TABLE batch; DROP TABLE event; PRAGMA user_version = 1'))
    equal(newestCheckpoint(dir), undefined)
  })
})
