// Who a TLS sender is: the certificate that it showed, judged by the mode of the section (RFC 5425 §5).
//
//   anonymous     no certificate is asked for
//   ca            signed by clientCa                              the name is the first DNS name, else the common name
//   name          … and a DNS name is permitted                   the name is the one that is permitted
//   fingerprint   the certificate itself is permitted             the name is the fingerprint: nobody vouches for others
import type { X509Certificate } from 'node:crypto'
import type { CertificateConfig } from '../config/schema.ts'
import { chainRefusal, type Refusal } from './tls-refusal.ts'

/** What a handshake told of the sender. */
type Shown = {
  readonly certificate: X509Certificate | undefined
  /** OpenSSL's code for what is wrong with its chain; undefined when nothing is. */
  readonly chainError: string | undefined
}

type Verdict = { readonly name: string | undefined } | { readonly refusal: Refusal }

export type Judge = (shown: Shown) => Verdict

/** Names of one certificate that are looked at; a stranger may put in thousands. */
const maxNames = 100
/** Longer ones are no DNS names (RFC 1035 §2.3.4). */
const maxNameLength = 253
/** Characters of certificate text that are looked at: a stranger may send 100 KB of it. */
const maxTextLength = 32_768
const maxNamesInWords = 5

/** Compiles what a section permits. */
export function createJudge(config: CertificateConfig): Judge {
  const permitted = config.permittedNames.map(name => name.toLowerCase())
  const fingerprints = new Set(config.permittedFingerprints.map(canonicalFingerprint))

  return ({ certificate, chainError }) => {
    if (config.mode === 'anonymous') return { name: undefined }
    if (certificate === undefined) {
      const words = `the sender showed no certificate, and mode ${config.mode} asks for one`
      return { refusal: { reason: 'no_certificate', words } }
    }
    if (config.mode === 'fingerprint') return byFingerprint(certificate)
    const names = dnsNames(certificate)
    const common = commonName(certificate)
    if (chainError !== undefined) return { refusal: chainRefusal(chainError, wordsFor(names, common)) }
    if (config.mode === 'ca') return { name: names[0] ?? common ?? canonicalFingerprint(certificate.fingerprint256) }
    const candidates = names.length === 0 && config.matchCommonName && common !== undefined ? [common] : names
    const name = candidates.find(candidate => permitted.some(pattern => isNamed(candidate, pattern)))
    if (name !== undefined) return { name }
    const words = `no name in the sender's certificate is among permittedNames (${wordsFor(names, common)})`
    return { refusal: { reason: 'not_permitted', words } }
  }

  function byFingerprint(certificate: X509Certificate): Verdict {
    const sha256 = canonicalFingerprint(certificate.fingerprint256)
    if (fingerprints.has(sha256)) return { name: sha256 }
    const sha1 = canonicalFingerprint(`SHA1:${certificate.fingerprint}`)
    if (fingerprints.has(sha1)) return { name: sha256 }
    const words = `the sender's certificate is not among permittedFingerprints (it is ${sha256})`
    return { refusal: { reason: 'not_permitted', words } }
  }
}

/** `SHA256:` and octets in capitals with colons; what has no prefix is SHA-256. */
function canonicalFingerprint(print: string): string {
  const [, kind = 'SHA256', hex = ''] = /^(?:(SHA1|SHA256):)?(.*)$/i.exec(print) ?? []
  const octets = hex.replaceAll(':', '').toUpperCase().match(/../g) ?? []
  return `${kind.toUpperCase()}:${octets.join(':')}`
}

/** The DNS names of a certificate in lower case, those that are no names left out. Node puts a name with odd characters
 *  in quotes, with escapes: a NUL or a comma cannot make one name look like another. */
function dnsNames(certificate: Pick<X509Certificate, 'subjectAltName'>): readonly string[] {
  const text = (certificate.subjectAltName ?? '').slice(0, maxTextLength)
  return text
    .split(', ', maxNames)
    .flatMap(entry => (entry.startsWith('DNS:') ? [entry.slice(4).toLowerCase()] : []))
    .filter(isName)
}

/** The last common name of the subject, when it is a name. Node escapes what would end a line. */
function commonName(certificate: Pick<X509Certificate, 'subject'>): string | undefined {
  const lines = (certificate.subject ?? '').slice(0, maxTextLength).split('\n')
  const common = lines.findLast(line => line.startsWith('CN='))?.slice(3)
  return common !== undefined && isName(common.toLowerCase()) ? common.toLowerCase() : undefined
}

function isName(name: string): boolean {
  return name.length > 0 && name.length <= maxNameLength && /^(?:\*\.)?[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/.test(name)
}

/** `*.example.com` is a.example.com and not a.b.example.com (RFC 5425 §5.2). */
function isNamed(name: string, pattern: string): boolean {
  if (!pattern.startsWith('*.')) return name === pattern
  const dot = name.indexOf('.')
  return dot > 0 && name.slice(dot) === pattern.slice(1)
}

function wordsFor(names: readonly string[], common: string | undefined): string {
  const shown = names.slice(0, maxNamesInWords).join(', ')
  const more = names.length > maxNamesInWords ? ' …' : ''
  if (names.length > 0) return `its names: ${shown}${more}`
  return common === undefined ? 'it has no usable name' : `it has no DNS name; its common name: ${common}`
}
