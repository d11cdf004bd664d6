import { deepEqual, equal, match } from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import { printLogLine, rateLimited } from '../../src/base/log.ts'

const line = (fields: object) => JSON.stringify({ level: 40, time: '2026-11-23T12:00:01.000Z', msg: 'm', ...fields })

test('a line for a person: time, level, message, fields', () => {
  equal(printLogLine(line({ port: 514, peer: '192.0.2.7' }), false), '12:00:01 WARN  m port=514 peer=192.0.2.7\n')
  equal(printLogLine(line({ level: 30, why: 'two words' }), false), '12:00:01 INFO  m why="two words"\n')
  equal(
    printLogLine(line({ err: { message: 'no', stack: 'Error: no\n    at x' } }), false),
    '12:00:01 WARN  m\n  Error: no\n      at x\n',
  )
})

test('colour only where it was asked for', () => {
  equal(printLogLine(line({}), true), '12:00:01 \x1b[33mWARN \x1b[39m m\n')
})

test('what a sender wrote cannot act on the terminal', () => {
  const text = printLogLine(line({ msg: 'a\x1b[2Jb\r', host: '\x9b31m\u202egnp' }), false)
  equal(text, String.raw`12:00:01 WARN  a\u001b[2Jb\u000d host="\u009b31m\u202egnp"` + '\n')
})

test('without a terminal the log is JSON lines', () => {
  const log = join(import.meta.dirname, '../../src/base/log.ts')
  const code = `import(${JSON.stringify(log)}).then(({ createLog }) => { const l = createLog('info'); l.debug({}, 'no'); l.info({ a: 1 }, 'yes') })`
  const { stdout } = spawnSync(process.execPath, ['-e', code], { encoding: 'utf8' })
  const { time, ...rest } = JSON.parse(stdout) as { time: string }
  match(time, /^\d{4}-\d\d-\d\dT/)
  deepEqual(rest, { level: 30, a: 1, msg: 'yes' })
})

test('one warning per reason and interval, with the count and the latest fields', t => {
  t.mock.timers.enable({ apis: ['setInterval'] })
  const said: unknown[] = []
  const warnings = rateLimited({ warn: (fields, message) => void said.push([message, fields]) }, 60_000)

  for (let n = 1; n <= 4; n++) warnings.warn('full', { n }, 'too many')
  warnings.warn('other reason', {}, 'else')
  deepEqual(said.splice(0), [
    ['too many', { reason: 'full', n: 1 }],
    ['else', { reason: 'other reason' }],
  ])
  t.mock.timers.tick(60_000)
  deepEqual(said.splice(0), [['too many', { reason: 'full', count: 3, n: 4 }]])
  t.mock.timers.tick(60_000)
  deepEqual(said, [], 'nothing happened, nothing is said')
  warnings.warn('full', { n: 5 }, 'too many')
  deepEqual(said.splice(0), [['too many', { reason: 'full', n: 5 }]], 'after a quiet interval at once again')

  warnings.warn('full', { n: 6 }, 'too many')
  warnings.flush()
  deepEqual(said.splice(0), [['too many', { reason: 'full', count: 1, n: 6 }]], 'flush tells what was counted')
})

test('reasons that senders make up share one line', () => {
  let lines = 0
  const warnings = rateLimited({ warn: () => void lines++ }, 60_000)
  for (let n = 0; n < 5000; n++) warnings.warn(`reason ${n}`, {}, 'm')
  equal(lines, 1001)
  warnings.flush()
})
