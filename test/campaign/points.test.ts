import { deepEqual } from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { faultPoints } from '../../src/base/fault-point.ts'
import { dieAtPoints } from './points.ts'

const root = join(import.meta.dirname, '../..')

test('every point of the list stands in the code, and no other', () => {
  const passed = globSync('src/**/*.ts', { cwd: root }).flatMap(file =>
    [...readFileSync(join(root, file), 'utf8').matchAll(/\bfaultPoint\('([\w-]+)'\)/g)].map(([, point]) => point ?? ''),
  )
  deepEqual([...new Set(passed)].toSorted(), faultPoints.toSorted())
})

test('CONTRIBUTING.md lists every point', () => {
  const text = readFileSync(join(root, 'CONTRIBUTING.md'), 'utf8')
  deepEqual(
    faultPoints.filter(point => !text.includes(`\`${point}\``)),
    [],
  )
})

test('death in a commit, twice in a row, loses and doubles nothing', async () => {
  await dieAtPoints(['before-commit', 'dayroll-dir-synced', 'retention-unlinked'])
})
