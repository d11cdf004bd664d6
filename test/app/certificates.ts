// Certificates for a test, made by the openssl program: a CA, and what it signs.
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'

export type Made = { readonly cert: string; readonly key: string }

/** A self-signed CA in the folder, as `NAME.pem` and `NAME.key`. */
export function makeCa(folder: string, name: string): Made {
  const made = { cert: join(folder, `${name}.pem`), key: join(folder, `${name}.key`) }
  openssl('req', '-x509', ...newKey(made), '-out', made.cert, '-days', '30', '-subj', `/CN=${name}`)
  return made
}

/** A certificate signed by the CA. `days` counts from now; a negative number makes one that has expired. */
export function makeCertificate(folder: string, ca: Made, name: string, altNames: string, days = 30): Made {
  const made = { cert: join(folder, `${name}.pem`), key: join(folder, `${name}.key`) }
  const validity =
    days > 0 ? ['-days', String(days)] : ['-not_before', '20200101000000Z', '-not_after', '20200201000000Z']
  const signing = ['-x509', '-CA', ca.cert, '-CAkey', ca.key, '-addext', 'basicConstraints=critical,CA:FALSE']
  const subject = ['-subj', `/CN=${name}`, '-addext', `subjectAltName=${altNames}`]
  openssl('req', ...newKey(made), ...signing, ...subject, '-out', made.cert, ...validity)
  return made
}

function newKey({ key }: Made): readonly string[] {
  return ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', key]
}

function openssl(...args: readonly string[]): void {
  execFileSync('openssl', args, { stdio: 'pipe' })
}
