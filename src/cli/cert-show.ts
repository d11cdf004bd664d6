// picket cert show: what stands in a certificate file, in words.
import type { X509Certificate } from 'node:crypto'
import type { Command } from 'commander'
import { visible } from '../base/visible.ts'
import { dateProblem, expiresAt, subjectLine } from '../config/certificate.ts'
import { readCertificates } from './cert-paths.ts'
import { type Cli, createCommand } from './cli.ts'

export function certShowCommand({ io, exit }: Cli): Command {
  return createCommand('show', 'explain the certificates in a file', [
    ['of this server', 'cert show /etc/picket/tls/server.pem'],
    ['the fingerprint for receive.tls.permittedFingerprints', 'cert show web01.pem'],
  ])
    .argument('<file>', 'certificates in PEM form')
    .addHelpText('after', '\nExit code 1: one of them is not valid today.')
    .action(async (file: string) => {
      const certificates = readCertificates(file)
      const now = io.clock.now()
      await io.out(certificates.map(certificate => explain(certificate, now)).join('\n'))
      if (certificates.some(certificate => dateProblem(certificate, now) !== undefined)) exit(1)
    })
}

function explain(certificate: X509Certificate, now: number): string {
  const { issuer, subject, subjectAltName, ca } = certificate
  const signer = issuer === subject ? 'itself' : issuer.replaceAll('\n', ', ')
  const facts = [
    ['subject', subjectLine(certificate)],
    ['names', namesOf(subjectAltName)],
    ['use', ca ? 'CA: signs other certificates' : usesOf(certificate.keyUsage)],
    ['signed by', signer],
    ['valid', validity(certificate, now)],
    ['fingerprint', `SHA256:${certificate.fingerprint256}`],
  ] as const
  return facts.map(([name, value]) => `${name.padEnd(12)}${visible(value)}\n`).join('')
}

function namesOf(subjectAltName: string | undefined): string {
  if (subjectAltName === undefined) return 'none; modern programs do not look at the common name in the subject'
  return subjectAltName.replaceAll(/\bDNS:/g, '').replaceAll(/\bIP Address:/g, '')
}

/** `keyUsage` of Node is the extended key usage, as object identifiers (RFC 5280 §4.2.1.12). */
function usesOf(identifiers: readonly string[] | undefined): string {
  if (identifiers === undefined) return 'not restricted'
  const words: { readonly [identifier: string]: string } = {
    '1.3.6.1.5.5.7.3.1': 'server',
    '1.3.6.1.5.5.7.3.2': 'client',
  }
  return identifiers.map(identifier => words[identifier] ?? identifier).join(' and ')
}

function validity(certificate: X509Certificate, now: number): string {
  const day = (at: number) => new Date(at).toISOString().slice(0, 10)
  const end = expiresAt(certificate)
  const days = Math.floor((end - now) / 86_400_000)
  const state = dateProblem(certificate, now) ?? (days === 1 ? '1 day left' : `${days} days left`)
  return `${day(certificate.validFromDate.getTime())} to ${day(end)}: ${state}`
}
