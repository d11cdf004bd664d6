// tokens.ts, glob.ts, phrase.ts and highlight.ts: what is a token, a word, a pattern.
import { deepEqual, equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { GlobPart } from '../../src/query/ast.ts'
import { compileGlob, globFrom } from '../../src/query/glob.ts'
import { highlights } from '../../src/query/highlight.ts'
import { parseQuery } from '../../src/query/parse.ts'
import { hasDigit, indexedTexts, isBoundary, tokensOf } from '../../src/query/tokens.ts'
import { sample } from './samples.ts'

const star: GlobPart = { any: 'run' }
const one: GlobPart = { any: 'one' }

test('tokens', () => {
  const t = (text: string, ...want: string[]) => deepEqual([...tokensOf(text)], want, text)
  t('')
  t('nc -l: FOO_bar2', 'nc', 'l', 'foo_bar2')
  t('订单号x9, サーバー 서버', '订', '单', '号', 'x9', 'サ', 'ー', 'バ', 'ー', '서', '버')
  t('ÉCOLE cafe\u0301 straße', 'école', 'cafe\u0301', 'straße')
  t('10.0.0.1:22', '10', '0', '0', '1', '10.0.0.1', '22')
  t('1.2.3.4.5', '1', '2', '3', '4', '1.2.3.4', '5', '2.3.4.5')
  t('1.2.3.4x.5.6.7.8', '1', '2', '3', '4x', '5', '6', '7', '8', '5.6.7.8')
  t('1.2..3.4', '1', '2', '3', '4')
  t('1.2.x.3.4', '1', '2', 'x', '3', '4')
  t('a1.2.3.4', 'a1', '2', '3', '4')
  t('1.2.3.4x', '1', '2', '3', '4x')
  t('𝐀b 😀 \ud800c', '𝐀b', 'c')
  equal(hasDigit('x9'), true)
  equal(hasDigit('x٣'), false)
})

test('no token runs over a boundary', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.nat(40), (text, at) => {
      const lower = text.toLowerCase()
      if (!isBoundary(lower, at) || (lower.charCodeAt(at) >= 0xdc00 && lower.charCodeAt(at) <= 0xdfff)) return
      const single = (token: string) => !token.includes('.')
      const apart = [...tokensOf(lower.slice(0, at)), ...tokensOf(lower.slice(at))].filter(single)
      deepEqual([...tokensOf(lower)].filter(single), apart)
    }),
  )
})

test('values that a parser decoded are indexed beside the message', () => {
  const fields = {
    'user.name': 'alice',
    'process.command_line': '/bin/ls',
    'event.action': 'x',
    'process.tty': 'pts/0',
  }
  deepEqual(indexedTexts(sample('malice on pts/0', { fields })), [
    'malice on pts/0',
    'web01',
    'sshd',
    'alice',
    '/bin/ls',
  ])
})

test('Sigma strings', () => {
  const g = (pattern: string, ...want: GlobPart[]) => deepEqual(globFrom(pattern), want, pattern)
  g('')
  g('abc', 'abc')
  g('*a?b**', star, 'a', one, 'b', star)
  g('\\*\\?\\\\', '*?\\')
  g('\\\\*', '\\', star)
  g('\\\\\\*', '\\*')
  g('\\x\\', '\\x\\')
  g('\\\\x', '\\x')
})

test('a compiled pattern answers as the slow definition does', () => {
  const part = fc.oneof<fc.Arbitrary<GlobPart>[]>(
    fc.constantFrom('a', 'b', 'ab', 'aba', '😀', '\n'),
    fc.constant(star),
    fc.constant(one),
  )
  const text = fc.array(fc.constantFrom('a', 'b', '😀', '\n'), { maxLength: 9 }).map(list => list.join(''))
  fc.assert(
    fc.property(fc.array(part, { maxLength: 6 }), text, (glob, value) => {
      equal(compileGlob(glob)(value), slow(glob, Array.from(value)))
    }),
    { numRuns: 3000 },
  )
})

function slow(glob: readonly GlobPart[], text: readonly string[]): boolean {
  const [part, ...rest] = glob
  if (part === undefined) return text.length === 0
  if (typeof part === 'string') {
    const wanted = Array.from(part)
    return wanted.every((character, i) => text[i] === character) && slow(rest, text.slice(wanted.length))
  }
  if (part.any === 'one') return text.length > 0 && slow(rest, text.slice(1))
  return Array.from({ length: text.length + 1 }, (_, i) => i).some(i => slow(rest, text.slice(i)))
}

test('highlights', () => {
  const h = (query: string, text: string, ...want: string[]) => {
    const parsed = parseQuery(query)
    ok('query' in parsed)
    deepEqual(
      highlights(parsed.query, text).map(([start, end]) => text.slice(start, end)),
      want,
      query,
    )
  }
  h('chattr OR "touch -r"', 'CHATTR; touch   -r x; rechattr', 'CHATTR', 'touch   -r')
  h('NOT chattr', 'chattr')
  h('*etc*passwd', 'cat /etc/passwd.', '/etc/passwd')
  h('cmd:x host:web', 'x web', 'x')
  h('"nc"* nc', 'ncat nc', 'nc', 'nc')
  h('a b', 'İ a b', 'a', 'b')
  h('/x/', 'x')
  const parsed = parseQuery('/x/ a')
  ok('query' in parsed)
  deepEqual(highlights(parsed.query, 'a x', { findRegex: () => [[2, 3]] }), [
    [0, 1],
    [2, 3],
  ])
})
