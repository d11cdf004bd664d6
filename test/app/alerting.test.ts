// Alerting over a store with damage: it goes on, and says once what nobody is alerted of.
import { deepEqual, equal } from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { startAlerting } from '../../src/app/alerting.ts'
import type { Log } from '../../src/base/log.ts'
import { createMetrics } from '../../src/base/metrics.ts'
import { openState } from '../../src/store/sqlite/state.ts'
import type { HitCheckpoint, HitHelping } from '../../src/store/store.ts'

test('hits that cannot be read are told of once and counted; the checkpoint goes on', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'picket-alerting-'))
  const state = openState(join(dir, 'picket.db'))
  try {
    const asked: (HitCheckpoint | undefined)[] = []
    const hits = {
      hitsAfter(checkpoint: HitCheckpoint | undefined): HitHelping {
        asked.push(checkpoint)
        const wholeDay = { day: '20261122', reason: 'file is not a database', rulesOfHits: [] }
        if (checkpoint !== undefined) return { hits: [], checkpoint: undefined, unreadable: [wholeDay] }
        const oneHit = { day: '20261123', reason: 'the block of record 7 is damaged', rulesOfHits: [['ssh']] }
        return { hits: [], checkpoint: { day: '20261123', n: 4 }, unreadable: [wholeDay, oneHit] }
      },
    }
    const errors: object[] = []
    const log = { info() {}, warn() {}, error: (values: object) => errors.push(values) } as unknown as Log
    const metrics = createMetrics()
    const alerting = startAlerting({
      hits,
      alerts: state.alerts,
      rules: () => undefined,
      mail: undefined,
      metrics,
      log,
    })
    // each one looks once more, as at a stop
    alerting[Symbol.dispose]()
    alerting[Symbol.dispose]()
    deepEqual(asked, [undefined, { day: '20261123', n: 4 }])
    deepEqual(errors, [
      { day: '20261122', rules: [], reason: 'file is not a database' },
      { day: '20261123', rules: ['ssh'], reason: 'the block of record 7 is damaged' },
    ])
    const printed = await metrics.print()
    equal(/^picket_hits_unreadable_total (\d+)$/m.exec(printed)?.[1], '1')
    equal(/^picket_hits_total\{rule="ssh"\} (\d+)$/m.exec(printed)?.[1], '1')
  } finally {
    state.close()
    rmSync(dir, { recursive: true })
  }
})
