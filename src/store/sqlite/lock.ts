// One Picket per data folder: an SQLite lock that the kernel frees when the process ends, however it ends.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { PicketError } from '../../base/errors.ts'

/** Takes the folder, making it if need be. Errors: DATA_LOCKED with the owner's process id, ACCESS_DENIED. */
export function lockDataDir(dataDir: string): Disposable {
  const pidFile = join(dataDir, 'picket.pid')
  let db: InstanceType<typeof Database>
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o750 })
    db = new Database(join(dataDir, 'instance.lock'), { timeout: 0 })
  } catch (cause) {
    throw new PicketError('ACCESS_DENIED', `cannot write to the data folder ${dataDir}: ${(cause as Error).message}`, {
      cause,
    })
  }
  try {
    db.exec('BEGIN EXCLUSIVE')
  } catch (cause) {
    db.close()
    throw new PicketError(
      'DATA_LOCKED',
      `another Picket (process ${ownerOf(pidFile)}) uses the data folder ${dataDir}; stop it or give another --data`,
      { cause },
    )
  }
  writeFileSync(pidFile, `${process.pid}\n`)
  return { [Symbol.dispose]: () => db.close() }
}

function ownerOf(pidFile: string): string {
  try {
    return readFileSync(pidFile, 'utf8').trim()
  } catch {
    return 'unknown'
  }
}
