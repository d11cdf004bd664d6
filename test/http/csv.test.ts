// CSV cells: RFC 4180 quoting, and nothing that a spreadsheet would run.
import { equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { csvCell, csvHeader, csvLine } from '../../src/http/csv.ts'
import { fakeRecord } from './fake-services.ts'

const c = (value: unknown, want: string) =>
  test(JSON.stringify(value) ?? 'undefined', () => equal(csvCell(value), want))

c('plain', 'plain')
c('', '')
c(null, '')
c(undefined, '')
c(6, '6')
c('a,b', '"a,b"')
c('say "hi"', '"say ""hi"""')
c('two\r\nlines', '"two\r\nlines"')
c(' blanks ', '" blanks "')
c('=1+1', `"'=1+1"`)
c('+1', `"'+1"`)
c('-1', `"'-1"`)
c('@SUM(A1)', `"'@SUM(A1)"`)
c('\t=1', `"'\t=1"`)
c('\r=1', `"'\r=1"`)
c('\0=1', `"'\0=1"`)
c('＝1+1', `"'＝1+1"`)
c('=cmd|"/c calc"!A0', `"'=cmd|""/c calc""!A0"`)
c({ 'ex@1': { k: '"' } }, '"{""ex@1"":{""k"":""\\""""}}"')

test('no cell begins like a formula, and every cell can be read back', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), text => {
      const cell = csvCell(text)
      ok(!/^"?[=+\-@\t\r\0＝＋－＠]/.test(cell), cell)
      const read = cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell
      ok(cell.startsWith('"') || !/[",\r\n]/.test(cell), cell)
      ok(read === text || read === `'${text}`, cell)
    }),
  )
})

test('a line has as many cells as the header', () => {
  equal(
    csvLine(fakeRecord(1, 'no comma'))
      .replace(/"(?:[^"]|"")*"/g, '')
      .split(',').length,
    csvHeader.split(',').length,
  )
})
