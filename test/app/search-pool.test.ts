// The search processes themselves: started ahead, cancelled, stopped.
import { equal, rejects } from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { startSearchPool } from '../../src/app/search-pool.ts'
import { createMetrics } from '../../src/base/metrics.ts'

const config = { searchTimeoutSeconds: 30, searchMemoryMiB: 256, parallelSearches: 1 }
const totals = { method: 'totals', q: '', request: {} } as const

test('a cancelled search rejects at once and the next one is answered', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'picket-pool-'))
  try {
    const metrics = createMetrics()
    await using pool = startSearchPool(dataDir, config, metrics)
    pool.warm()
    equal((await pool.run(totals)).records, 0)
    const abort = new AbortController()
    const cancelled = pool.run(totals, abort.signal)
    const next = pool.run(totals)
    abort.abort(new Error('gone'))
    await rejects(cancelled, /gone/)
    equal((await next).records, 0)
    const text = await metrics.print()
    equal(/picket_searches_total\{result="cancelled"\} 1/.test(text), true, text)
  } finally {
    rmSync(dataDir, { recursive: true })
  }
})
