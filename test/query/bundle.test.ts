// The web UI bundles these files: they may lead to nothing but each other and model/.
import { deepEqual, ok } from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'

const root = join(import.meta.dirname, '..', '..', 'src')
const bundled = ['parse', 'print', 'fields', 'tokens', 'highlight', 'glob'].map(name =>
  join(root, 'query', `${name}.ts`),
)

test('what the browser loads has no node: imports and no libraries', () => {
  const seen = new Set<string>()
  const foreign: string[] = []
  const visit = (file: string) => {
    if (seen.has(file)) return
    seen.add(file)
    const imports = readFileSync(file, 'utf8').matchAll(/^(?:import|export)(?! type)\s(?:[^']*?\bfrom )?'([^']+)'/gm)
    for (const [, path = ''] of imports) {
      if (path.startsWith('.')) visit(join(dirname(file), path))
      else foreign.push(`${file}: ${path}`)
    }
  }
  bundled.forEach(visit)
  deepEqual(foreign, [])
  ok(seen.size > 8, `only ${[...seen]}`)
})
