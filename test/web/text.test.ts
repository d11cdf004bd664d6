// Untrusted text: nothing invisible reaches the screen as itself.
import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { hexDump, visiblePieces, visibleText } from '../../web/src/text.ts'

test('plain text of any script stays as it is, in one piece', () => {
  for (const text of ['Accepted publickey for alice', '中文日志', 'مرحبا', 'naïve café', '👍', '']) {
    deepEqual(visiblePieces(text), [{ text }], text)
  }
})

test('characters that act or hide become marks', () => {
  const f = (text: string, want: string) => equal(visibleText(text), want)
  f('a\u001b[31mred', 'a\\x1b[31mred')
  f('one\ntwo\r\tthree\0', 'one\\ntwo\\r\\tthree\\0')
  f('\u007f\u0085', '\\x7f\\x85')
  f('evil\u202etxt.exe', 'evil<202E>txt.exe')
  f('\u2066iso\u2069', '<2066>iso<2069>')
  f('zero\u200bwidth\u200d\ufeff', 'zero<200B>width<200D><FEFF>')
  f('\u3164\u115f', '<3164><115F>')
  f('tag\u{e0041}', 'tag<E0041>')
  f('line\u2028par\u2029', 'line<2028>par<2029>')
})

test('a mark is its own piece, so that it cannot be forged by text that looks like one', () => {
  deepEqual(visiblePieces('<202E>\u202e!'), [{ text: '<202E>' }, { text: '<202E>', mark: true }, { text: '!' }])
})

test('whatever comes in, no control or bidirectional character comes out', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), text => {
      equal(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(visibleText(text)), false)
    }),
  )
})

test('hexDump: offset, bytes, ASCII', () => {
  const dump = hexDump(new TextEncoder().encode('<14>hello world\n.'))
  deepEqual(dump.split('\n'), [
    '000000  3c 31 34 3e 68 65 6c 6c 6f 20 77 6f 72 6c 64 0a  <14>hello world.',
    '000010  2e                                               .',
  ])
})
