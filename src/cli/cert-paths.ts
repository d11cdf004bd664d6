// Where the files of a certificate folder are, and what of its CA the commands read.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { PicketError } from '../base/errors.ts'
import { dateProblem, expiresAt, parseCertificates } from '../config/certificate.ts'
import { systemReason } from '../config/system-reason.ts'
import { certificateDays, type KeyPair } from './cert-authority.ts'

export const authorityFiles = { cert: 'ca.pem', key: 'ca.key' } satisfies KeyPair
export const serverFiles = { cert: 'server.pem', key: 'server.key' } satisfies KeyPair

/** Apart from those of the CA and the server, whatever a client is called. */
export function clientFiles(name: string): KeyPair {
  return { cert: `clients/${name}.pem`, key: `clients/${name}.key` }
}

/** The certificates of a PEM file. Errors: BAD_REQUEST. */
export function readCertificates(file: string): ReturnType<typeof parseCertificates> {
  let pem: string
  try {
    pem = readFileSync(file, 'utf8')
  } catch (cause) {
    throw new PicketError('BAD_REQUEST', `cannot read ${file}: ${systemReason(cause)}`, { cause })
  }
  try {
    return parseCertificates(pem)
  } catch (cause) {
    throw new PicketError('BAD_REQUEST', `${file} ${(cause as Error).message}`, { cause })
  }
}

/** The CA of a folder, by whole paths, and how many days what it signs may last: not longer than the CA itself.
 *  Errors: BAD_REQUEST when it is missing or has expired. */
export function readAuthority(dir: string, now: number): { readonly authority: KeyPair; readonly days: number } {
  const authority = { cert: join(dir, authorityFiles.cert), key: join(dir, authorityFiles.key) }
  const [certificate] = readCertificates(authority.cert)
  if (certificate === undefined) throw new Error('BUG: parseCertificates gives at least one')
  const problem = dateProblem(certificate, now)
  if (problem !== undefined) throw new PicketError('BAD_REQUEST', `the CA in ${authority.cert} ${problem}`)
  const daysLeft = Math.floor((expiresAt(certificate) - now) / 86_400_000)
  return { authority, days: Math.max(1, Math.min(certificateDays, daysLeft)) }
}
