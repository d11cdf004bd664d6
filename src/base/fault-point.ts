// Named places at which a test lets the process die: `PICKET_FAULT=before-commit:3` is SIGKILL at the third passing. Without
// the variable a place costs the call of an empty function, and places stand in steps, never in loops over records.

/** Every place in the code, in the order of the flow. test/campaign/points.ts passes each of them. */
export const faultPoints = [
  // one transaction of the writer
  'batch-begin',
  'rows-inserted',
  'fts-inserted',
  'chain-row-inserted',
  'before-commit',
  'after-commit-before-answer',
  // keeping the store
  'merge-begin',
  'merge-before-commit',
  'checkpoint-begin',
  'checkpoint-end',
  'hwm-slot-half',
  'dayroll-new-file-created',
  'dayroll-dir-synced',
  'dayroll-old-closed',
  'manifest-written',
  'ratchet-slot-written',
  'ratchet-old-wiped',
  'retention-tombstone-committed',
  'retention-unlinked',
  'migration-step',
  'reopened',
  // alerts, mails, backups
  'outbox-inserted',
  'smtp-accepted-before-mark',
  'backup-written-before-rename',
] as const

export type FaultPoint = (typeof faultPoints)[number]

/** Dies here when the test wants it. Passings are counted per thread. */
export const faultPoint: (point: FaultPoint) => void = arm(process.env.PICKET_FAULT)

function arm(plan: string | undefined): (point: FaultPoint) => void {
  if (plan === undefined || plan === '') return () => undefined
  const [point, nth = '1'] = plan.split(':')
  let left = Number(nth)
  if (!faultPoints.some(known => known === point) || !(left >= 1))
    throw new Error(`PICKET_FAULT=${plan}: want POINT:N with a point of src/base/fault-point.ts`)
  return passed => {
    if (passed === point && --left === 0) process.kill(process.pid, 'SIGKILL')
  }
}
