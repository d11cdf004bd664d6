// X.509 certificates as the configuration names them: read from PEM text, and what is wrong with them in words.
import { X509Certificate } from 'node:crypto'

/** A certificate file holds a chain; a bundle of public CAs has some 150. */
const maxCertificates = 500

/** The certificates of a PEM text, in its order. Throws an Error in words when one cannot be read. */
export function parseCertificates(pem: string): readonly X509Certificate[] {
  const blocks = pem.match(/-----BEGIN (?:TRUSTED )?CERTIFICATE-----[^-]*-----END (?:TRUSTED )?CERTIFICATE-----/g) ?? []
  if (blocks.length === 0) throw new Error('holds no certificate in PEM form (-----BEGIN CERTIFICATE-----)')
  if (blocks.length > maxCertificates) throw new Error(`holds more than ${maxCertificates} certificates`)
  return blocks.map((block, n) => {
    try {
      return new X509Certificate(block)
    } catch {
      throw new Error(`certificate ${n + 1} cannot be read`)
    }
  })
}

/** `expired on 2026-11-01`, `is not valid before 2027-01-01`, or undefined while it is valid. */
export function dateProblem(certificate: X509Certificate, now: number): string | undefined {
  if (now >= expiresAt(certificate)) return `expired on ${dayOf(expiresAt(certificate))}`
  const from = certificate.validFromDate.getTime()
  return now < from ? `is not valid before ${dayOf(from)}` : undefined
}

/** ms since 1970 UTC. */
export function expiresAt(certificate: X509Certificate): number {
  return certificate.validToDate.getTime()
}

/** The subject in one line: `CN=web01.example.com, O=Example`. Cut, because whoever made the certificate chose it. */
export function subjectLine(certificate: X509Certificate): string {
  return cut(certificate.subject.replaceAll('\n', ', '))
}

const maxShownLength = 200

/** At most 200 characters of a text that a stranger chose. */
function cut(text: string): string {
  return text.length > maxShownLength ? `${text.slice(0, maxShownLength)}…` : text
}

function dayOf(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 10)
}
