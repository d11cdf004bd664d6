import { deepEqual, equal, ok, throws } from 'node:assert/strict'
import { test } from 'node:test'
import { isPicketError } from '../../src/base/errors.ts'
import type { LogRecord } from '../../src/model/record.ts'
import type { EventView, Query, Test } from '../../src/query/ast.ts'
import { globFrom } from '../../src/query/glob.ts'
import { lowerCache } from '../../src/query/lower.ts'
import { checkRegex, compileQuery } from '../../src/query/match.ts'
import { parseQuery } from '../../src/query/parse.ts'
import { RecordView, recordView } from '../../src/query/record-view.ts'
import { sample } from './samples.ts'

const now = Date.UTC(2026, 10, 23, 12)

function parse(text: string): Query {
  const parsed = parseQuery(text)
  if ('error' in parsed) throw new Error(`${text}: ${parsed.error.message}`)
  return parsed.query
}

const matches = (query: string, record: LogRecord) => compileQuery(parse(query), { now })(recordView(record))
const hit = (query: string, message: string) => ok(matches(query, sample(message)), `${query} must find: ${message}`)
const miss = (query: string, message: string) =>
  ok(!matches(query, sample(message)), `${query} must not find: ${message}`)

test('a term is a token, whatever stands around it', () => {
  hit('chattr', 'sudo /usr/bin/CHATTR +i x')
  hit('chattr', 'chattr')
  miss('chattr', 'rechattring')
  miss('chattr', 'chattr_x')
  hit('http.server', 'python3 -m http.server 8000')
  miss('http.server', 'python3 -m http server')
  miss('http.server', 'xhttp.server')
  hit('10.0.0.1', 'from 10.0.0.1:22')
  miss('10.0.0.1', 'from 10.0.0.12')
  miss('10.0.0.1', 'from 110.0.0.1')
  hit('10.0.0.1', 'v10.0.0.1 or 10.0.0.1')
  hit('Straße', 'die STRAßE')
  hit('café', 'CAFÉ au lait')
})

test('phrases keep their punctuation; blanks are any white space', () => {
  hit('"touch -r"', 'touch   -r /bin/ls x')
  hit('"touch -r"', 'touch\t-r x')
  miss('"touch -r"', 'touch r')
  miss('"touch -r"', 'touch-r')
  hit('"nc -l"', '/bin/nc -l 4444')
  miss('"nc -l"', 'rsync -l x')
  miss('"nc -l"', 'nc -lvp 4444')
  hit('"nc -l"*', 'nc -lvp 4444')
  miss('"nc -l"*', 'rsync -lvp')
  hit('"-l"', 'nc -l')
  hit('"a b"', 'a a\n b')
  hit('pty.spawn', "import pty;pty.spawn('/bin/sh')")
  hit('"rm -rf *"', 'rm -rf * now')
  miss('"rm -rf *"', 'rm -rf x')
})

test('each Chinese, Japanese or Korean character is a token', () => {
  hit('订单', '订单号 2026')
  hit('单号', '订单号 2026')
  hit('订单', 'x订单y')
  miss('订单', '订 单')
  hit('サーバ', 'サーバーを再起動')
  hit('error', '错误error发生')
  hit('서버', '서버가 멈춤')
  miss('rror', '错误error发生')
})

test('a wildcard term matches one word', () => {
  hit('*etc*passwd', 'cat /etc/passwd')
  hit('*etc*passwd', 'dd if=/etc/passwd.')
  hit('*etc*passwd', '(cat "/etc/passwd");ls')
  miss('*etc*passwd', 'etcd reads passwd')
  miss('*etc*passwd', 'etc;passwd')
  miss('*etc*passwd', '/etc/passwd-')
  hit('"*etc*passwd"', 'cat /ETC/passwd')
  hit('ch?ttr', 'x chattr, y')
  miss('ch?ttr', 'chttr')
  miss('ch?ttr', 'xchattr')
  hit('a?c', 'a😀c')
  miss('passw*', '/etc/passwd')
  hit('*passwd:', 'open /etc/passwd: denied')
  hit('*a;b*', 'xa;by')
  hit('*cmd\\=*id*', 'x cmd=/bin/id')
  hit('???', 'ab abc')
  miss('???', 'ab abcd')
})

test('keyword fields are compared as a whole', () => {
  const record = sample('x', {
    hostname: 'Web01',
    fields: { 'user.name': 'alice', 'process.args': ['-l', 'Chattr'], 'source.port': 22, 'event.code': '4624' },
  })
  const f = (query: string, want: boolean) => equal(matches(query, record), want, query)
  f('host:web01', true)
  f('host:web', false)
  f('host:web*', true)
  f('host:?eb0?', true)
  f('user:ALICE', true)
  f('user:lic', false)
  f('user:*lic*', true)
  f('process.args:chattr', true)
  f('process.args:chat', false)
  f('source.port:22', true)
  f('source.port:>=22', true)
  f('source.port:[1 TO 21]', false)
  f('source.port:2*', true)
  f('event.code:>4000', true)
  f('user:>1', false)
  f('severity:info', true)
  f('severity<=warning', false)
  f('severity:>warning', true)
  f('facility:auth', true)
  f('user:*', true)
  f('group.name:*', false)
  f('group.name:null', true)
  f('user:null', false)
  f('NOT user:bob', true)
  f('host:(web01 OR db01) -user:alice', false)
  f('format:rfc3164 transport:UDP', true)
  f('sd.x.y:*', false)
  f('url.path:*', false)
})

test('fields with names of the sender', () => {
  const record = sample('x', { fields: { cfgpath: 'system.admin', 'a b': 7, host: 'inner' } })
  ok(matches('fields.cfgpath:system*', record))
  ok(matches('fields.a\\ b:>6', record))
  ok(matches('fields.host:inner host:web01', record))
  ok(!matches('fields.constructor:*', record))
})

test('structured data', () => {
  const record = sample('x', {
    structuredData: { 'ex@32473': { k: 'V', again: ['1', '2'] }, 'a.b': { 'c.d': 'dotted' } },
  })
  ok(matches('sd.ex@32473.k:v', record))
  ok(matches('sd.ex@32473.again:2', record))
  ok(matches('sd.a.b.c.d:dotted', record))
  ok(!matches('sd.ex@32473.constructor:*', record))
})

test('addresses', () => {
  const from = (ip: string) => sample('x', { fields: { 'source.ip': ip } })
  ok(matches('src:10.0.0.0/8', from('10.255.0.1')))
  ok(!matches('src:10.0.0.0/8', from('11.0.0.1')))
  ok(!matches('src:0.0.0.0/0', from('::1')))
  ok(!matches('src:0.0.0.0/0', from('web01')))
  ok(!matches('src:"::/0"', from('10.0.0.1')))
  ok(matches('src:"2001:db8::/32"', from('2001:DB8:0:0::1')))
  ok(matches('src:2001:db8::1', from('2001:0db8:0:0:0:0:0:1')))
  ok(matches('src:[10.0.0.1 TO 10.0.0.9]', from('10.0.0.9')))
  ok(!matches('src:[10.0.0.1 TO 10.0.0.9}', from('10.0.0.9')))
})

test('times', () => {
  const at = (receivedAt: number) => sample('x', { receivedAt })
  ok(matches('received:>now-1h', at(now - 3_599_999)))
  ok(!matches('received:>now-1h', at(now - 3_600_000)))
  ok(matches('received:2026-11-23', at(Date.UTC(2026, 10, 23))))
  ok(!matches('received:2026-11-23', at(Date.UTC(2026, 10, 24))))
  ok(matches('received:>=now/d', at(Date.UTC(2026, 10, 23))))
  ok(!matches('timestamp:>now-1h', at(now)))
})

test('regular expressions are RE2, unanchored, in the case as written', () => {
  hit('/pass(wd|word)/', 'failed password')
  miss('/PASS/', 'failed password')
  hit('/PASS/i', 'failed password')
  miss('/a.b/', 'a\nb')
  hit('/(a+)+$/', 'a'.repeat(5000))
  miss('/(a+)+$/', `${'a'.repeat(5000)}b`)
  equal(checkRegex('(a', ''), 'error parsing regexp: missing closing ): `(a`')
  throws(
    () => compileQuery({ kind: 'test', field: 'message', test: { op: 'regex', source: '(?=x)', flags: '' } }, { now }),
    error => isPicketError(error, 'QUERY_INVALID'),
  )
})

// ── what only Sigma rules ask; detection.md §2 ───────────────────────────────────────────────────────────────────

function flatEvent(event: { readonly [field: string]: unknown }): EventView {
  const values = Object.values(event)
  return { read: field => (Object.hasOwn(event, field) ? event[field] : undefined), values: () => values }
}

const sigma = (test: Test, event: { readonly [field: string]: unknown }, field = 'f') =>
  compileQuery({ kind: 'test', field, test }, { now })(flatEvent(event))
const glob = (pattern: string, cased = false): Test => ({ op: 'glob', glob: globFrom(pattern), cased })

test('Sigma strings: whole value, any element, numbers as text', () => {
  ok(sigma(glob('ROOT'), { f: 'root' }))
  ok(!sigma(glob('root'), { f: ' root' }))
  ok(!sigma(glob('root', true), { f: 'Root' }))
  ok(sigma(glob('*b*'), { f: 'a\nb\nc' }))
  ok(sigma(glob('44*'), { f: 4444 }))
  ok(sigma(glob('true'), { f: true }))
  ok(sigma(glob('b'), { f: ['a', 'B'] }))
  ok(!sigma(glob('*'), { f: null }))
  ok(!sigma(glob('*'), {}))
  ok(!sigma(glob('*'), { f: { g: 'x' } }))
  ok(sigma(glob(''), { f: '' }))
  ok(!sigma(glob(''), { f: null }))
})

test('numbers, booleans, presence and null', () => {
  ok(sigma({ op: 'number', value: 404 }, { f: '404' }))
  ok(sigma({ op: 'number', value: 404 }, { f: [1, 404] }))
  ok(!sigma({ op: 'number', value: 404 }, { f: '404x' }))
  ok(!sigma({ op: 'number', value: 0 }, { f: '' }))
  ok(sigma({ op: 'boolean', value: true }, { f: 'TRUE' }))
  ok(!sigma({ op: 'boolean', value: false }, { f: 0 }))
  ok(sigma({ op: 'exists', present: true }, { f: null }))
  ok(sigma({ op: 'exists', present: false }, {}))
  ok(sigma({ op: 'null' }, { f: null }))
  ok(sigma({ op: 'null' }, {}))
  ok(!sigma({ op: 'null' }, { f: '' }))
  ok(!sigma({ op: 'compare', comparison: '<', value: 5 }, { f: 'x' }))
})

test('keywords look into every value, but not into what Picket concluded', () => {
  const keyword = (pattern: string): Test => ({ op: 'anywhere', glob: globFrom(pattern) })
  ok(sigma(keyword('b*d'), { x: 1, y: ['aBCD'] }, ''))
  ok(!sigma(keyword('x'), { x: 1 }, ''))
  ok(sigma({ op: 'number', value: 7 }, { x: 'a', y: 7 }, ''))
  const record = recordView(sample('hello', { fields: { 'event.action': 'ssh_login', 'user.name': 'zoe' } }))
  deepEqual(record.values(), ['hello', 'web01', 'sshd', 'zoe'])
  equal(record.values(), record.values())
})

test('one cache and one view serve many queries and records', () => {
  const lower = lowerCache()
  const predicates = ['CHATTR', 'host:WEB01', 'Useradd'].map(text => compileQuery(parse(text), { now, lower }))
  const view = new RecordView()
  const seen = ['chattr', 'useradd', 'CHATTR useradd'].map(message => {
    view.of(sample(message))
    return predicates.map(predicate => predicate(view))
  })
  deepEqual(seen, [
    [true, true, false],
    [false, true, true],
    [true, true, true],
  ])
})
