// The stored files: do they open, are they whole, is there anybody who may look at them?
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { checkDay, checkState, summariseDay, summariseState } from '../store/sqlite/check.ts'
import { dayPath, listDamaged, listDays, openDayForReading } from '../store/sqlite/day-file.ts'
import type { Diagnosis } from './doctor-diagnosis.ts'

/** Versions before may damage a WAL that two connections check-point (reliability.md §0.7). */
const minSqlite = [3, 51, 3]

export function diagnoseStore(dataDir: string, options: { readonly deep: boolean }): readonly Diagnosis[] {
  return [sqlite(), ...days(dataDir, options), ...setAside(dataDir), ...state(dataDir)]
}

function sqlite(): Diagnosis {
  const db = new Database(':memory:')
  const version = db.prepare('SELECT sqlite_version()').pluck().get() as string
  db.close()
  const numbers = version.split('.').map(Number)
  const differs = minSqlite.findIndex((least, i) => numbers[i] !== least)
  const isOld = differs >= 0 && (numbers[differs] ?? 0) < (minSqlite[differs] ?? 0)
  if (!isOld) return { level: 'ok', text: `store: SQLite ${version}` }
  const text = `store: SQLite ${version} has a fault that can damage files`
  return { level: 'error', text, fix: `install better-sqlite3 with SQLite ${minSqlite.join('.')} or newer` }
}

function days(dataDir: string, { deep }: { readonly deep: boolean }): readonly Diagnosis[] {
  const listed = listDays(dataDir)
  const newest = listed.at(-1)
  const broken: Diagnosis[] = []
  let records = 0
  for (const day of listed) {
    const problems: string[] = []
    try {
      using db = openedDay(dataDir, day)
      const isChecked = deep || day === newest
      const found = isChecked ? checkDay(db.db, { deep }) : { ...summariseDay(db.db), problems: [] }
      records += found.records
      problems.push(...found.problems)
    } catch (error) {
      problems.push((error as Error).message)
    }
    const fix = 'stop Picket and bring the file back from a backup; the other days are not affected'
    for (const problem of problems) broken.push({ level: 'error', text: `${dayPath(dataDir, day)}: ${problem}`, fix })
  }
  const checked = deep ? 'all checked' : 'the newest checked (--deep checks all)'
  if (broken.length > 0) return broken
  return [{ level: 'ok', text: `store: ${records} records of ${listed.length} days, ${checked}` }]
}

/** Files that a start found too damaged to be written to. */
function setAside(dataDir: string): readonly Diagnosis[] {
  return listDamaged(dataDir).map(name => {
    let left: string
    try {
      using db = openedDay(dataDir, name)
      left = `${summariseDay(db.db).records} records stand in it, as far as they can be read`
    } catch (error) {
      left = (error as Error).message
    }
    return {
      level: 'error',
      text: `${dayPath(dataDir, name)}: damaged and set aside; ${left}`,
      fix: `searches read what is left of it; look for ${name.slice(0, 8)} in a backup, then keep the file elsewhere or remove it`,
    }
  })
}

function openedDay(dataDir: string, day: string) {
  const db = openDayForReading(dataDir, day) ?? new Database(':memory:')
  return { db, [Symbol.dispose]: () => void db.close() }
}

function state(dataDir: string): readonly Diagnosis[] {
  const path = join(dataDir, 'picket.db')
  if (!existsSync(path)) return [{ level: 'ok', text: 'accounts: none yet; the first start shows a set-up link' }]
  const db = new Database(path, { readonly: true, timeout: 5000 })
  try {
    const problems = checkState(db)
    const fix = 'stop Picket and bring picket.db back from a backup'
    if (problems.length > 0) return problems.map(problem => ({ level: 'error', text: `${path}: ${problem}`, fix }))
    const { accounts, failedMails } = summariseState(db)
    const found: Diagnosis[] = [
      accounts > 0
        ? { level: 'ok', text: `accounts: ${accounts}` }
        : { level: 'warning', text: 'accounts: none', fix: 'picket user add NAME --role admin' },
    ]
    if (failedMails > 0) {
      const text = `mail: ${failedMails} mails were given up`
      found.push({ level: 'warning', text, fix: 'the web UI shows why; `picket doctor --mail` tries the server' })
    }
    return found
  } finally {
    db.close()
  }
}
