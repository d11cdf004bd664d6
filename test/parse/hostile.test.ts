// Texts made to break parsers: 64 KiB of what each one loops over, names of Object.prototype, anything at all.
import { deepEqual, equal, notEqual } from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { extractFields } from '../../src/parse/fields.ts'

const size = 65_536
// What is repeated, apart by ¦.
const pieces =
  ` ¦=¦a=¦a= ¦a="¦"¦\\¦\\"¦\\x41¦#012¦[¦]¦(¦)¦{¦{"a":¦[[¦:¦ : ¦ ; ¦,¦|¦\t¦ from 1.2.3.4 port 5¦ from ¦ port ¦ by ¦ for ¦ user=¦` +
  ` (uid=¦] "¦ PID=1¦ UID=1¦\\ ¦ COMMAND=¦\u001d¦IN= OUT=¦a0=41 ¦msg='¦cwd:/ ¦; ¦ not allowed because ¦ -> ¦ssh2: ¦ [preauth]¦error: ¦fatal: ¦message repeated 2 times: [ ¦` +
  `1¦A¦你¦\ud800`
// Program, and the beginnings that lead to each of its loops.
const heads: { readonly [appName: string]: string } = {
  root: '¦HISTORY:¦HISTORY:PID=1 ¦HISTORY: PID=1 UID=1 ¦HISTORY:N=1 CMD=¦HISTORY:PWD=¦message repeated 2 times: [¦a [1]: ',
  HISTORY: '¦PID=1 ',
  sshd:
    '¦Failed password for ¦Accepted x for ¦Invalid user ¦Connection closed by ¦Connection from ¦Disconnecting ¦User ¦error: ¦' +
    'maximum authentication attempts exceeded for ¦pam_unix(a:b): ¦pam_unix(a:b): session opened for user ¦' +
    'pam_unix(a:b): authentication failure; ¦PAM 1 more authentication failures; ',
  sudo: '¦a : ¦a : (command continued) ',
  su: '¦(to ¦+ ¦Successful su for ',
  'su(pam_unix)': '¦session opened for user ',
  CRON: '¦(root) CMD (¦USER a pid ',
  useradd: "¦new user: ¦new group: name=¦add 'a¦change user 'a' ¦user ¦password for ",
  systemd: '¦Started ¦a: Main process exited, code=',
  'systemd-logind': '¦New session ',
  kernel:
    '¦[1.1] ¦ IN= OUT= ¦Out of memory: Killed process 1 (¦mce: [Hardware Error]: ¦audit: type=1309 audit(1.1:1): ',
  snoopy: '¦[¦[login:',
  audispd: '¦type=EXECVE msg=audit(1.1:1): ¦node=a type=b ',
  nginx: '¦1.1.1.1 - - [x] "¦1.1.1.1 - - [x] "GET / HTTP/1.1" 200 5 "',
  ossec: '¦Alert Level: 1; Rule: 2 - a; Location: b; ¦crit=1 id=2 ',
  MSWinEventLog: '¦1\tSecurity\t1\tx\t4624\t',
  '%ASA-6-302013': '¦Built ¦Teardown a b for ¦Deny ¦access-list ¦Login ',
  app: '¦CEF:0|¦CEF:0|a|b|c|d|e|f|¦LEEF:2.0|¦LEEF:1.0|a|b|c|d|¦a=1 b=2 ¦{"a":"¦@cee: {',
}

for (const [appName, starts] of Object.entries(heads)) {
  test(`64 KiB of one piece, sent by ${appName}`, () => {
    for (const head of starts.split('¦')) {
      for (const piece of pieces.split('¦')) {
        const message = head + piece.repeat(Math.floor(size / piece.length))
        equal(typeof extractFields({ appName, message }).fields, 'object')
      }
    }
  })
}

test('any text of any program gives fields and never throws', () => {
  const word = fc.constantFrom(...pieces.split('¦'), ...Object.values(heads).flatMap(starts => starts.split('¦')))
  const message = fc.array(fc.oneof(word, fc.string({ unit: 'binary', maxLength: 8 })), { maxLength: 12 })
  fc.assert(
    fc.property(fc.constantFrom(...Object.keys(heads)), message, (appName, parts) => {
      const { fields, problems } = extractFields({ appName, message: parts.join('') })
      notEqual(fields, null)
      equal(Array.isArray(problems), true)
    }),
    { numRuns: 2000 },
  )
})

test('names of Object.prototype are no fields and nothing is inherited', () => {
  for (const message of [
    '__proto__=x constructor=y a=b toString=z',
    '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":2}},"a":"b"}',
    'HISTORY:__proto__=x PID=1 USER=a CMD=ls',
    'CEF:0|a|b|c|d|e|f|__proto__=x a=b',
    'LEEF:1.0|a|b|c|d|__proto__=x\ta=b',
    'type=EXECVE msg=audit(1.1:1): __proto__=x a0=41',
    'Failed password for root from 192.0.2.1 port 5 ssh2',
    'nothing known here',
  ]) {
    const { fields } = extractFields({ appName: 'sshd', message })
    equal('hasOwnProperty' in fields, false, message)
    equal(fields['__proto__'], undefined, message)
    equal(Object.hasOwn(fields, '__proto__'), false, message)
  }
  equal(Object.hasOwn(Object.prototype, 'polluted'), false)
})

test('a sender cannot make a record large: at most 64 fields of its own naming', () => {
  const many = Array.from({ length: 500 }, (_, n) => n)
  for (const message of [
    many.map(n => `k${n}=v`).join(' '),
    JSON.stringify(Object.fromEntries(many.map(n => [`k${n}`, 'v']))),
    `CEF:0|a|b|c|d|e|f|${many.map(n => `k${n}=v`).join(' ')}`,
    `LEEF:1.0|a|b|c|d|${many.map(n => `k${n}=v`).join('\t')}`,
  ]) {
    const names = Object.keys(extractFields({ appName: 'app', message }).fields)
    equal(names.length >= 60 && names.length <= 72, true, `${names.length}`)
  }
})

test('a text that nobody knows gives the same frozen result', () => {
  const one = extractFields({ appName: 'app', message: 'hello world' })
  equal(extractFields({ appName: undefined, message: '' }), one)
  equal(Object.isFrozen(one) && Object.isFrozen(one.fields) && Object.isFrozen(one.problems), true)
  deepEqual(Object.keys(one.fields), [])
})
