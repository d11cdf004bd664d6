import { deepEqual, equal, match, ok } from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import type { Command } from 'commander'
import { systemClock } from '../../src/base/clock.ts'
import { PicketError } from '../../src/base/errors.ts'
import { engine } from '../../src/cli/engine.ts'
import { processIo } from '../../src/cli/io.ts'
import { createProgram } from '../../src/cli/program.ts'
import { resolveTimeOption } from '../../src/cli/time-option.ts'
import type { RecordJson } from '../../src/model/record.ts'
import type { Reader, SearchRequest } from '../../src/store/store.ts'
import { run } from './run.ts'

const folder = mkdtempSync(join(tmpdir(), 'picket-cli-'))
after(() => rmSync(folder, { recursive: true }))
const write = (name: string, text: string) => {
  writeFileSync(join(folder, name), text)
  return join(folder, name)
}

test('every command has help with examples', () => {
  const io = { ...processIo(), clock: systemClock }
  const check = (command: Command) => {
    let help = ''
    command.configureOutput({ writeOut: text => void (help += text) })
    command.outputHelp()
    match(help, /Examples:\n {2}# .+\n {2}picket /, command.name())
    for (const child of command.commands) check(child)
  }
  check(createProgram({ io, engine, exit() {} }))
})

test('bad usage is exit code 2, with the nearest command and where the help is', async () => {
  const wrong = await run(['serch', 'x'])
  deepEqual([wrong.code, wrong.out], [2, ''])
  match(wrong.err, /Did you mean search\?[\s\S]*picket --help/)
  equal((await run(['search', '--limit', 'x'])).code, 2)
  equal((await run(['search', '--since', 'soon'])).code, 2)
  equal((await run(['user', 'add', '../x'])).code, 2)
})

test('version and help are data: standard output, exit code 0', async () => {
  match((await run(['version'])).out, /^picket \d+\.\d+\.\d+ \(Node\.js /)
  const help = await run(['search', '--help'])
  deepEqual([help.code, help.err], [0, ''])
})

test('a mistake in Picket is said to be one, exit code 3', async () => {
  const openReader = async () => {
    throw new Error('boom')
  }
  const ran = await run(['search', '--data', folder], { engine: { openReader } })
  equal(ran.code, 3)
  match(ran.err, /mistake in Picket[\s\S]*boom/)
})

test('serve: the exit code says what the environment refuses', async () => {
  const failing = (error: Error) => ({ serve: () => Promise.reject(error) })
  const inUse = await run(['serve', '--data', folder], {
    engine: failing(new PicketError('PORT_IN_USE', 'cannot listen')),
  })
  deepEqual([inUse.code, inUse.out, inUse.err], [3, '', 'picket: cannot listen\n'])
  const bad = write('bad.yaml', 'receive:\n  tpc: {}\n')
  const config = await run(['serve', '--config', bad])
  deepEqual([config.code, config.out], [2, ''])
  equal(config.err, `picket: ${bad}:2:3 receive.tpc: unknown key (did you mean "tcp"?)\n`)
})

test('parse: one frame per line, one record per line', async () => {
  const frames = '<34>1 2026-11-23T11:59:59Z web01 su 7 ID47 - one\nno header\n'
  const { code, out } = await run(['parse', '--raw'], { input: frames })
  equal(code, 0)
  const [first, second, ...rest] = out
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line) as RecordJson)
  deepEqual(rest, [])
  deepEqual([first?.format, first?.timestamp, first?.message], ['rfc5424', '2026-11-23T11:59:59.000Z', 'one'])
  deepEqual([second?.format, second?.message], ['raw', 'no header'])
  equal(Buffer.from(second?.raw ?? '', 'base64').toString(), 'no header')
})

test('parse: assumptions about time, zone and charset', async () => {
  const args = [
    'parse',
    '--base64',
    '--assume-tz',
    'Europe/Berlin',
    '--assume-charset',
    'gb18030',
    '--received-at',
    '2025-01-01T00:30:00Z',
  ]
  const frame = Buffer.concat([Buffer.from('<13>Jan  1 01:30:00 h a: '), Buffer.from([0xc4, 0xe3, 0xba, 0xc3])])
  const { out } = await run(args, { input: frame.toString('base64') })
  const record = JSON.parse(out) as RecordJson
  equal(record.timestamp, '2025-01-01T00:30:00.000Z')
  equal(record.message, '你好')
})

test('parse: what is wrong with the input or the options', async () => {
  const f = async (args: string[], input: string, want: RegExp) => {
    const ran = await run(['parse', ...args], { input })
    equal(ran.code, 2)
    match(ran.err, want)
  }
  await f(['--base64'], 'PDEz\n*\n', /line 2 is no base64/)
  await f(['--assume-tz', 'Mars/Base'], '', /no such time zone/)
  await f(['--assume-charset', 'utf-99'], '', /no such charset/)
  await f(['--received-at', 'noon'], '', /no time like/)
})

test('parse --explain: words, and nothing that a terminal would act on', async () => {
  const { out } = await run(['parse', '--explain'], { input: '<13>Nov 23 12:00:00 web01 app: a\x1b[2Jb' })
  match(out, /^format +rfc3164: a traditional header/m)
  match(out, /^severity +5 notice$/m)
  match(out, /^message +a#033\[2Jb$/m)
})

test('check: findings are data, exit code 1; an unreadable file 2; fine 0', async () => {
  const bad = await run(['check', '--config', write('c1.yaml', 'wbe: false\nlog: 1\n')])
  equal(bad.code, 1)
  equal(
    bad.out.replaceAll(folder, ''),
    '/c1.yaml:1:1 wbe: unknown key (did you mean "web"?)\n/c1.yaml:2:6 log: must be a section, not 1\n',
  )
  equal((await run(['check', '--config', join(folder, 'none.yaml')])).code, 2)
  mkdirSync(join(folder, 'no-rules'))
  const fine = await run(['check', '--config', write('c2.yaml', 'rules: { dirs: [no-rules] }\n'), '--print'])
  equal(fine.code, 0)
  match(fine.out, /^dataDir: /)
})

const rule = `title: Shadow read\nname: shadow_read\nid: 6d6a3a53-64b9-4d2e-8f43-0f6a1a3b6c11\nlogsource: { product: linux }
detection:\n  selection: { CommandLine|contains: /etc/shadow }\n  condition: selection\nlevel: high\n`

test('rules match: hits with the event as it came in', async () => {
  const rules = write('shadow.yml', rule)
  const input = '{"CommandLine":"cat  /etc/shadow","n":1.0}\n\n{"CommandLine":"ls"}\n'
  const { code, out } = await run(['rules', 'match', '--ignore-logsource', '--rules', rules], { input })
  equal(code, 0)
  match(
    out,
    /^\{"rule":"[^"]+","id":"6d6a3a53-64b9-4d2e-8f43-0f6a1a3b6c11","level":"high","event":\{"CommandLine":"cat {2}\/etc\/shadow","n":1\.0\}\}\n$/,
  )
  equal((await run(['rules', 'match', '--rules', rules], { input: '{"CommandLine":"ls"}' })).code, 1, 'no match')
  equal((await run(['rules', 'match', '--rules', rules], { input: 'x' })).code, 2, 'no JSON')
  equal(
    (await run(['rules', 'match', '--rules', write('bad.yml', 'title: x\n')], { input: '{}' })).code,
    2,
    'a bad rule',
  )
  equal((await run(['rules', 'match', '--rules', join(folder, 'none.yml')])).code, 2, 'no such file')
})

test('rules check and list', async () => {
  const good = await run(['rules', 'check', '--rules', write('good.yml', rule)])
  equal(good.code, 0, good.out)
  const bad = await run(['rules', 'check', '--rules', write('bad2.yml', 'title: x\nlogsource: {}\n')])
  equal(bad.code, 1)
  match(bad.out, /bad2\.yml:\d+:\d+ \[\w+\] /)
  match((await run(['rules', 'list', '--rules', join(folder, 'good.yml')])).out, /^high +Shadow read/)
})

const record = (n: number): RecordJson => ({
  id: `20261123-${String(n).padStart(12, '0')}`,
  received_at: '2026-11-23T12:00:00.000Z',
  timestamp: null,
  peer: '192.0.2.7',
  transport: 'udp',
  facility: 4,
  severity: 3,
  hostname: 'web01',
  app_name: 'su',
  procid: '7',
  msgid: null,
  structured_data: null,
  message: `message ${n}\x1b[2J`,
  format: 'raw',
  fields: {},
  problems: [],
})

/** A reader with records n..1 in pages, which keeps the requests. */
function fakeReader(count: number, requests: SearchRequest[] = []): { readonly openReader: () => Promise<Reader> } {
  const unused = () => {
    throw new Error('not part of this test')
  }
  const reader: Reader = {
    search(request) {
      requests.push(request)
      const from = request.cursor === undefined ? count : Number(request.cursor.slice(9)) - 1
      const size = Math.min(request.limit, from)
      const records = Array.from({ length: size }, (_, i) => record(from - i))
      return { records, nextCursor: size < from ? (records.at(-1)?.id ?? null) : null, scanned: size }
    },
    facets: () => ({
      facets: {
        app: [
          { value: 'su\x1b', count: 12 },
          { value: 'sshd', count: 3 },
        ],
      },
      sampled: {},
    }),
    histogram: unused,
    hitsAfter: unused,
    hosts: unused,
    totals: unused,
    close() {},
  }
  return { openReader: async () => reader }
}

test('search: text for people, JSON and CSV for programs, exit code 1 without a match', async () => {
  const search = (args: string[], count = 2) =>
    run(['search', 'app:su', '--data', folder, ...args], { engine: fakeReader(count) })
  const text = await search([])
  equal(text.out.split('\n')[0], '2026-11-23T12:00:00.000Z web01 su[7] error: message 2\\u001b[2J')
  deepEqual(
    (await search(['--format', 'json'])).out
      .trimEnd()
      .split('\n')
      .map(line => (JSON.parse(line) as RecordJson).message),
    ['message 2\x1b[2J', 'message 1\x1b[2J'],
  )
  match((await search(['--format', 'csv'])).out, /^id,received_at,.*\r\n20261123-000000000002,/)
  equal((await search([], 0)).code, 1)
})

test('search: pages up to the limit, times and the query reach the reader', async () => {
  const requests: SearchRequest[] = []
  const args = ['search', '', '--data', folder, '--limit', '1500', '--since', '1h', '--format', 'json']
  const { out } = await run(args, { engine: fakeReader(5000, requests) })
  equal(out.trimEnd().split('\n').length, 1500)
  deepEqual(
    requests.map(({ limit, cursor }) => [limit, cursor]),
    [
      [1000, undefined],
      [500, '20261123-000000004001'],
    ],
  )
  deepEqual([requests[0]?.from, requests[0]?.query], [Date.UTC(2026, 10, 23, 11), { kind: 'all' }])
})

test('search: a query with a mistake shows the place', async () => {
  const { code, err } = await run(['search', 'severity:(', '--data', folder])
  equal(code, 2)
  match(err, /\n {2}severity:\(\n {2} *\^\n$/)
})

test('search: a data folder that does not exist, and --url without a token', async () => {
  equal((await run(['search', '--data', join(folder, 'none')])).code, 2)
  const { code, err } = await run(['search', '--url', 'https://picket.example.com'])
  equal(code, 3)
  match(err, /PICKET_TOKEN/)
})

test('count: values with their counts', async () => {
  const { out } = await run(['count', '--by', 'app', '--data', folder], { engine: fakeReader(0) })
  equal(out, 'app\n12  su\\u001b\n 3  sshd\n')
})

test('user: add, list, passwd, remove on a real data folder', async () => {
  const data = join(folder, 'people')
  mkdirSync(data)
  const user = (...args: string[]) => run(['user', ...args, '--data', data], { secret: 'correct horse battery' })
  equal((await user('add', 'alice', '--role', 'admin')).code, 0)
  equal((await user('add', 'alice')).code, 2, 'exists')
  equal((await user('list')).out, 'alice admin since 2026-11-23T12:00:00.000Z\n')
  equal((await user('passwd', 'alice')).code, 0)
  equal((await user('passwd', 'bob')).code, 2)
  equal((await run(['user', 'passwd', 'alice', '--data', data], { secret: 'short' })).code, 2)
  equal((await user('remove', 'alice')).code, 0)
  equal((await user('list')).out, '')
})

test('alerts: none is exit code 1, an unknown one 2', async () => {
  const data = join(folder, 'alerts')
  mkdirSync(data)
  equal((await run(['alerts', 'list', '--data', data])).code, 1)
  equal((await run(['alerts', 'ack', '17', '--data', data])).code, 2)
})

test('times on the command line', () => {
  const now = Date.UTC(2026, 10, 23, 12)
  const f = (text: string, want: number | undefined) => equal(resolveTimeOption(text, now), want, text)
  f('1h', now - 3_600_000)
  f('1d12h', now - 36 * 3_600_000)
  f('now-1h', now - 3_600_000)
  f('2026-11-22', Date.UTC(2026, 10, 22))
  f('soon', undefined)
})

test('bin/picket: an old or missing Node.js is one clear line, exit code 3', () => {
  const bin = join(folder, 'app', 'bin')
  mkdirSync(bin, { recursive: true })
  copyFileSync(join(import.meta.dirname, '../../bin/picket'), join(bin, 'picket'))
  const path = join(folder, 'path')
  mkdirSync(path)
  const oldNode = write('path/node', '#!/bin/sh\necho v20.20.2\n')
  chmodSync(oldNode, 0o755)
  const start = (PATH: string) => spawnSync(join(bin, 'picket'), ['version'], { env: { PATH }, encoding: 'utf8' })
  const old = start(`${path}:/usr/bin:/bin`)
  deepEqual([old.status, old.stderr], [3, 'picket: this is Node.js 20.20.2; Picket needs 24.15 or newer\n'])
  writeFileSync(oldNode, '#!/bin/sh\necho v24.14.9\n')
  equal(start(`${path}:/usr/bin:/bin`).status, 3)
  writeFileSync(oldNode, '#!/bin/sh\n[ "$1" = --version ] && echo v24.15.0 || echo "$@"\n')
  const good = start(`${path}:/usr/bin:/bin`)
  ok(good.stdout.endsWith('/src/main.ts version\n'), good.stdout + good.stderr)
})

test('main.ts runs', () => {
  const { status, stdout } = spawnSync(process.execPath, [join(import.meta.dirname, '../../src/main.ts'), 'version'], {
    encoding: 'utf8',
  })
  deepEqual([status, stdout.startsWith('picket ')], [0, true])
})
