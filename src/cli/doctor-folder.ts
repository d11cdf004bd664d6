// The data folder: there, writable, private, on a disk that keeps its word and has room.
import { accessSync, constants, existsSync, readFileSync, statfsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { byteSize } from './byte-size.ts'
import type { Diagnosis } from './doctor-diagnosis.ts'

/** Magic numbers of statfs(2). Over a network, SQLite's locks and fsync are only as good as the server. */
const doubtfulFileSystems = new Map([
  [0x6969, 'NFS'],
  [0x01021997, '9p'],
  [0xff534d42, 'SMB'],
  [0xfe534d42, 'SMB'],
  [0x65735546, 'FUSE'],
  [0x01021994, 'tmpfs, in memory: everything is gone after a restart of the machine'],
])
const lowShare = 0.1
const nearlyFullBytes = 100e6

export function diagnoseFolder(dataDir: string): readonly Diagnosis[] {
  const found = statSync(dataDir, { throwIfNoEntry: false })
  if (found === undefined)
    return [
      {
        level: 'warning',
        text: `data folder: ${dataDir} does not exist yet`,
        fix: 'Picket makes it when it starts; or choose another with --data or dataDir',
      },
    ]
  if (!found.isDirectory())
    return [{ level: 'error', text: `data folder: ${dataDir} is no folder`, fix: 'set dataDir to a folder' }]
  return [access(dataDir, found), fileSystem(dataDir), space(dataDir), use(dataDir)].filter(one => one !== undefined)
}

/** True while a Picket runs on the folder. Only looks: it takes no lock that could stop one from starting. */
export function isInUse(dataDir: string): boolean {
  const path = join(dataDir, 'instance.lock')
  if (!existsSync(path)) return false
  const db = new Database(path, { readonly: true, timeout: 0 })
  try {
    db.prepare('SELECT count(*) FROM sqlite_schema').get()
    return false
  } catch (error) {
    if (String((error as { code?: unknown }).code).startsWith('SQLITE_BUSY')) return true
    throw error
  } finally {
    db.close()
  }
}

function access(dataDir: string, { mode, uid }: { readonly mode: number; readonly uid: number }): Diagnosis {
  try {
    accessSync(dataDir, constants.R_OK | constants.W_OK | constants.X_OK)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EROFS') {
      const text = `data folder: ${dataDir} is on a read-only file system; a service cannot start on it`
      return { level: 'error', text, fix: 'mount it writable; a backup can be searched as it is' }
    }
    const text = `data folder: ${dataDir} cannot be written by this account`
    return { level: 'error', text, fix: `run as its owner (user id ${uid}), or change its owner` }
  }
  if ((mode & 0o007) !== 0)
    return {
      level: 'warning',
      text: `data folder: every account of this machine may look into ${dataDir}`,
      fix: `chmod o= ${dataDir}`,
    }
  return { level: 'ok', text: `data folder: ${dataDir}` }
}

function fileSystem(dataDir: string): Diagnosis | undefined {
  const name = doubtfulFileSystems.get(statfsSync(dataDir).type)
  if (name === undefined) return undefined
  return { level: 'warning', text: `data folder: it lies on ${name}`, fix: 'use a local disk' }
}

function space(dataDir: string): Diagnosis {
  const { bsize, bavail, blocks } = statfsSync(dataDir)
  const free = bavail * bsize
  const text = `disk: ${byteSize(free)} free (${Math.round((bavail / blocks) * 100)} %)`
  const fix = 'make room, or shorten store.retention'
  if (free < nearlyFullBytes) return { level: 'error', text, fix }
  return bavail < lowShare * blocks ? { level: 'warning', text, fix } : { level: 'ok', text }
}

function use(dataDir: string): Diagnosis {
  if (!isInUse(dataDir)) return { level: 'ok', text: 'service: no Picket runs on this folder' }
  return { level: 'ok', text: `service: a Picket runs (process ${pidOf(dataDir)})` }
}

function pidOf(dataDir: string): string {
  try {
    return readFileSync(join(dataDir, 'picket.pid'), 'utf8').trim()
  } catch {
    return 'unknown'
  }
}
