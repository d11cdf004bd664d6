// The files of a TLS section: read once, on the main thread, checked, and handed to the threads that listen.
import { createPrivateKey, type KeyObject } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { createSecureContext } from 'node:tls'
import { dateProblem, parseCertificates, subjectLine } from './certificate.ts'
import type { CertificateConfig } from './schema.ts'
import { systemReason } from './system-reason.ts'

/** What a listener needs of the files; plain data. */
export type TlsFiles = {
  /** PEM, the server's own certificate first. */
  readonly cert: string
  /** PEM. */
  readonly key: string
  readonly keyPassword?: string
  /** PEM. */
  readonly clientCa?: string
}

export type TlsFileKey = 'cert' | 'key' | 'keyPasswordFile' | 'clientCa'

type TlsProblem = {
  readonly key: TlsFileKey
  /** With the name of the file. */
  readonly reason: string
}

export type ReadTlsFiles = {
  /** Absent when there are errors. */
  readonly files?: TlsFiles
  /** What keeps the listener from starting. */
  readonly errors: readonly TlsProblem[]
  /** What somebody should mend; it works meanwhile. */
  readonly warnings: readonly TlsProblem[]
}

/** Reads and checks the files of a section. `now`: ms since 1970 UTC. An expired certificate is a warning: senders that
 *  do not look at the date go on, and a restart must not end the reception of everything else. */
export function readTlsFiles(config: CertificateConfig, now: number): ReadTlsFiles {
  const errors: TlsProblem[] = []
  const warnings: TlsProblem[] = []
  const read = (key: TlsFileKey): string | undefined => {
    const file = config[key]
    if (file === undefined) return undefined
    try {
      return readFileSync(file, 'utf8')
    } catch (error) {
      errors.push({ key, reason: `cannot read ${file}: ${systemReason(error)}` })
      return undefined
    }
  }
  const [cert, key, password, clientCa] = [read('cert'), read('key'), read('keyPasswordFile'), read('clientCa')]
  if (errors.length > 0 || cert === undefined || key === undefined) return { errors, warnings }

  for (const [name, pem] of [
    ['cert', cert],
    ['clientCa', clientCa],
  ] as const) {
    if (pem === undefined) continue
    try {
      for (const certificate of parseCertificates(pem)) {
        const problem = dateProblem(certificate, now)
        if (problem !== undefined)
          warnings.push({
            key: name,
            reason: `${config[name]}: the certificate of ${subjectLine(certificate)} ${problem}`,
          })
      }
    } catch (error) {
      errors.push({ key: name, reason: `${config[name]} ${(error as Error).message}` })
    }
  }
  for (const name of ['key', 'keyPasswordFile'] as const) {
    const file = config[name]
    if (file !== undefined && isOpenToAll(file))
      warnings.push({ key: name, reason: `${file} is open to every user of this machine; run: chmod 600 ${file}` })
  }
  const files: TlsFiles = {
    cert,
    key,
    ...(password === undefined ? {} : { keyPassword: password.replace(/\r?\n$/, '') }),
    ...(clientCa === undefined ? {} : { clientCa }),
  }
  if (errors.length === 0) errors.push(...unfit(config, files))
  return errors.length > 0 ? { errors, warnings } : { files, errors, warnings }
}

function unfit(config: CertificateConfig, files: TlsFiles): readonly TlsProblem[] {
  const passphrase = files.keyPassword
  let key: KeyObject
  try {
    key = createPrivateKey({ key: files.key, ...(passphrase === undefined ? {} : { passphrase }) })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ERR_MISSING_PASSPHRASE')
      return [
        {
          key: 'key',
          reason: `${config.key} is locked with a password: put it into a file, and its name into keyPasswordFile`,
        },
      ]
    if (passphrase !== undefined)
      return [
        { key: 'keyPasswordFile', reason: `${config.keyPasswordFile} does not open the private key ${config.key}` },
      ]
    return [{ key: 'key', reason: `${config.key} holds no private key in PEM form` }]
  }
  const [own] = parseCertificates(files.cert)
  if (own?.checkPrivateKey(key) !== true)
    return [{ key: 'key', reason: `${config.key} does not belong to the certificate in ${config.cert}` }]
  try {
    createSecureContext({ cert: files.cert, key: files.key, passphrase, ca: files.clientCa ?? [] })
    return []
  } catch (error) {
    return [{ key: 'cert', reason: `${config.cert} cannot be used: ${(error as Error).message}` }]
  }
}

function isOpenToAll(file: string): boolean {
  return (statSync(file).mode & 0o007) !== 0
}
