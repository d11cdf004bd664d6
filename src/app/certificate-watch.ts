// Tells in time that a certificate of receive.tls ends: in the log, on the System page, as a record and as a metric. It
// has ended on the day nobody remembers making it, and then every sender is refused at once.
import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { Metrics } from '../base/metrics.ts'
import { expiresAt, parseCertificates, subjectLine } from '../config/certificate.ts'
import type { TlsSettings } from '../receive/tls-handshakes.ts'
import type { OwnRecords } from './own-records.ts'

export type CertificateWatch = Disposable & {
  /** These are in use from now on; undefined without TLS. */
  use(tls: TlsSettings | undefined): void
  /** Sentences about those that end within 30 days, or have ended. */
  warnings(): readonly string[]
}

type WatchOptions = {
  readonly metrics: Pick<Metrics, 'set' | 'remove'>
  readonly own: Pick<OwnRecords, 'write'>
  readonly clock: Pick<Clock, 'now'>
  readonly log: Log
}

type Watched = {
  readonly file: string
  readonly subject: string
  readonly endsAt: number
  /** What follows for those who do nothing. */
  readonly effect: string
  /** The smallest threshold that was told of. */
  toldDays: number
}

const hourMs = 3_600_000
const dayMs = 86_400_000
/** Told of once each, so many days ahead; 0: it has ended. */
const earliestDays = 30
const thresholdsDays = [0, 1, 7, earliestDays]

/** Looks at each `use`, and once an hour. */
export function startCertificateWatch({ metrics, own, clock, log }: WatchOptions): CertificateWatch {
  let watched: readonly Watched[] = []

  function look(): void {
    for (const one of watched) {
      const threshold = thresholdsDays.find(days => one.endsAt - clock.now() <= days * dayMs)
      if (threshold === undefined || threshold >= one.toldDays) continue
      one.toldDays = threshold
      const { file, subject } = one
      const ends = new Date(one.endsAt).toISOString()
      const message = sentence(one, clock.now())
      if (threshold > 1) log.warn({ file, subject, ends }, message)
      else log.error({ file, subject, ends }, message)
      const text = threshold === 0 ? 'a TLS certificate has ended' : 'a TLS certificate ends soon'
      own.write({ subject: 'CERTIFICATE', severity: threshold > 1 ? 4 : 3, text, values: { file, ends } })
    }
  }

  const timer = setInterval(look, hourMs).unref()
  return {
    use(tls) {
      const before = watched
      watched = tls === undefined ? [] : [...firstToEnd(tls)].map(one => knownAs(before, one))
      for (const { file } of before) metrics.remove('picket_certificate_expiry_seconds', { file })
      for (const { file, endsAt } of watched)
        metrics.set('picket_certificate_expiry_seconds', { file }, Math.floor(endsAt / 1000))
      look()
    },
    warnings: () =>
      watched
        .filter(({ endsAt }) => endsAt - clock.now() <= earliestDays * dayMs)
        .map(one => sentence(one, clock.now())),
    [Symbol.dispose]: () => clearInterval(timer),
  }
}

/** Of each file the certificate that ends first. */
function* firstToEnd({ config, files }: TlsSettings): Generator<Watched> {
  for (const [file, pem, effect] of [
    [config.cert, files.cert, 'senders refuse to connect'],
    [config.clientCa, files.clientCa, 'senders with a certificate of this CA are refused'],
  ] as const) {
    if (file === undefined || pem === undefined) continue
    const [first] = parseCertificates(pem).toSorted((a, b) => expiresAt(a) - expiresAt(b))
    if (first !== undefined)
      yield { file, subject: subjectLine(first), endsAt: expiresAt(first), effect, toldDays: Infinity }
  }
}

/** The same certificate, read again, is not told of again. */
function knownAs(before: readonly Watched[], one: Watched): Watched {
  return (
    before.find(({ file, subject, endsAt }) => file === one.file && subject === one.subject && endsAt === one.endsAt) ??
    one
  )
}

function sentence({ file, subject, endsAt, effect }: Watched, now: number): string {
  const day = new Date(endsAt).toISOString().slice(0, 10)
  const whose = `The certificate of ${subject} in ${file}`
  const what = 'Make a new one, then: systemctl reload picket.service.'
  if (now >= endsAt) return `${whose} ended on ${day}: ${effect}. ${what}`
  const days = Math.floor((endsAt - now) / dayMs)
  const left = days === 0 ? 'in less than a day' : days === 1 ? 'in 1 day' : `in ${days} days`
  return `${whose} ends ${left}, on ${day}: from then on ${effect}. ${what}`
}
