// The matcher: the byte scan may only leave out rules that do not match, whatever the line.
import { deepEqual, equal, ok } from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { compileScan } from '../../src/detect/literal-scan.ts'
import { createMatcher, type Matcher } from '../../src/detect/match.ts'
import { loadRuleTests } from '../../src/detect/rule-test.ts'
import { compileRules, loadRules } from '../../src/detect/rules.ts'
import { mayDecode } from '../../src/parse/may-decode.ts'
import { recordOfLine } from './line.ts'

const fixture = (name: string): readonly string[] =>
  readFileSync(join(import.meta.dirname, '..', 'fixtures', name), 'utf8')
    .trim()
    .split('\n')
const pack = join(import.meta.dirname, '..', '..', 'rules.d')

const sigma = (title: string, logsource: string, detection: string) =>
  `title: ${title}\nlogsource: {${logsource}}\ndetection:\n${detection}\nlevel: low\n`
const matcherOf = (...texts: readonly string[]): Matcher => {
  const { rules, findings } = compileRules(texts.map((text, n) => ({ file: `${n}.yml`, text, layer: 0 })))
  deepEqual(
    findings.filter(f => f.severity === 'error'),
    [],
  )
  return createMatcher(rules)
}

/** The rules that intake would find: by the scan, or all of them where text was decoded. */
function found(matcher: Matcher, frame: Buffer): readonly string[] {
  const seen = matcher.scan(frame, 0, frame.length)
  if (mayDecode(frame, 0, frame.length)) return matcher.matchAll(recordOfLine(frame))
  return seen ? matcher.matchCandidates(recordOfLine(frame)) : []
}

const history = (command: string) =>
  `<14>Nov 23 12:55:48 web01 root: HISTORY:PID=1 PPID=2 SID=3 USER=alice CMD=${command}`

describe('the scan loses nothing', () => {
  const vectorRules = [
    ...new Set(fixture('sigma-dev.jsonl').map(line => (JSON.parse(line) as { rule_yaml: string }).rule_yaml)),
  ]
  const extra = [
    sigma('image', 'category: process_creation', "  s: {Image|endswith: '/nc'}\n  condition: s"),
    sigma('image part', 'category: process_creation', '  s: {Image|contains: hatt}\n  condition: s'),
    sigma('path', 'category: process_creation', "  s: {Image|startswith: '/usr/bin/'}\n  condition: s"),
    sigma('not', 'product: linux', '  s: {User: alice}\n  t: {CommandLine|contains: chattr}\n  condition: s and not t'),
    sigma('words', 'product: linux', '  s: [kernel, accepted, "?hattr"]\n  condition: s'),
    sigma('query', 'category: webserver', "  s: {cs-uri-query|contains: 'union select'}\n  condition: s"),
    sigma('number', 'product: linux', '  s: {ProcessId: 1}\n  condition: s'),
    sigma('all of service', 'product: linux, service: sshd', "  s: {message|contains: 'a'}\n  condition: s"),
    'title: phrase\npicket: {query: \'message:"nc -l" OR message:"ab -x"\'}\nlevel: low\n',
    "title: words query\npicket: {query: '*etc*passwd user:alice'}\nlevel: low\n",
    "title: regex\npicket: {query: 'message:/k(ill|EY)\\s+-?9/'}\nlevel: low\n",
    "title: header\npicket: {query: 'app:sshd -host:web02'}\nlevel: low\n",
  ]
  const { rules } = compileRules([
    ...loadRules([pack]).sources,
    ...[...vectorRules, ...extra].map((text, n) => ({
      file: `${n}.yml`,
      text: text.replace(/^id: .*\n/m, `id: r${n}\n`),
      layer: 0,
    })),
  ])
  const matcher = createMatcher(rules)
  const lines = [
    ...loadRuleTests([pack]).flatMap(({ text }) =>
      [...text.matchAll(/^ {2}log: '(.*)'$/gm)].map(m => (m[1] ?? '').replaceAll("''", "'")),
    ),
    ...fixture('bodies-dev.jsonl').map(line => {
      const { input } = JSON.parse(line) as { input: { app_name: string | null; message: string } }
      return `<86>Nov 23 12:55:48 web01 ${input.app_name}: ${input.message}`
    }),
    '<13>Nov 23 12:55:48 web01 nginx: 203.0.113.9 - - [23/Nov/2026:12:00:00 +0000] "GET /a?q=1%20un%49on%20select HTTP/1.1" 200 5 "-" "-"',
    `<14>Nov 23 12:55:48 web01 root: HISTORY:PID=1 USER=alice CMD=nc\u00a0-l 99`,
    `<14>Nov 23 12:55:48 web01 root: HISTORY:PID=1 USER=alice CMD=\u212ailall`,
    '<14>Nov 23 12:55:48 web01 root: HISTORY:PID=1 USER=alice CMD=nc\r\n-l 99',
    '<182>Nov 23 12:55:48 web01 alice [1234]: nc -l 44 [0]',
  ]
  const check = (frame: Buffer) => {
    const record = recordOfLine(frame)
    const want = matcher.matchEvery(record)
    deepEqual(found(matcher, frame), want, `frame ${frame.toString()}`)
    deepEqual(matcher.matchAll(record), want, `record ${frame.toString()}`)
  }

  test('on the lines of the pack and of the parsers', () => {
    for (const line of lines) check(Buffer.from(line))
    ok(lines.filter(line => matcher.matchAll(recordOfLine(line)).length > 0).length > 80)
  })

  test('on spliced, cut and spoilt lines', () => {
    const some = fc.constantFrom(...lines)
    const spliced = fc
      .tuple(some, some, fc.nat(200), fc.nat(200))
      .map(([a, b, n, m]) => Buffer.from(a.slice(0, n) + b.slice(m)))
    const spoilt = fc
      .tuple(some, fc.array(fc.tuple(fc.nat(300), fc.nat(255)), { maxLength: 4 }))
      .map(([line, changes]) => {
        const frame = Buffer.from(line)
        for (const [at, byte] of changes) if (at < frame.length) frame[at] = byte
        return frame
      })
    const upper = some.map(line => Buffer.from(line.toUpperCase()))
    const typed = fc
      .array(
        fc.constantFrom(
          'nc',
          ' ',
          '-l',
          'chattr',
          '+i',
          '\t',
          '/etc/',
          'passwd',
          ';',
          'bash',
          '-i',
          'union',
          '%20',
          'sshd',
          '|',
          '9',
          'kill',
        ),
        { maxLength: 8 },
      )
      .map(words => Buffer.from(history(words.join(''))))
    fc.assert(fc.property(fc.oneof(spliced, spoilt, upper, typed), check), { numRuns: 1500 })
  })
})

describe('the matcher', () => {
  const listens = sigma(
    'listens',
    'category: process_creation',
    '  s: {CommandLine|contains|all: [nc, " -l"]}\n  condition: s',
  )

  test('a frame without the literals of any rule is passed over', () => {
    const matcher = matcherOf(
      sigma('lock', 'category: process_creation', '  s: {CommandLine|contains: chattr}\n  condition: s'),
    )
    const scan = (line: string) => matcher.scan(Buffer.from(line), 0, Buffer.byteLength(line))
    equal(scan(history('ls -la')), false)
    equal(scan('<14>Nov 23 12:55:48 web01 kernel: chattr said something'), false)
    equal(scan(history('CHATTR +i x')), true)
  })

  test('only the bytes between start and end count', () => {
    const matcher = matcherOf(sigma('lock', 'product: linux', '  s: [chattr]\n  condition: s'))
    const bytes = Buffer.from('xxchattrxx')
    equal(matcher.scan(bytes, 0, 10), true)
    equal(matcher.scan(bytes, 3, 10), false)
    equal(matcher.scan(bytes, 0, 7), false)
    deepEqual(matcher.matchCandidates(recordOfLine('<14>Nov 23 12:55:48 web01 app: chattr')), [])
  })

  test('a rule with nothing certain sees every record', () => {
    const matcher = matcherOf(sigma('quiet', 'product: linux', '  s: {User: alice}\n  condition: not s'), listens)
    deepEqual(matcher.unindexed, ['quiet'])
    const line = Buffer.from('<14>Nov 23 12:55:48 web01 app: hello')
    equal(matcher.scan(line, 0, line.length), true)
    deepEqual(matcher.matchCandidates(recordOfLine(line)), ['quiet'])
  })

  test('a rule sees only records of its log source', () => {
    const matcher = matcherOf(
      sigma('linux', 'product: linux', '  s: [hello]\n  condition: s'),
      sigma('windows', 'product: windows', '  s: [hello]\n  condition: s'),
      sigma('sudo', 'product: linux, service: sudo', '  s: [hello]\n  condition: s'),
      sigma('command', 'category: process_creation', '  s: [hello]\n  condition: s'),
    )
    deepEqual(matcher.matchAll(recordOfLine('<13>Nov 23 12:55:48 web01 app: hello')), ['linux'])
    deepEqual(matcher.matchAll(recordOfLine(history('hello'))), ['linux', 'command'])
    deepEqual(
      matcher.matchAll(recordOfLine('<85>Nov 23 12:55:48 web01 sudo: a : PWD=/ ; USER=root ; COMMAND=/bin/hello')),
      ['linux', 'sudo', 'command'],
    )
  })

  test('a keyword does not find what Picket concluded', () => {
    const matcher = matcherOf(sigma('words', 'product: linux', '  s: [bash_command, udp]\n  condition: s'))
    deepEqual(matcher.matchAll(recordOfLine(history('ls'))), [])
  })

  test('Sigma names read a record', () => {
    const is = (item: string, line: string, want: boolean) => {
      const matcher = matcherOf(sigma('r', 'product: linux', `  s: {${item}}\n  condition: s`))
      equal(matcher.matchAll(recordOfLine(line)).length > 0, want, item)
    }
    const sudo = '<85>Nov 23 12:55:48 web01 sudo: bob : TTY=pts/0 ; PWD=/home/bob ; USER=root ; COMMAND=/usr/bin/id -u'
    is('Image: /usr/bin/chattr', history('chattr +i x'), true)
    is('Image: /opt/chattr', history('/opt/chattr +i x'), true)
    is('Image: /usr/bin/id', sudo, true)
    is('User: bob', sudo, true)
    is('USER: root', sudo, true)
    is('CurrentDirectory: /home/bob', sudo, true)
    is('TTY: pts/0', sudo, true)
    is('Computer: web01', sudo, true)
    is('program: sudo', sudo, true)
    is(
      'src_ip|cidr: 203.0.113.0/24',
      '<86>Nov 23 12:55:48 web01 sshd[1]: Failed password for root from 203.0.113.9 port 22 ssh2',
      true,
    )
    is('ParentImage: /usr/bin/bash', history('ls'), false)
  })

  test('a record in its JSON form is matched as the record', () => {
    const matcher = matcherOf(listens)
    const json = {
      received_at: '2026-11-23T12:00:00.000Z',
      timestamp: null,
      peer: '192.0.2.7',
      transport: 'udp',
      facility: 1,
      severity: 6,
      hostname: 'web01',
      app_name: 'root',
      procid: null,
      msgid: null,
      structured_data: null,
      message: 'HISTORY: CMD=nc -l 1',
      format: 'rfc3164',
      fields: { 'event.action': 'bash_command', 'process.command_line': 'nc -l 1' },
      problems: [],
      id: '',
    }
    deepEqual(matcher.matchEvent(json), ['listens'])
    deepEqual(matcher.matchEvent({ ...json, fields: { 'process.command_line': 'nc -l 1' } }), [])
    deepEqual(
      matcher.matchEvent({ ...json, fields: { 'process.command_line': 'nc -l 1' } }, { ignoreLogSource: true }),
      ['listens'],
    )
  })

  test('no event, however odd, throws', () => {
    const matcher = matcherOf(
      listens,
      sigma('words', 'product: linux', '  s: [hello]\n  t: {a.b.c: 1}\n  condition: 1 of them'),
    )
    for (const event of [
      null,
      1,
      'x',
      [],
      [[]],
      {},
      { CommandLine: { a: [null] } },
      JSON.parse('{"__proto__": 1, "a": {"b": null}}') as unknown,
    ]) {
      deepEqual(matcher.matchEvent(event), [])
    }
    deepEqual(matcher.matchEvent({ a: { b: { c: 1 } } }), ['words'])
    deepEqual(matcher.matchEvent({ x: { y: ['say hello'] } }), ['words'])
  })
})

describe('the automaton', () => {
  test('finds exactly what indexOf finds, without case', () => {
    const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c', '-', '\xe2'), minLength: 1, maxLength: 5 })
    const text = fc.string({ unit: fc.constantFrom('a', 'b', 'c', 'A', 'B', '-', 'z', '\xe2'), maxLength: 40 })
    fc.assert(
      fc.property(fc.uniqueArray(word, { minLength: 1, maxLength: 12 }), text, (literals, line) => {
        const seen = new Set<number>()
        const hit = compileScan(literals, n => seen.add(n)).scan(Buffer.from(line, 'latin1'), 0, line.length)
        const want = literals.flatMap((literal, n) =>
          line.replace(/[A-Z]/g, c => c.toLowerCase()).includes(literal) ? [n] : [],
        )
        deepEqual(
          [...seen].sort((a, b) => a - b),
          want,
        )
        equal(hit, want.length > 0)
      }),
    )
  })

  test('no literals: nothing is found', () => {
    equal(compileScan([], () => {}).scan(Buffer.from('abc'), 0, 3), false)
  })
})
