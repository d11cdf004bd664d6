// The listeners' running totals as metrics. The threads count for themselves; here only differences are added.
import type { Metrics } from '../base/metrics.ts'
import type { ListenerState } from './messages.ts'

/** Returns a function that brings the metrics up to the totals given. */
export function followListeners(metrics: Metrics): (listeners: readonly ListenerState[]) => void {
  const before = new Map<string, number>()
  const growth = (key: string, total: number): number => {
    const grown = total - (before.get(key) ?? 0)
    before.set(key, total)
    return grown
  }
  return listeners => {
    for (const { transport, counters } of listeners) {
      metrics.add('picket_frames_total', { transport }, growth(`${transport} frames`, counters.frames))
      metrics.add('picket_bytes_total', { transport }, growth(`${transport} bytes`, counters.bytes))
      for (const [reason, total] of Object.entries(counters.dropped))
        metrics.add(
          'picket_frames_dropped_total',
          { transport, reason },
          growth(`${transport} dropped ${reason}`, total),
        )
      for (const [flaw, total] of Object.entries(counters.flaws))
        metrics.add('picket_framing_flaws_total', { transport, flaw }, growth(`${transport} flaw ${flaw}`, total))
      for (const [reason, total] of Object.entries(counters.refused))
        metrics.add(
          'picket_connections_refused_total',
          { transport, reason },
          growth(`${transport} refused ${reason}`, total),
        )
      metrics.add('picket_kernel_drops_total', { transport }, growth(`${transport} kernel`, counters.kernelDrops))
      metrics.add('picket_connections_total', { transport }, growth(`${transport} connections`, counters.connections))
      metrics.add('picket_connection_timeouts_total', { transport }, growth(`${transport} timeouts`, counters.timeouts))
      for (const [reason, total] of Object.entries(counters.handshakes)) {
        const grown = growth(`${transport} handshake ${reason}`, total)
        if (grown > 0) metrics.add('picket_tls_refused_total', { transport, reason }, grown)
      }
      if (transport === 'relp') {
        metrics.add('picket_relp_repeats_total', {}, growth('relp repeats', counters.repeats))
        for (const [error, total] of Object.entries(counters.relpErrors))
          metrics.add('picket_relp_errors_total', { error }, growth(`relp error ${error}`, total))
      }
      metrics.set('picket_connections_open', { transport }, counters.openConnections)
    }
  }
}
