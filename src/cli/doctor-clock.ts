// The clock decides which day a record belongs to and what retention removes.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { dayOf } from '../model/row.ts'
import { summariseDay } from '../store/sqlite/check.ts'
import { listDays, openDayForReading } from '../store/sqlite/day-file.ts'
import type { Diagnosis } from './doctor-diagnosis.ts'

/** More than two machines' clocks differ in normal times. */
const tolerableMs = 60_000
const dayMs = 86_400_000

export function diagnoseClock(dataDir: string, now: number): readonly Diagnosis[] {
  const fix = 'set the clock, and let chrony or systemd-timesyncd keep it'
  const newest = newestRecord(dataDir)
  const future = listDays(dataDir).filter(day => day > dayOf(now + dayMs))
  if (future.length > 0 || (newest !== undefined && newest > now + tolerableMs)) {
    const text = `clock: it says ${iso(now)}, and records were received at ${newest === undefined ? future.at(-1) : iso(newest)}`
    return [{ level: 'error', text, fix }]
  }
  switch (isSynchronised()) {
    case true:
      return [{ level: 'ok', text: `clock: ${iso(now)}, synchronised` }]
    case false:
      return [{ level: 'warning', text: `clock: ${iso(now)}, not synchronised`, fix }]
    default:
      return [{ level: 'ok', text: `clock: ${iso(now)}; whether it is synchronised is not known here` }]
  }
}

function newestRecord(dataDir: string): number | undefined {
  const day = listDays(dataDir).at(-1)
  const db = day === undefined ? undefined : openDayForReading(dataDir, day)
  try {
    return db === undefined ? undefined : summariseDay(db).to
  } finally {
    db?.close()
  }
}

/** What systemd says; undefined where it does not run. */
function isSynchronised(): boolean | undefined {
  if (existsSync('/run/systemd/timesync/synchronized')) return true
  const { status, stdout } = spawnSync('/usr/bin/timedatectl', ['show', '-p', 'NTPSynchronized', '--value'], {
    timeout: 3000,
    encoding: 'utf8',
  })
  if (status !== 0) return undefined
  return stdout.trim() === 'yes' ? true : stdout.trim() === 'no' ? false : undefined
}

function iso(at: number): string {
  return new Date(at).toISOString()
}
