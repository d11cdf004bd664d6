// Rule files: what is refused and where, what is warned of, what overrides what, and the article's query as a rule.
import { deepEqual, equal, match, ok } from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { createMatcher } from '../../src/detect/match.ts'
import { runRuleTests } from '../../src/detect/rule-test.ts'
import { compileRules, loadRules, printFinding } from '../../src/detect/rules.ts'
import { recordOfLine } from './line.ts'

const compile = (...texts: readonly string[]) =>
  compileRules(texts.map((text, n) => ({ file: `${n}.yml`, text, layer: 0 })))
const rule = (detection: string, more = '') =>
  `title: T\nlogsource:\n  product: linux\ndetection:\n${detection}\nlevel: low\n${more}`

describe('findings', () => {
  /** The first finding of the text, as it is printed. */
  const finds = (text: string, want: string | RegExp) => {
    const printed = compile(text).findings.map(printFinding)[0] ?? ''
    if (typeof want === 'string') equal(printed, want)
    else match(printed, want)
  }

  test('name file, line, column, code and the nearest word', () => {
    finds(
      rule('  s:\n    a|containz: x\n  condition: s'),
      '0.yml:6:5 [modifier] unknown modifier "containz" (did you mean "contains"?)',
    )
    finds(
      rule('  s:\n    a: x\n  condition: sel or s'),
      /^0\.yml:7:14 \[condition\] the condition names a block that does not exist: "sel"/,
    )
    finds(rule('  selection:\n    a: x\n  condition: selectoin'), /did you mean "selection"/)
    finds(
      rule('  s:\n    a: x\n  condition: s').replace('level: low', 'level: hgih'),
      /^0\.yml:8:8 \[level\] .*did you mean "high"/,
    )
    finds(
      rule('  s:\n    a: x\n  condition: s').replace('product', 'produkt'),
      /^0\.yml:3:3 \[logsource\] .*did you mean "product"/,
    )
    finds('title: T\npicket:\n  qery: x\n', /^0\.yml:3:3 \[picket\] .*did you mean "query"/)
    finds(
      rule('  s:\n    a: x\n  condition: s', 'falsepositive: x\n'),
      /^0\.yml:9:1 \[key\] .*did you mean "falsepositives"/,
    )
  })

  test('YAML mistakes stand where a person would look', () => {
    finds('title: T\ntitle: U\n', /^0\.yml:2:1 \[yaml\]/)
    finds("title: T\nlist:\n  - 'x\nlevel: low\n", /^0\.yml:3:5 \[yaml\] .*not closed/)
    finds('title: *x\n', /^0\.yml:1:8 \[yaml\] the alias \*x names no anchor/)
    finds('title: !!js/function "x"\n', /\[yaml\] .*tag/)
    finds('- a\n', /^0\.yml:1:1 \[yaml\] a rule is a map/)
  })

  test('values of the wrong kind', () => {
    finds(rule('  s:\n    a|contains: 22\n  condition: s'), /^0\.yml:6:17 \[value\] "contains" needs text/)
    finds(rule('  s:\n    a|exists: maybe\n  condition: s'), /\[value\] "exists" needs true or false/)
    finds(rule('  s:\n    a|cidr: 10.0.0.1/8\n  condition: s'), /host bits set; the network begins at 10\.0\.0\.0/)
    finds(rule('  s:\n    a|cidr: 10.0.0/8\n  condition: s'), /not a network/)
    finds(rule("  s:\n    a|re: '(?=x)'\n  condition: s"), /^0\.yml:6:11 \[regex\]/)
    finds(rule(`  s:\n    a|re: '${'x'.repeat(5000)}'\n  condition: s`), /longer than 4 KiB/)
    finds(rule(`  s:\n    a|windash: '${' -a'.repeat(8)}'\n  condition: s`), /more than 1024/)
    finds(rule('  s:\n    a|contains|re: x\n  condition: s'), /"re" must be the first/)
    finds(rule("  s:\n    a|expand: '%admins%'\n  condition: s"), /placeholder %admins% has no values/)
    finds(rule('  s: [true]\n  condition: s'), /a keyword must be text or a number/)
    finds(rule("  s: {'|all': []}\n  condition: s"), /list of keywords is empty/)
  })

  test('conditions', () => {
    const condition = (text: string, want: RegExp) => finds(rule(`  s:\n    a: 1\n  condition: ${text}`), want)
    condition('s and', /:19 \[condition\] the condition ends too early/)
    condition('(s', /:14 \[condition\] a bracket is not closed/)
    condition('s)', /:15 \[condition\] a bracket closes that was never opened/)
    condition('s s', /"and" or "or" is missing before "s"/)
    condition('s OR s', /must be written in lower case: "or"/)
    condition('2 of s*', /"2 of" is not known/)
    condition('1 of x*', /no block is called "x\*"/)
    condition('s | count() > 5', /correlation rule/)
    condition('not 1 of x*', /never true/)
    condition(`${'('.repeat(80)}s${')'.repeat(80)}`, /nested deeper than 64/)
    condition(`${'not '.repeat(80)}s`, /nested deeper than 64/)
    condition('s & s', /"&" is no part of a condition/)
  })

  test('a query as a rule: its mistakes are placed in the file', () => {
    finds('title: T\npicket:\n  query: "message:x AND (y"\n', /^0\.yml:3:\d+ \[query\]/)
    finds('title: T\npicket: {query: mesage:x}\n', /^0\.yml:1?2:17 \[query\] .*did you mean "message"/)
    finds('title: T\npicket: {query: "received:>now-1h"}\n', /\[query\] .*"now"/)
    deepEqual(
      compile('title: T\nlevel: low\npicket: {query: chattr}\n').findings.map(f => f.severity),
      [],
    )
  })

  test('what this version leaves out is said', () => {
    finds(
      'title: C\ncorrelation:\n  type: event_count\n  rules: [x]\n  timespan: 5m\n  condition: {gte: 3}\n',
      /\[unsupported\]/,
    )
    finds('title: F\nfilter:\n  rules: any\n', /\[unsupported\]/)
    finds(rule('  s:\n    a|fieldref: b\n  condition: s'), /\[unsupported\] modifier "fieldref"/)
  })

  test('a file that is too large or too clever is refused', () => {
    finds(`title: ${'x'.repeat(1 << 20)}\n`, /larger than 1 MiB/)
    const bomb = `a: &a [x,x,x,x,x,x,x,x,x,x]\nb: &b [${'*a,'.repeat(60)}]\nc: [${'*b,'.repeat(60)}]\n`
    finds(bomb, /more than 100 aliases/)
    finds(`a: ${'['.repeat(100)}${']'.repeat(100)}\n`, /nested deeper|yaml/)
  })

  test('a bad rule does not stop its neighbours', () => {
    const good = rule('  s:\n    a: 1\n  condition: s')
    const { rules, findings } = compile(
      good.replace('T', 'one'),
      'title: [\n',
      `${good.replace('T', 'two')}---\n${good.replace('a: 1', 'a|x: 1')}`,
    )
    deepEqual(
      rules.map(r => r.info.title),
      ['one', 'two'],
    )
    equal(findings.filter(f => f.severity === 'error').length, 2)
  })
})

describe('YAML as Sigma rules are written for', () => {
  const hits = (value: string, event: unknown) => {
    const { rules } = compile(rule(`  s:\n    a: ${value}\n  condition: s`))
    equal(rules.length, 1)
    return createMatcher(rules).matchEvent(event).length > 0
  }
  test('y is text, yes is a boolean; 00000429 and 1e3 are text', () => {
    ok(hits('y', { a: 'Y' }))
    ok(hits('yes', { a: true }))
    ok(hits('00000429', { a: '00000429' }))
    ok(!hits('00000429', { a: 429 }))
    ok(hits('1e3', { a: '1e3' }))
    ok(hits('0x1F', { a: 31 }))
    ok(hits('010', { a: 8 }))
    ok(hits('1_000', { a: '1000' }))
    ok(hits('2026-11-23', { a: '2026-11-23' }))
    ok(hits('~', {}))
    ok(hits("'null'", { a: 'null' }))
  })
})

describe('folders', () => {
  test('a later folder overrides a rule by its id; test files and other files are no rules', t => {
    const root = mkdtempSync(join(tmpdir(), 'picket-rules-'))
    t.after(() => rmSync(root, { recursive: true }))
    const put = (path: string, text: string) => {
      mkdirSync(join(root, path, '..'), { recursive: true })
      writeFileSync(join(root, path), text)
    }
    const body = (id: string, title: string) =>
      rule('  s: [hello]\n  condition: s', `id: ${id}\n`).replace('title: T', `title: ${title}`)
    put('a/one.yml', body('id-1', 'shipped'))
    put('a/deep/two.yaml', body('id-2', 'second'))
    put('a/one.test.yml', '- {name: x}\n')
    put('a/notes.txt', 'x')
    put('b/mine.yml', body('id-1', 'mine'))
    const { rules, findings, sources } = loadRules([join(root, 'a'), join(root, 'b'), join(root, 'none')])
    deepEqual(rules.map(r => r.info.title).sort(), ['mine', 'second'])
    deepEqual(
      findings.map(f => f.code),
      ['unreadable'],
    )
    deepEqual(compileRules(structuredClone(sources)).rules, rules)

    put('a/again.yml', body('id-2', 'again'))
    match(
      loadRules([join(root, 'a')]).findings.map(printFinding)[0] ?? '',
      /two\.yaml:1:1 \[id\] a rule "id-2" exists already, in .*again\.yml/,
    )
    equal(loadRules([join(root, 'a/one.yml')]).rules.length, 1)
  })

  test('what an alert needs to know of a rule', () => {
    const { rules } = compile(
      'title: T\nid: 1-2\nname: n\nlevel: high\ndescription: why\ntags: [attack.t1059.004, attack.execution, attack.T1105]\nfalsepositives: [admins]\npicket: {query: x, next: ask}\n',
    )
    deepEqual(rules[0]?.info, {
      id: '1-2',
      name: 'n',
      title: 'T',
      level: 'high',
      description: 'why',
      falsePositives: ['admins'],
      techniques: ['T1059.004', 'T1105'],
      nextSteps: 'ask',
      file: '0.yml',
      enabled: true,
    })
  })
})

describe("the article's query as an alert rule", () => {
  const article = `message:chattr OR message:"touch -r" OR message:"pty.spawn" OR message:"nc -l" OR message:"*etc*passwd" OR message:SimpleHTTPServer OR message:http.server OR message:"ssh -D" OR message:"bash -i" OR message:"useradd"`
  const { rules, findings } = compile(`title: Danger\nid: danger\nlevel: high\npicket:\n  query: '${article}'\n`)
  const matcher = createMatcher(rules)
  const history = (command: string) =>
    `<14>Nov 23 12:55:48 web01 root: HISTORY:PID=1 PPID=2 SID=1 USER=alice CMD=${command}`
  const fires = (command: string) => {
    const frame = Buffer.from(history(command))
    const seen = matcher.scan(frame, 0, frame.length)
    const hits = seen ? matcher.matchCandidates(recordOfLine(frame)) : []
    deepEqual(hits, matcher.matchAll(recordOfLine(frame)), command)
    return hits.length > 0
  }

  test('it loads without a finding and has certain texts', () => {
    deepEqual(findings, [])
    deepEqual(matcher.unindexed, [])
  })

  test('it fires on the ten commands and not on their neighbours', () => {
    for (const command of [
      'chattr +i /etc/x',
      'touch -r /bin/ls x',
      "python -c 'import pty;pty.spawn(1)'",
      'nc -l 4444',
      'cat /etc/passwd',
      'python -m SimpleHTTPServer',
      'python3 -m http.server',
      'ssh -D 1080 host',
      'bash -i',
      'useradd mallory',
      'nc  -l 4444',
    ])
      equal(fires(command), true, command)
    for (const command of [
      'ls -la',
      'rechattr +i x',
      'touch -recursive x',
      'xpty.spawner',
      'rsync -l a b',
      'etcd --x passwd',
      'http-server',
      'ssh -p 22 host',
      'bash -is',
      'myuseradds',
    ])
      equal(fires(command), false, command)
  })
})

describe('tests beside rules', () => {
  const { rules } = compileRules([
    { file: 'x.yml', text: rule("  s: {CommandLine|contains: 'chattr '}\n  condition: s"), layer: 0 },
  ])
  const run = (text: string) => runRuleTests(rules, [{ file: 'x.test.yml', text, layer: 0 }], recordOfLine)
  const line = '<14>Nov 23 12:55:48 web01 root: HISTORY:PID=1 USER=alice CMD=chattr +i x'

  test('a case that ends otherwise is a failure with the rule', () => {
    const { results, findings } = run(
      `- {name: a, log: '${line}', expect: match}\n- {name: b, log: '${line}', expect: none}\n- {name: c, event: {CommandLine: ls}, expect: match, rule: T}\n`,
    )
    deepEqual(findings, [])
    deepEqual(
      results.map(r => r.failure),
      [undefined, '"T" matched; expected no match', 'no rule matched; expected "T"'],
    )
    deepEqual(
      results.map(r => r.line),
      [1, 2, 3],
    )
  })

  test('mistakes in a test file are findings', () => {
    const first = (text: string) => run(text).findings.map(printFinding)[0] ?? ''
    match(first('- {name: a, expect: match}\n'), /^x\.test\.yml:1:3 \[test\] a case has either/)
    match(first('- {name: a, log: x, expect: maybe}\n'), /"expect" is match or none/)
    match(first('- {nam: a, log: x, expect: none}\n'), /did you mean "name"/)
    match(first('- {name: a, log: x, expect: none, rule: U}\n'), /no rule has the id or title "U"/)
    match(first('- x\n'), /a test file is a list of cases/)
  })
})
