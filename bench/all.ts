// All benchmarks, one after the other: `npm run bench`. Numbers for the changelog and the notes, never a test.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

for (const [file, ...args] of [['intake.ts'], ['ingest.ts'], ['search.ts'], ['rest.ts']]) {
  console.log(`\n── ${file}`)
  spawnSync(process.execPath, [join(import.meta.dirname, file as string), ...args], { stdio: 'inherit' })
}
