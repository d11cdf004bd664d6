// Signed day manifests: when a day is over, a small file says which links it has and is signed with this store's key. They
// stay when the day's records are removed, so that the chain can be followed from its beginning for ever.
//
//   manifests/YYYYMMDD.json   canonical JSON (sorted keys, no blanks), a line feed; `previous` is the SHA-256 of the
//                             manifest before; `signature` is Ed25519 over the same JSON without it
//   manifests/sign.key        the private key, readable by Picket's user only
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  hash,
  type KeyObject,
  sign,
  verify as verifySignature,
} from 'node:crypto'
import { closeSync, fsyncSync, mkdirSync, openSync, readdirSync, readFileSync, renameSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { faultPoint } from '../../../base/fault-point.ts'
import { listDays, openDayForReading } from '../day-file.ts'
import type { BatchRow } from './chain.ts'
import { unpackParts } from './chain.ts'

type Manifest = {
  readonly form: 'picket-manifest/1'
  readonly day: string
  readonly first_batch: number
  readonly last_batch: number
  readonly first_record: number
  readonly records: number
  /** Hashes as hex: the link before the day's first one, its last one, the manifest before (null for the first). */
  readonly chain_before: string
  readonly chain: string
  readonly previous: string | null
  /** The public key's 32 bytes, and the signature's 64, in base64. */
  readonly key: string
  readonly signature: string
}

/** Writes the manifests of the days before `openDay` (YYYYMMDD) that have none and are newer than those that have. */
export function writeManifests(dataDir: string, openDay: string): void {
  const newest = listManifests(dataDir).at(-1)
  const days = listDays(dataDir).filter(day => day < openDay && (newest === undefined || day > newest))
  if (days.length === 0) return
  mkdirSync(manifestDir(dataDir), { recursive: true, mode: 0o750 })
  let previous = newest === undefined ? null : sha256(readFileSync(manifestPath(dataDir, newest)))
  for (const day of days) {
    const content = contentOf(dataDir, day)
    if (content === undefined) continue
    const privateKey = loadKey(dataDir)
    const unsigned = { ...content, previous, key: publicKeyText(createPublicKey(privateKey)) }
    const signature = sign(null, Buffer.from(canonical(unsigned)), privateKey).toString('base64')
    const file = Buffer.from(`${canonical({ ...unsigned, signature })}\n`)
    replaceFile(manifestPath(dataDir, day), file, 0o640)
    faultPoint('manifest-written')
    previous = sha256(file)
  }
}

/** A manifest's file as it is there. */
export type ManifestFile = { readonly day: string; readonly data: Buffer }

/** All manifests, oldest first. */
export function readManifests(dataDir: string): readonly ManifestFile[] {
  return listManifests(dataDir).map(day => ({ day, data: readFileSync(manifestPath(dataDir, day)) }))
}

/** What a check of the day files found of a day's links. */
export type DayLinks = { readonly day: string; readonly first: number; readonly last: number; readonly hash: string }

export type ManifestCheck = {
  readonly problems: readonly { readonly day: string; readonly text: string }[]
  readonly manifests: number
  /** The key that signed all of them. */
  readonly key: string | undefined
  readonly newest: Manifest | undefined
}

/**
 * Checks signatures, order, and that the days' links are those that were signed.
 *
 * @param files read before the day files: a day that ends meanwhile gets a manifest with more links than were seen
 * @param links days that could be read whole, oldest first
 * @param opening the first link that is there and the hash before it (hex)
 * @param key the public key (base64) that must have signed; without it, the first manifest's
 */
export function checkManifests(
  files: readonly ManifestFile[],
  links: readonly DayLinks[],
  opening: { readonly n: number; readonly previous: string } | undefined,
  key?: string | undefined,
): ManifestCheck {
  const problems: { day: string; text: string }[] = []
  const linksOf = new Map(links.map(day => [day.day, day]))
  let signer = key
  let previous: string | null | undefined
  let before: Manifest | undefined
  for (const { day, data: file } of files) {
    const fault = (what: string): void => void problems.push({ day, text: `the manifest of ${day} ${what}` })
    const manifest = parseManifest(file)
    if (manifest === undefined || manifest.day !== day) {
      fault('is not one that Picket wrote')
      previous = undefined
      continue
    }
    signer ??= manifest.key
    if (manifest.key !== signer) fault('was signed with another key')
    else if (!isSigned(manifest)) fault('has a wrong signature')
    if (previous !== undefined && manifest.previous !== previous) fault('does not follow the one before it')
    if (previous === undefined && before === undefined && day === files[0]?.day && manifest.previous !== null)
      fault('has one before it, which is not there')
    if (
      before !== undefined &&
      manifest.first_batch === before.last_batch + 1 &&
      manifest.chain_before !== before.chain
    )
      fault('does not follow the chain of the one before it')
    const found = linksOf.get(day)
    if (
      found !== undefined &&
      (found.first !== manifest.first_batch || found.last !== manifest.last_batch || found.hash !== manifest.chain)
    )
      fault(`has other links than the day's file: batches ${manifest.first_batch} to ${manifest.last_batch}`)
    if (opening?.n === manifest.last_batch + 1 && opening.previous !== manifest.chain)
      fault('ends with another link than the one that the first day follows')
    previous = sha256(file)
    before = manifest
  }
  return { problems, manifests: files.length, key: signer, newest: before }
}

type Content = Omit<Manifest, 'previous' | 'key' | 'signature'>

/** Undefined for a day without links: from before the chain. */
function contentOf(dataDir: string, day: string): Content | undefined {
  const db = openDayForReading(dataDir, day)
  if (db === undefined) return undefined
  try {
    if (db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'batch'").get() === undefined) return undefined
    const first = db.prepare('SELECT * FROM batch ORDER BY n LIMIT 1').get() as BatchRow | undefined
    const last = db.prepare('SELECT * FROM batch ORDER BY n DESC LIMIT 1').get() as BatchRow | undefined
    if (first === undefined || last === undefined) return undefined
    return {
      form: 'picket-manifest/1',
      day,
      first_batch: first.n - unpackParts(first).length + 1,
      last_batch: last.n,
      first_record: first.first_seq,
      records: last.first_seq + last.count - first.first_seq,
      chain_before: first.previous.toString('hex'),
      chain: last.chain.toString('hex'),
    }
  } finally {
    db.close()
  }
}

function manifestDir(dataDir: string): string {
  return join(dataDir, 'manifests')
}

function manifestPath(dataDir: string, day: string): string {
  return join(manifestDir(dataDir), `${day}.json`)
}

/** The days that have one, oldest first. */
function listManifests(dataDir: string): string[] {
  try {
    return readdirSync(manifestDir(dataDir))
      .filter(name => /^\d{8}\.json$/.test(name))
      .map(name => name.slice(0, 8))
      .toSorted()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

/** Undefined unless the bytes are exactly what would be printed: nothing may hide in another spelling. */
function parseManifest(file: Buffer): Manifest | undefined {
  try {
    const manifest = JSON.parse(file.toString()) as Manifest
    return manifest.form === 'picket-manifest/1' && `${canonical(manifest)}\n` === file.toString()
      ? manifest
      : undefined
  } catch {
    return undefined
  }
}

function isSigned({ signature, ...unsigned }: Manifest): boolean {
  try {
    const x = Buffer.from(unsigned.key, 'base64').toString('base64url')
    const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' })
    return verifySignature(null, Buffer.from(canonical(unsigned)), key, Buffer.from(signature, 'base64'))
  } catch {
    return false
  }
}

/** Flat objects of ASCII texts and numbers: sorted keys, no blanks. */
function canonical(value: object): string {
  return JSON.stringify(Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1))))
}

function sha256(data: Buffer): string {
  return hash('sha256', data, 'hex')
}

function publicKeyText(key: KeyObject): string {
  return Buffer.from(key.export({ format: 'jwk' }).x as string, 'base64url').toString('base64')
}

/** The store's key, made when there is none. */
function loadKey(dataDir: string): KeyObject {
  const path = join(manifestDir(dataDir), 'sign.key')
  try {
    return createPrivateKey(readFileSync(path))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
  const { privateKey } = generateKeyPairSync('ed25519')
  replaceFile(path, Buffer.from(privateKey.export({ type: 'pkcs8', format: 'pem' })), 0o600)
  return privateKey
}

/** Writes a file so that after a power cut it is there whole or not at all. */
function replaceFile(path: string, data: Buffer, mode: number): void {
  const fd = openSync(`${path}.new`, 'w', mode)
  try {
    writeSync(fd, data)
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
  renameSync(`${path}.new`, path)
  const dir = openSync(join(path, '..'), 'r')
  try {
    fsyncSync(dir)
  } finally {
    closeSync(dir)
  }
}
