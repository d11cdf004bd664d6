// Every metric of Picket, declared once: name, kind, labels and help. docs/metrics.md and GET /metrics show this table.
import { Counter, Gauge, Histogram, Registry } from 'prom-client'

type Declaration =
  | { readonly kind: 'counter'; readonly help: string; readonly labels: readonly string[] }
  | { readonly kind: 'gauge'; readonly help: string; readonly labels: readonly string[] }
  | {
      readonly kind: 'histogram'
      readonly help: string
      readonly labels: readonly string[]
      readonly buckets: readonly number[]
    }

const seconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]

export const metrics = {
  picket_frames_total: { kind: 'counter', labels: ['transport'], help: 'Frames received.' },
  picket_bytes_total: { kind: 'counter', labels: ['transport'], help: 'Octets received, framing included.' },
  picket_frames_dropped_total: {
    kind: 'counter',
    labels: ['transport', 'reason'],
    help: 'Frames that were not stored: not_allowed, rate_limited, queue_full, disk_full, empty, bad_frame.',
  },
  picket_framing_flaws_total: {
    kind: 'counter',
    labels: ['transport', 'flaw'],
    help: 'Framing errors; the frames were stored, cut or marked: bad_length, oversize, resync, incomplete.',
  },
  picket_kernel_drops_total: {
    kind: 'counter',
    labels: ['transport'],
    help: 'Datagrams that the kernel dropped because its buffer was full.',
  },
  picket_connections_open: { kind: 'gauge', labels: ['transport'], help: 'Open connections of senders.' },
  picket_connections_total: { kind: 'counter', labels: ['transport'], help: 'Connections accepted.' },
  picket_connections_refused_total: {
    kind: 'counter',
    labels: ['transport', 'reason'],
    help: 'Connections refused: not_allowed, connections_full.',
  },
  picket_connection_timeouts_total: {
    kind: 'counter',
    labels: ['transport'],
    help: 'Connections closed because they sent nothing in time.',
  },
  picket_tls_refused_total: {
    kind: 'counter',
    labels: ['transport', 'reason'],
    help: 'TLS handshakes that came to nothing: no_certificate, unknown_ca, not_permitted, expired, not_yet_valid, bad_certificate, not_tls, old_protocol, no_shared_cipher, refused_by_sender, timeout, too_many, aborted, other.',
  },
  picket_relp_repeats_total: {
    kind: 'counter',
    labels: [],
    help: 'Frames that RELP senders sent again after a broken session; stored and marked.',
  },
  picket_relp_errors_total: {
    kind: 'counter',
    labels: ['error'],
    help: 'RELP sessions that ended early, and refused commands, by what was wrong.',
  },
  picket_ledger_difference: {
    kind: 'gauge',
    labels: [],
    help: 'Frames that the books cannot account for (picket ledger): 0, or a bug.',
  },
  picket_certificate_expiry_seconds: {
    kind: 'gauge',
    labels: ['file'],
    help: 'When the first certificate in a file of receive.tls ends, seconds since 1970 UTC.',
  },
  picket_records_stored_total: { kind: 'counter', labels: [], help: 'Records written and synced to disk.' },
  picket_parse_problems_total: {
    kind: 'counter',
    labels: [],
    help: 'Records that the parsers could not read completely.',
  },
  picket_commit_seconds: {
    kind: 'histogram',
    labels: [],
    help: 'Time of one commit, sync included.',
    buckets: seconds,
  },
  picket_queue_records: { kind: 'gauge', labels: [], help: 'Records received and not yet stored.' },
  picket_disk_full: { kind: 'gauge', labels: [], help: '1 while nothing is received because the disk is full.' },
  picket_store_bytes: { kind: 'gauge', labels: [], help: 'Size of the stored records on disk.' },
  picket_hits_total: { kind: 'counter', labels: ['rule'], help: 'Records that matched a rule.' },
  picket_hits_unreadable_total: {
    kind: 'counter',
    labels: [],
    help: 'Hits that no alert tells of, because stored bytes are damaged.',
  },
  picket_alerts_total: { kind: 'counter', labels: [], help: 'Alerts opened.' },
  picket_alerts_open: { kind: 'gauge', labels: [], help: 'Alerts that are not closed.' },
  picket_mails_total: { kind: 'counter', labels: ['result'], help: 'Alert mails: sent, retried, failed.' },
  picket_mails_pending: { kind: 'gauge', labels: [], help: 'Alert mails waiting to be sent.' },
  picket_searches_total: {
    kind: 'counter',
    labels: ['result'],
    help: 'Searches: done, invalid, timeout, busy, failed.',
  },
  picket_search_seconds: { kind: 'histogram', labels: [], help: 'Time of one search.', buckets: seconds },
  picket_logins_total: { kind: 'counter', labels: ['result'], help: 'Logins: done, refused, limited.' },
  picket_rules_loaded: { kind: 'gauge', labels: [], help: 'Rules in use.' },
  picket_rules_invalid: { kind: 'gauge', labels: [], help: 'Rule files with a mistake.' },
  picket_sources: { kind: 'gauge', labels: [], help: 'Sources in the table: peer, host, transport and channel.' },
  picket_sources_dropped_total: {
    kind: 'counter',
    labels: [],
    help: 'Sources dropped from the full table, those least known and longest unseen.',
  },
  picket_start_time_seconds: { kind: 'gauge', labels: [], help: 'When Picket started, seconds since 1970 UTC.' },
} as const satisfies { readonly [name: string]: Declaration }

type Table = typeof metrics
type Name<Kind> = { [N in keyof Table]: Table[N]['kind'] extends Kind ? N : never }[keyof Table]
/** Every label of the metric must be given. */
type Labels<N extends keyof Table> = { readonly [label in Table[N]['labels'][number]]: string }

export type Metrics = {
  add<N extends Name<'counter'>>(name: N, labels: Labels<N>, count?: number): void
  set<N extends Name<'gauge'>>(name: N, labels: Labels<N>, value: number): void
  /** What it told of is no more. */
  remove<N extends Name<'gauge'>>(name: N, labels: Labels<N>): void
  observe<N extends Name<'histogram'>>(name: N, labels: Labels<N>, value: number): void
  /** The text of GET /metrics, and its content type. */
  print(): Promise<string>
  readonly contentType: string
}

/** Values of the label `rule` that are kept apart; rule ids come from files that people write. */
const maxLabelValues = 5000

/** A fresh set of all metrics, each at 0. Counters of other threads are added as differences. */
export function createMetrics(): Metrics {
  const registry = new Registry()
  const counters = new Map<string, Counter>()
  const gauges = new Map<string, Gauge>()
  const histograms = new Map<string, Histogram>()
  const seen = new Map<string, Set<string>>()

  for (const [name, metric] of Object.entries(metrics) as [string, Declaration][]) {
    const options = { name, help: metric.help, labelNames: metric.labels, registers: [registry] }
    if (metric.kind === 'counter') counters.set(name, new Counter(options))
    else if (metric.kind === 'gauge') gauges.set(name, new Gauge(options))
    else if (metric.kind === 'histogram')
      histograms.set(name, new Histogram({ ...options, buckets: [...metric.buckets] }))
  }

  function bounded(name: string, labels: { readonly [label: string]: string }): { [label: string]: string } {
    const values = seen.get(name) ?? new Set()
    seen.set(name, values)
    const key = Object.values(labels).join('\n')
    if (values.has(key)) return labels
    if (values.size >= maxLabelValues) return Object.fromEntries(Object.keys(labels).map(label => [label, 'other']))
    values.add(key)
    return labels
  }

  return {
    add: (name, labels, count = 1) => counters.get(name)?.inc(bounded(name, labels), count),
    set: (name, labels, value) => gauges.get(name)?.set(bounded(name, labels), value),
    remove: (name, labels) => gauges.get(name)?.remove(labels),
    observe: (name, labels, value) => histograms.get(name)?.observe(bounded(name, labels), value),
    print: () => registry.metrics(),
    contentType: registry.contentType,
  }
}
