// backup.json of a backup: what each file must look like, and how its source looked when it was copied.
//
//   files: { "records/20261123.db": [entry], "picket.db": [entry] }
//
// While a file is replaced it has the old entry and the new one: whichever of the two files a kill leaves, one fits.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { PicketError } from '../../base/errors.ts'
import { replaceText } from './backup-file.ts'

export type FileEntry = {
  readonly bytes: number
  readonly sha256: string
  /** Its day's records, hits and sequence numbers; 0 for other files. */
  readonly records: number
  readonly hits: number
  readonly firstSeq: number
  readonly lastSeq: number
  /** How the source looked: when it looks the same again, it is not copied again. */
  readonly source: SourceLook
}

export type SourceLook = {
  readonly bytes: number
  readonly mtimeMs: number
  /** SQLite's file change counter (offset 24 of the header). */
  readonly changeCounter: number
}

export type Manifest = {
  /** Version of this form. */
  readonly picketBackup: 1
  /** When the last run that copied everything began and ended, ISO 8601; null before the first. */
  readonly startedAt: string | null
  readonly completedAt: string | null
  readonly files: { readonly [name: string]: readonly FileEntry[] }
}

export const stateName = 'picket.db'
export const emptyManifest: Manifest = { picketBackup: 1, startedAt: null, completedAt: null, files: {} }

/** What a backup may hold. Other names in a manifest could lead out of the folder. */
const knownName = /^(?:picket\.db|ack\.hwm|records\/\d{8}\.db|manifests\/\w[\w.-]*)$/

/** The files of a data folder that are no databases: how far the store had come (integrity/high-water.ts), and the signed
 *  manifests with their key (integrity/manifest.ts). */
export function plainNames(dataDir: string): readonly string[] {
  const found = readdirSync(dataDir, { recursive: true, encoding: 'utf8' })
  return found
    .filter(name => /^(?:ack\.hwm|manifests\/.*\.(?:json|key|pub))$/.test(name) && knownName.test(name))
    .toSorted()
}

/** The name of a day's file in the manifest. */
export function dayName(day: string): string {
  return `records/${day}.db`
}

/** The manifest of a backup folder; undefined when it has none. Errors: DATA_UNREADABLE. */
export function loadManifest(dir: string): Manifest | undefined {
  const path = join(dir, 'backup.json')
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new PicketError('DATA_UNREADABLE', `cannot read ${path}: ${(cause as Error).message}`, { cause })
  }
  let manifest: Manifest
  try {
    // the form is ours; what leads to other files is looked at below
    manifest = JSON.parse(text) as Manifest
  } catch (cause) {
    throw new PicketError('DATA_UNREADABLE', `${path} is damaged: ${(cause as Error).message}`, { cause })
  }
  if (manifest.picketBackup !== 1)
    throw new PicketError('DATA_UNREADABLE', `${path} was written by a newer Picket: install that version`)
  const strange = Object.keys(manifest.files).find(name => !knownName.test(name))
  if (strange !== undefined)
    throw new PicketError('DATA_UNREADABLE', `${path} names ${JSON.stringify(strange)}, which is no file of a backup`)
  return manifest
}

export function saveManifest(dir: string, manifest: Manifest): void {
  replaceText(join(dir, 'backup.json'), `${JSON.stringify(manifest, null, 1)}\n`)
}
