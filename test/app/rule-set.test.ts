// The rules as people see them: files by their place in the rule folder, mistakes by the place on the disk.
import { deepEqual, equal, ok } from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
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
