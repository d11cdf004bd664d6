// A small CA and what it signs: EC keys on P-256, made by openssl from configuration files that are written here.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Openssl } from './openssl.ts'

export const authorityDays = 3650
/** The longest that common TLS programs take without a remark. */
export const certificateDays = 825

/** A certificate and its private key, by name inside a folder or by whole path. */
export type KeyPair = { readonly cert: string; readonly key: string }

export type CertificateOrder = {
  /** The CA, by whole paths: a name that openssl could take for something else than a file begins otherwise. */
  readonly authority: KeyPair
  readonly dnsNames: readonly string[]
  readonly addresses: readonly string[]
  readonly usage: 'serverAuth' | 'clientAuth'
  readonly days: number
}

/** Makes a self-signed CA in the folder. `organisation` tells several CAs apart; a checked DNS name. */
export async function makeAuthority(
  openssl: Openssl,
  folder: string,
  made: KeyPair,
  organisation: string,
): Promise<void> {
  const config = request(`O = ${organisation}\nCN = Picket CA`, [
    'basicConstraints = critical, CA:TRUE, pathlen:0',
    'keyUsage = critical, keyCertSign, cRLSign',
    'subjectKeyIdentifier = hash',
  ])
  await make(openssl, folder, made, config, ['-days', String(authorityDays)])
}

/** Makes a certificate and its key in the folder. The names are checked by the caller. */
export async function makeCertificate(
  openssl: Openssl,
  folder: string,
  made: KeyPair,
  order: CertificateOrder,
): Promise<void> {
  const { authority, dnsNames, addresses, usage, days } = order
  const altNames = [...dnsNames.map(name => `DNS:${name}`), ...addresses.map(address => `IP:${address}`)]
  const config = request(`CN = ${dnsNames[0]}`, [
    'basicConstraints = critical, CA:FALSE',
    'keyUsage = critical, digitalSignature',
    `extendedKeyUsage = ${usage}`,
    `subjectAltName = ${altNames.join(', ')}`,
    'subjectKeyIdentifier = hash',
    'authorityKeyIdentifier = keyid:always',
  ])
  await make(openssl, folder, made, config, ['-CA', authority.cert, '-CAkey', authority.key, '-days', String(days)])
}

function request(subject: string, extensions: readonly string[]): string {
  const sections = [
    '[req]',
    'prompt = no',
    'utf8 = yes',
    'distinguished_name = subject',
    'x509_extensions = extensions',
  ]
  return `${[...sections, '[subject]', subject, '[extensions]', ...extensions].join('\n')}\n`
}

async function make(
  openssl: Openssl,
  folder: string,
  { cert, key }: KeyPair,
  config: string,
  more: readonly string[],
): Promise<void> {
  writeFileSync(join(folder, 'request.cnf'), config, { mode: 0o600 })
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', key]
  await openssl(folder, ['req', '-x509', '-config', 'request.cnf', '-sha256', ...newKey, '-out', cert, ...more])
}
