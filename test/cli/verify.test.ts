// picket verify and picket checkpoint: words, JSON and exit codes.
import { deepEqual, equal, match } from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { dayPath } from '../../src/store/sqlite/day-file.ts'
import { fillSmall, tamper } from '../store/sqlite/integrity/stores.ts'
import { type Ran, run } from './run.ts'

type Picket = (command: string, ...args: readonly string[]) => Promise<Ran>

async function withFolder(use: (dir: string, picket: Picket) => Promise<void>): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'picket-verify-'))
  try {
    await use(dir, (command, ...args) => run([command, '--data', dir, ...args]))
  } finally {
    rmSync(dir, { recursive: true })
  }
}

test('intact: 0, and the checkpoint of the moment holds', () =>
  withFolder(async (dir, picket) => {
    fillSmall(dir)
    const { code, out } = await picket('verify')
    equal(code, 0, out)
    match(
      out,
      /^intact: 30 records in 7 batches of 1 day\nthe chain ends at batch 7, record 30, 2026-11-23T12:00:00.000Z\n/,
    )
    const checkpoint = await picket('checkpoint')
    match(checkpoint.out, /^picket-checkpoint\/1 7 30 [0-9a-f]{64} 2026-11-23T12:00:00.000Z\n$/)
    const kept = join(dir, 'kept.txt')
    writeFileSync(kept, `From: picket\n\n> ${checkpoint.out.slice(0, 70)}=\n${checkpoint.out.slice(70)}`)
    const held = await picket('verify', '--checkpoint', kept)
    equal(held.code, 0)
    match(held.out, /\n1 checkpoints hold\n/)
  }))

test('altered: 1, with the first record and the kind', () =>
  withFolder(async (dir, picket) => {
    fillSmall(dir)
    tamper(dir, db => db.exec('UPDATE block SET max_received = 0 WHERE first_seq = 12'))
    const { code, out } = await picket('verify', '--json')
    equal(code, 1)
    const { outcome, findings, finding_count } = JSON.parse(out) as Record<string, unknown>
    const [{ kind, day, seq, last_seq }] = findings as [Record<string, unknown>]
    deepEqual([outcome, finding_count, kind, day, seq, last_seq], ['altered', 1, 'altered', '20261123', 12, 20])
    match((await picket('verify')).out, /^ALTERED: .*\naltered: 20261123: the receive times/ms)
  }))

test('a file that is no database: 1; nothing there: 2; no folder, no checkpoint in the file: 2', () =>
  withFolder(async (dir, picket) => {
    const empty = await picket('verify')
    equal(empty.code, 2)
    match(empty.out, /^cannot tell: 0 records.*\nnote: there is no sealed record here\n/ms)
    equal((await picket('checkpoint')).code, 2)
    const text = join(dir, 'text')
    writeFileSync(text, 'picket-checkpoint/1 and nothing more')
    equal((await picket('verify', '--checkpoint', text)).code, 2)
    equal((await picket('verify', '--checkpoint', join(dir, 'no such file'))).code, 3)
    equal((await run(['verify', '--data', join(dir, 'no')])).code, 2)
    mkdirSync(join(dir, 'records'))
    writeFileSync(dayPath(dir, '20261123'), 'SQLite? No.')
    equal((await picket('verify')).code, 1)
  }))

test('picket seal: the key is shown once, and checks what was sealed with it', () =>
  withFolder(async (dir, picket) => {
    const { code, out } = await picket('seal')
    equal(code, 0)
    match(out, /^picket-seal-key\/1 [0-9a-f]{16} [\w-]{43}\n$/)
    equal((await picket('seal')).code, 2)
    fillSmall(dir)
    const kept = join(dir, 'kept.txt')
    writeFileSync(kept, out)
    const held = await picket('verify', '--seal-key', kept)
    equal(held.code, 0, held.out)
    match(held.out, /\n1 seals are of the key\n/)
    writeFileSync(kept, (await picket('seal', '--again')).out)
    equal((await picket('verify', '--seal-key', kept)).code, 1)
    writeFileSync(kept, 'no key')
    equal((await picket('verify', '--seal-key', kept)).code, 2)
  }))
