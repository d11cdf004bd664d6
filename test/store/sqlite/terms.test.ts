// The byte loop of the store and the planner's tokensOf must agree on what a term is, or searches would miss records.
import { deepEqual, equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { tokensOf } from '../../../src/query/tokens.ts'
import { buildFilter, hashTerm, isWord, mayContain, TermSet } from '../../../src/store/sqlite/terms.ts'

const piece = fc.oneof(
  fc.constantFrom(
    '203.0.113.9',
    '1.2.3.4.5',
    '10.0.0.1:22',
    'a.1.2.3',
    '1..2.3.4',
    'Root',
    'pam_unix',
    'http.server',
    '0x1f',
    'x'.repeat(60),
  ),
  fc.string({ unit: fc.constantFrom(...'aZ_09.:/-@ ="'), maxLength: 12 }),
)
const asciiText = fc.array(piece, { maxLength: 12 }).map(pieces => pieces.join(' '))

function termsOf(set: TermSet): { words: string[]; filterTerms: number[] } {
  return {
    words: set.words().split(' ').filter(Boolean).toSorted(),
    filterTerms: Array.from(set.filterTerms().toSorted()),
  }
}

function expected(texts: readonly string[]): { words: string[]; filterTerms: number[] } {
  const tokens = [...new Set(texts.flatMap(text => [...tokensOf(text)]))]
  return {
    words: tokens.filter(isWord).toSorted(),
    filterTerms: Array.from(Int32Array.from(tokens.filter(token => !isWord(token)).map(hashTerm)).toSorted()),
  }
}

test('addBytes finds exactly the tokens of the text', () => {
  fc.assert(
    fc.property(fc.array(asciiText, { maxLength: 5 }), texts => {
      const set = new TermSet()
      for (const text of texts) {
        const bytes = Buffer.from(`<13>${text}|`)
        set.addBytes(bytes, 4, bytes.length - 1)
      }
      deepEqual(termsOf(set), expected(texts))
    }),
    { numRuns: 500 },
  )
})

test('addText finds exactly the tokens of any text, and merge gives the union', () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: 'grapheme', maxLength: 20 }), { maxLength: 5 }),
      asciiText,
      (texts, more) => {
        const first = new TermSet()
        for (const text of texts) first.addText(text)
        const second = new TermSet()
        second.addText(more)
        second.merge(first.words(), first.filterTerms())
        deepEqual(termsOf(second), expected([...texts, more]))
      },
    ),
  )
})

test('the tables grow: 30,000 distinct words and 60,000 distinct numbers', () => {
  const set = new TermSet()
  const word = (i: number): string => [...String(i)].map(digit => 'abcdefghij'[Number(digit)]).join('')
  for (let i = 0; i < 30_000; i++) set.addText(`${word(i)} n${i} m${i}`)
  equal(set.words().split(' ').length, 30_000)
  ok(set.filterTerms().length > 59_900, 'a few hashes may be equal')
  set.clear()
  equal(set.words(), '')
  equal(set.filterTerms().length, 0)
})

test('a filter knows every term that went in and few others', () => {
  const set = new TermSet()
  for (let i = 0; i < 5000; i++) set.addText(`host${i}`)
  const filter = buildFilter(set.filterTerms())
  for (let i = 0; i < 5000; i++) ok(mayContain(filter, hashTerm(`host${i}`)), `host${i}`)
  let falseAnswers = 0
  for (let i = 5000; i < 15_000; i++) if (mayContain(filter, hashTerm(`host${i}`))) falseAnswers++
  ok(falseAnswers < 300, `${falseAnswers} of 10,000 unknown terms were taken for known`)
})
