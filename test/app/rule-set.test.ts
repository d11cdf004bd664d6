// The rules as people see them: files by their place in the rule folder, mistakes by the place on the disk.
import { deepEqual, equal, match, ok } from 'node:assert/strict'
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { createRuleSet, readRuleTexts } from '../../src/app/rule-set.ts'
import type { Log } from '../../src/base/log.ts'
import { createMetrics } from '../../src/base/metrics.ts'

const pass = () => undefined
const log: Log = { debug: pass, info: pass, warn: pass, error: pass }

test('the file of a rule is relative to its folder; a mistake names the whole path', t => {
  const root = mkdtempSync(join(tmpdir(), 'picket-rule-set-'))
  t.after(() => rmSync(root, { recursive: true }))
  mkdirSync(join(root, 'a/deep'), { recursive: true })
  const put = (path: string, id: string) =>
    writeFileSync(
      join(root, path),
      `title: T\nid: ${id}\nlevel: low\nlogsource: {product: linux}\ndetection:\n  s: [hello]\n  condition: s\n`,
    )
  put('a/one.yml', 'id-1')
  put('a/deep/two.yml', 'id-2')
  put('single.yml', 'id-3')
  writeFileSync(join(root, 'a/wrong.yml'), 'title: [\n')
  const rules = createRuleSet(
    readRuleTexts({ dirs: [`${join(root, 'a')}/`, join(root, 'single.yml')] }),
    createMetrics(),
    log,
  )
  deepEqual(rules.infos.map(info => info.file).toSorted(), ['deep/two.yml', 'one.yml', 'single.yml'])
  equal(rules.infoOf('id-2')?.file, 'deep/two.yml')
  ok(
    rules.problems.some(problem => problem.startsWith(join(root, 'a/wrong.yml:'))),
    rules.problems.join('\n'),
  )
})

test('read again: a broken file keeps its good version, a removed one is gone, a folder that is away stays', t => {
  const root = mkdtempSync(join(tmpdir(), 'picket-rule-set-'))
  t.after(() => rmSync(root, { recursive: true }))
  const [own, other] = [join(root, 'own'), join(root, 'other')]
  for (const folder of [own, other]) mkdirSync(folder)
  const rule = (id: string, word: string) =>
    `title: ${id}\nid: ${id}\nlevel: low\nlogsource: {product: linux}\ndetection:\n  s: [${word}]\n  condition: s\n`
  const put = (file: string, text: string) => writeFileSync(join(own, file), text)
  put('one.yml', rule('one', 'before'))
  put('two.yml', rule('two', 'before'))
  put('always-broken.yml', 'title: [\n')
  writeFileSync(join(other, 'three.yml'), rule('three', 'before'))
  const dirs = [own, other]
  const metrics = createMetrics()
  const rules = createRuleSet(readRuleTexts({ dirs }), metrics, log)
  const ids = () => rules.infos.map(({ id }) => id).toSorted()
  const textOf = (sources: ReturnType<typeof rules.reload>, id: string) =>
    sources?.find(({ text }) => text.includes(`id: ${id}\n`))?.text
  equal(rules.reload({ dirs }), undefined, 'nothing changed')
  deepEqual(ids(), ['one', 'three', 'two'])

  put('one.yml', rule('one', 'after'))
  put('two.yml', `${rule('two', 'after')}unknown: [\n`)
  put('four.yml', rule('four', 'new'))
  const changed = rules.reload({ dirs })
  equal(textOf(changed, 'one'), rule('one', 'after'))
  equal(textOf(changed, 'two'), rule('two', 'before'))
  deepEqual(ids(), ['four', 'one', 'three', 'two'])
  const problem = rules.problems.find(text => text.includes('two.yml'))
  match(problem ?? '', /own\/two\.yml:\d+:\d+ .* \(the version before is in use\)$/)
  ok(!rules.problems.some(text => text.includes('always-broken') && text.includes('in use')))
  equal(rules.reload({ dirs }), undefined, 'it stays broken, and as it was')

  rmSync(join(own, 'four.yml'))
  renameSync(other, join(root, 'away'))
  rules.reload({ dirs })
  deepEqual(ids(), ['one', 'three', 'two'])
  equal(rules.infoOf('three')?.file, 'three.yml')
  renameSync(join(root, 'away'), other)
  put('two.yml', rule('two', 'mended'))
  equal(textOf(rules.reload({ dirs }), 'two'), rule('two', 'mended'))
  deepEqual(
    rules.problems.filter(text => !text.includes('always-broken')),
    [],
  )
  ok(rules.reload({ dirs: [other] }), 'a folder that is no longer named')
  deepEqual(ids(), ['three'])
})
