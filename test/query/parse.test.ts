import { deepEqual, equal, match, ok, partialDeepStrictEqual } from 'node:assert/strict'
import { test } from 'node:test'
import type { GlobPart, Query, Test } from '../../src/query/ast.ts'
import { checkRegex } from '../../src/query/match.ts'
import { maxClauses, maxDepth, parseQuery } from '../../src/query/parse.ts'

const star: GlobPart = { any: 'run' }
const one: GlobPart = { any: 'one' }
const t = (field: string, made: Test): Query => ({ kind: 'test', field, test: made })
const phrase = (text: string, field = 'message', prefix = false) => t(field, { op: 'phrase', text, prefix })
const word = (...glob: GlobPart[]) => t('message', { op: 'word', glob })
const whole = (field: string, ...glob: GlobPart[]) => t(field, { op: 'glob', glob, cased: false })
const and = (...of: Query[]): Query => ({ kind: 'and', of })
const or = (...of: Query[]): Query => ({ kind: 'or', of })
const not = (of: Query): Query => ({ kind: 'not', of })

const p = (text: string, want: Query) => deepEqual(parseQuery(text), { query: want, warnings: [] }, text)
const warns = (text: string, want: Query, warning: RegExp) => {
  const parsed = parseQuery(text)
  ok('query' in parsed, text)
  deepEqual(parsed.query, want, text)
  match(parsed.warnings.join('\n'), warning, text)
}
/** The part of the text that the error marks, and its words. */
const e = (text: string, marked: string, message: RegExp, suggestion?: string) => {
  const parsed = parseQuery(text, { checkRegex })
  ok('error' in parsed, `no error: ${text}`)
  const { position, length } = parsed.error
  equal(text.slice(position, position + length), marked, `${text}: ${parsed.error.message}`)
  ok(length > 0 || text === '', text)
  match(parsed.error.message, message, text)
  equal(parsed.error.suggestion, suggestion, text)
}

test('the rule of the article, as it stands', () => {
  const article =
    'message:chattr OR message:"touch -r" OR message:"pty.spawn" OR message:"nc -l" OR message:"*etc*passwd" OR message:SimpleHTTPServer OR message:http.server OR message:"ssh -D" OR message:"bash -i" OR message:"useradd"'
  const phrases = (texts: string[]) => texts.map(text => phrase(text))
  p(article, {
    kind: 'or',
    of: [
      ...phrases(['chattr', 'touch -r', 'pty.spawn', 'nc -l']),
      word(star, 'etc', star, 'passwd'),
      ...phrases(['SimpleHTTPServer', 'http.server', 'ssh -D', 'bash -i', 'useradd']),
    ],
  })
})

test('words, phrases and operators', () => {
  p('', { kind: 'all' })
  p(' * ', { kind: 'all' })
  p('a', phrase('a'))
  p('a b', and(phrase('a'), phrase('b')))
  p('a AND b && c', and(phrase('a'), phrase('b'), phrase('c')))
  p('a OR b || c', or(phrase('a'), phrase('b'), phrase('c')))
  p('a b OR c', or(and(phrase('a'), phrase('b')), phrase('c')))
  p('a (b OR c)', and(phrase('a'), or(phrase('b'), phrase('c'))))
  p('NOT a b', and(not(phrase('a')), phrase('b')))
  p('NOT (a OR !b)', not(or(phrase('a'), not(phrase('b')))))
  p('abc -def +ghi', and(phrase('abc'), not(phrase('def')), phrase('ghi')))
  p('a - b', and(phrase('a'), phrase('-'), phrase('b')))
  p('a||b&&c', or(phrase('a'), and(phrase('b'), phrase('c'))))
  p('"nc  -l"', phrase('nc -l'))
  p('"nc -l"*', phrase('nc -l', 'message', true))
  p('"say \\"hi\\" \\\\ \\x"', phrase('say "hi" \\ \\x'))
  p(
    'http.server /etc/passwd 12:30:45 10.0.0.1:22',
    and(...['http.server', '/etc/passwd', '12:30:45', '10.0.0.1:22'].map(x => phrase(x))),
  )
  p('a\\:b\\ c', phrase('a:b c'))
  p('"AND" "or" \\OR', and(phrase('AND'), phrase('or'), phrase('OR')))
  p('订单 😀', and(phrase('订单'), phrase('😀')))
  p('ORACLE ANDROID NOTE', and(phrase('ORACLE'), phrase('ANDROID'), phrase('NOTE')))
})

test('wildcards', () => {
  p('ch?ttr*', word('ch', one, 'ttr', star))
  p('"*etc*passwd"', word(star, 'etc', star, 'passwd'))
  p('\\*a*', word('*a', star))
  p('"rm\\*"', phrase('rm*'))
  p('"*pass"*', word(star, 'pass', star))
  p('host:web*', whole('host', 'web', star))
  p('host:"web *"', whole('host', 'web ', star))
  p('host:""', whole('host'))
  p('message:""', whole('message'))
  warns('"rm -rf *"', phrase('rm -rf *'), /stand for themselves/)
})

test('fields, aliases and their kinds', () => {
  p('hostname:a', whole('host', 'a'))
  p('Program:sshd', whole('app', 'sshd'))
  p('tag:sshd', whole('app', 'sshd'))
  p('msg:a', phrase('a'))
  p('cmd:"nc -l"', phrase('nc -l', 'process.command_line'))
  p('user:root', whole('user.name', 'root'))
  p('host: a', whole('host', 'a'))
  p('sd.ex@32473.k:v', whole('sd.ex@32473.k', 'v'))
  p('severity:error', t('severity', { op: 'number', value: 3 }))
  p('level:Warn', t('severity', { op: 'number', value: 4 }))
  p('severity<=warning', t('severity', { op: 'compare', comparison: '<=', value: 4 }))
  p('severity:>= 3', t('severity', { op: 'compare', comparison: '>=', value: 3 }))
  p('facility:(auth OR 10)', or(t('facility', { op: 'number', value: 4 }), t('facility', { op: 'number', value: 10 })))
  p('status:404', t('http.response.status_code', { op: 'number', value: 404 }))
  p('status:4*', whole('http.response.status_code', '4', star))
  p(
    'status:[400 TO 499}',
    and(
      t('http.response.status_code', { op: 'compare', comparison: '>=', value: 400 }),
      t('http.response.status_code', { op: 'compare', comparison: '<', value: 499 }),
    ),
  )
  p('status:[400 TO *]', t('http.response.status_code', { op: 'compare', comparison: '>=', value: 400 }))
  p('f:x'.replace('f', 'event.code'), whole('event.code', 'x'))
  p('host:(a b)', and(whole('host', 'a'), whole('host', 'b')))
  p('host:(a OR NOT "b c")', or(whole('host', 'a'), not(whole('host', 'b c'))))
  p('2>&1', phrase('2>&1'))
})

test('presence', () => {
  const present = t('user.name', { op: 'exists', present: true })
  p('user:*', present)
  p('_exists_:user', present)
  p('user:(*)', present)
  p('user:[* TO *]', present)
  p('user:null', t('user.name', { op: 'null' }))
  p('user:"null"', whole('user.name', 'null'))
  p('message:null', phrase('null'))
  p('cmd:null', t('process.command_line', { op: 'null' }))
})

test('addresses', () => {
  p('src:10.0.0.0/8', t('source.ip', { op: 'cidr', network: '10.0.0.0/8' }))
  p('src:"2001:DB8::/32"', t('source.ip', { op: 'cidr', network: '2001:db8::/32' }))
  p('src_ip:192.0.2.7', whole('source.ip', '192.0.2.7'))
  p('peer:2001:DB8::1', t('peer', { op: 'addressRange', from: '2001:db8::1', to: '2001:db8::1' }))
  p('src:{10.0.0.1 TO 10.0.0.9]', t('source.ip', { op: 'addressRange', from: '10.0.0.2', to: '10.0.0.9' }))
  p('src:>=10.0.0.1', t('source.ip', { op: 'addressRange', from: '10.0.0.1', to: '255.255.255.255' }))
  warns('src:10.1.2.3/8', t('source.ip', { op: 'cidr', network: '10.0.0.0/8' }), /taken as 10\.0\.0\.0\/8/)
  e('src:10.0.0.300', '10.0.0.300', /no address/)
  e('src:[10.0.0.1 TO ::1]', '[10.0.0.1 TO ::1]', /no address is in/)
})

test('times', () => {
  const at = (field: string, comparison: '<' | '<=' | '>' | '>=', ...date: [number, number, number]) =>
    t(field, { op: 'compare', comparison, value: Date.UTC(...date) })
  p('received:2026-11-23', and(at('received', '>=', 2026, 10, 23), at('received', '<', 2026, 10, 24)))
  p('time:>2026-11-23', at('received', '>=', 2026, 10, 24))
  p('time:<=2026-11', at('received', '<', 2026, 11, 1))
  p('@timestamp:[2026-11-01 TO 2026-11-02]', and(at('timestamp', '>=', 2026, 10, 1), at('timestamp', '<', 2026, 10, 3)))
  p('received>now-1h', t('received', { op: 'compareTime', comparison: '>', time: 'now-1h' }))
  p(
    'received:[now-7d/d TO now]',
    and(
      t('received', { op: 'compareTime', comparison: '>=', time: 'now-7d/d' }),
      t('received', { op: 'compareTime', comparison: '<=', time: 'now' }),
    ),
  )
  e('time:[2026-13-45 TO now]', '2026-13-45', /no time/)
  e('time:now-1h', 'now-1h', /compare it: received:>now-1h/, '>now-1h')
  e('time:yesterday', 'yesterday', /no time/)
  e('time:2026*', '2026*', /no wildcards/)
})

test('regular expressions', () => {
  const regex = (source: string, flags = '') => t('message', { op: 'regex', source, flags })
  p('/a b|c\\/d/', regex('a b|c\\/d'))
  p('(/x/i OR y)', or(regex('x', 'i'), phrase('y')))
  p('cmd:/etc/passwd', phrase('/etc/passwd', 'process.command_line'))
  p('/usr/bin/x /tmp/', and(phrase('/usr/bin/x'), regex('tmp')))
  e('a /(x/', '/(x/', /RE2 cannot read/, '"(x"')
  e('/(?=x)/', '/(?=x)/', /RE2 cannot read/, '"(?=x)"')
})

test('every error says where and what to do', () => {
  e('"', '"', /never closed/)
  e('message:"touch -r', '"touch -r', /never closed/)
  e('(', '(', /never closed/)
  e('a (b', '(', /never closed/)
  e('a) b', ')', /closes nothing/)
  e(')', ')', /nothing before/)
  e('x ()', '()', /nothing between/)
  e('a OR', 'OR', /on its right/)
  e('a OR OR b', 'OR', /on its left/)
  e('AND a', 'AND', /on its left/)
  e('a AND NOT', 'NOT', /on its right/)
  e('(a OR) b', 'OR', /on its right/)
  e('host:', 'host:', /needs a value/)
  e('host: OR b', 'host:', /needs a value/)
  e('nosuch:x', 'nosuch', /no field nosuch.*"nosuch:x" in quotes/)
  e('hots:x', 'hots', /nearest is host/, 'host')
  e('user.nmae:x', 'user.nmae', /nearest is user.name/, 'user.name')
  e('constructor:x', 'constructor', /no field/)
  e('__proto__:x', '__proto__', /no field/)
  e('_exists_:usr', 'usr', /nearest is user/, 'user')
  e('a http://x/y b', 'http', /write "http:\/\/x\/y" in quotes/)
  e('host:(a OR user:b)', 'user:', /no other field/)
  e('severity:loud', 'loud', /emergency, alert/)
  e('severity:>99999999999999999999', '99999999999999999999', /0 to 7/)
  e('severity:e*', 'e*', /no wildcards/)
  e('port x source.port:abc', 'abc', /compared with a number/)
  e('source.port:>', '>', /needs a value/)
  e('message:>5', '5', /has no order/)
  e('[preauth]', '[preauth', /range looks like/)
  e('status:[1 TO 5', '[1 TO 5', /end \] or \} is missing/)
  e('message:[a TO b]', '[a TO b]', /no ranges/)
  e('foo~1 b', '~1', /similar words/)
  e('"a b"~3', '~3', /similar words/)
  e('user:@admins', '@admins', /not available/, '"@admins"')
  e('foo"bar"', '"', /quote inside a word/)
  e('NEAR(a b, 9)', '(', /blank or an operator is missing/)
  e('a\\', '\\', /escapes nothing/)
})

test('warnings', () => {
  warns('a^2 "b c"^0.5', and(phrase('a'), phrase('b c')), /\^2 is ignored[^]*\^0\.5 is ignored/)
  warns('(a b)^3', and(phrase('a'), phrase('b')), /\^3 is ignored/)
  warns('a or b', and(phrase('a'), phrase('or'), phrase('b')), /the operator is OR/)
  warns('touch -r', and(phrase('touch'), not(phrase('r'))), /leaves out/)
  warns('\u202echattr', phrase('\u202echattr'), /U\+202E/)
  warns('a\u0000b', phrase('a\u0000b'), /U\+0000/)
  warns('\u201ca b\u201d', and(phrase('\u201ca'), phrase('b\u201d')), /quotes of a phrase/)
})

test('limits', () => {
  const list = (n: number) => Array.from({ length: n }, (_, i) => `w${i}`).join(' OR ')
  partialDeepStrictEqual(parseQuery(list(maxClauses)), { warnings: [] })
  e(list(maxClauses + 1), 'w', /more than 256/)
  partialDeepStrictEqual(parseQuery(`${'('.repeat(maxDepth)}a${')'.repeat(maxDepth)}`), { query: phrase('a') })
  e(`${'('.repeat(maxDepth + 1)}a${')'.repeat(maxDepth + 1)}`, 'a', /more than 32/)
  e(`${'NOT '.repeat(40)}a`, 'N', /more than 32/)
  e('('.repeat(1000), '(', /more than 32/)
  partialDeepStrictEqual(parseQuery('?a'.repeat(64)), { warnings: [] })
  e(`x ${'?a'.repeat(65)}`, '?a'.repeat(65), /more than 64 wildcards/)
  e(`"${'*a'.repeat(65)}"`, `"${'*a'.repeat(65)}"`, /more than 64 wildcards/)
  e(`"${'a '.repeat(257)}"`, `"${'a '.repeat(257)}"`, /more than 256 words/)
  const long = 'é'.repeat(4097)
  e(long, long, /8194 bytes/)
})
