// Necessary literals: whatever a regular expression or a rule matches has one of each set.
import { deepEqual, equal, ok } from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { RE2JS } from 're2js'
import { regexLiterals } from '../../src/detect/regex-witness.ts'
import { compileRules } from '../../src/detect/rules.ts'
import { witnessesOf } from '../../src/detect/witness.ts'

const pieces = (text: string) =>
  text
    .toLowerCase()
    .split(/[^ !-"$-~]+/)
    .filter(piece => piece.trim() !== '')

/** A regular expression and a text that it matches. */
type Pair = { readonly source: string; readonly text: string }

const pair: fc.Arbitrary<Pair> = fc.letrec<{ all: Pair; atom: Pair; list: Pair; either: Pair }>(tie => ({
  all: fc.oneof({ depthSize: 'small' }, tie('list'), tie('either')),
  atom: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom<Pair>(
      { source: 'nc', text: 'nc' },
      { source: 'Bash', text: 'Bash' },
      { source: '\\s+', text: ' \n' },
      { source: '\\s', text: '\n' },
      { source: '\\s*', text: '' },
      { source: '-l', text: '-l' },
      { source: '[a-z]', text: 'q' },
      { source: '[^\\]x]', text: 'y' },
      { source: '[[:alpha:]]+', text: 'ab' },
      { source: '.', text: 'x' },
      { source: '\\d{2,3}', text: '12' },
      { source: 'ab?c', text: 'ac' },
      { source: 'k+', text: 'kkk' },
      { source: 'x{0,2}y', text: 'y' },
      { source: '\\.', text: '.' },
      { source: '\\b', text: '' },
      { source: '#', text: '#' },
      { source: '\u00e9', text: '\u00e9' },
      { source: '/etc/', text: '/etc/' },
    ),
    fc.tuple(tie('all'), fc.constantFrom('', '?', '*', '+', '{2}', '{0,1}', '??')).map(
      ([{ source, text }, q]): Pair => ({
        source: `(?:${source})${q}`,
        text: /^(?:\?|\*|\{0)/.test(q) ? '' : q === '{2}' ? text + text : text,
      }),
    ),
  ),
  list: fc
    .array(tie('atom'), { minLength: 1, maxLength: 5 })
    .map(parts => ({ source: parts.map(p => p.source).join(''), text: parts.map(p => p.text).join('') })),
  either: fc
    .tuple(tie('list'), tie('list'), fc.boolean())
    .map(([a, b, first]) => ({ source: `(${a.source}|${b.source})`, text: first ? a.text : b.text })),
})).all

test('every set of a regular expression has a literal in every match', () => {
  let matched = 0
  fc.assert(
    fc.property(pair, fc.constantFrom('', ' zz', 'CMD='), ({ source, text }, around) => {
      const message = around + text + around
      if (!RE2JS.compile(source).test(message)) return
      matched++
      // In a frame, a line end of the message may be CR LF.
      for (const frame of [message, message.replaceAll('\n', '\r\n')]) {
        const bytes = Buffer.from(frame.toLowerCase()).toString('latin1')
        for (const set of regexLiterals(source, pieces))
          ok(
            set.some(literal => bytes.includes(literal)),
            `${source} ${JSON.stringify(set)} ${frame}`,
          )
      }
    }),
    { numRuns: 800 },
  )
  ok(matched > 400)
})

describe('what is read from a regular expression', () => {
  const sets = (source: string, want: readonly (readonly string[])[]) =>
    deepEqual(regexLiterals(source, pieces), want, source)
  test('runs, alternatives, blanks', () => {
    sets('chattr', [['chattr']])
    sets('(?:perl|python)x', [['perl', 'python'], ['x']])
    sets('(?:perl)?x', [['x']])
    sets('perl|.*', [])
    sets('(?i)Perl', [['perl']])
    sets('nc\\s+-', [['nc'], ['nc ', 'nc\t', 'nc\n', 'nc\r'], ['-'], [' -', '\t-', '\n-']])
  })
  test('what is not understood gives nothing', () => {
    for (const source of ['\\x41bc', '\\pLabc', '\\Qa.b\\E', 'a{,2}bc', '(abc', '\\101bc']) sets(source, [])
  })
})

describe('what a rule must show', () => {
  const witnesses = (logsource: string, detection: string) => {
    const { rules } = compileRules([
      { file: 'x.yml', text: `title: T\nlogsource: {${logsource}}\ndetection:\n${detection}\nlevel: low\n`, layer: 0 },
    ])
    const [rule] = rules
    if (rule === undefined) throw new Error('the rule did not load')
    return witnessesOf(rule.query, rule.logSource)
  }
  const own = (item: string) => witnesses('product: linux', `  s: {${item}}\n  condition: s`)[0]

  test('long literals before short ones, rare before common', () => {
    deepEqual(own('CommandLine|contains|all: [cat, chattr]'), ['chattr'])
    deepEqual(own('CommandLine|contains|all: [history, evil]'), ['evil'])
    deepEqual(own("CommandLine|contains: ['chattr', 'lsattr']"), ['chattr', 'lsattr'])
    deepEqual(own("CommandLine|contains: 'very long literal text'"), ['very long li'])
  })
  test('fields that hold other words than the frame give nothing', () => {
    equal(own('event.action: ssh_login'), undefined)
    equal(own('ProcessId: 4711'), undefined)
    equal(own('CommandLine|exists: true'), undefined)
    equal(own('CommandLine|contains: [chattr, ab]'), undefined)
    equal(own("CommandLine|contains: '\u8ba2\u5355'"), undefined)
    equal(witnesses('product: linux', '  s: {User: alice}\n  condition: not s')[0], undefined)
  })
  test('an image may be made of the first word', () => {
    deepEqual(own("Image|endswith: '/chattr'"), ['chattr'])
    equal(own("Image|startswith: '/usr/bin/'"), undefined)
    deepEqual(own("Image|startswith: '/tmp/'"), ['/tmp/'])
    ok(own("Image|endswith: '/nc'")?.includes('=nc'))
  })
  test('a request target may hide letters in escapes', () => {
    deepEqual(own("cs-uri-query|contains: 'aa b'"), undefined)
    deepEqual(own("cs-uri-query|contains: 'abc d'"), ['abc', '%61', '%62', '%63', '%41', '%42', '%43'])
  })
  test('a log source opens the gate', () => {
    deepEqual(witnesses('product: linux, service: sshd', '  s: [chattr]\n  condition: s'), [['chattr'], ['sshd']])
    deepEqual(witnesses('service: cron', '  s: {ProcessId: 1}\n  condition: s'), [['cron']])
  })
})
