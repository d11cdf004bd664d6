// `sources:` of the configuration at reception: which time zone and charset hold for a sender. By its address it costs
// nothing per record; by host name it is asked only when an entry names hosts.
import { compileSourceSettings } from '../asset/source-settings.ts'
import type { Config } from '../config/schema.ts'
import type { Origin } from '../model/row.ts'
import type { Source } from '../receive/listener.ts'

/** Host names come from senders: beyond this the memory of what holds for whom is begun anew. */
const maxHosts = 4096

export type OriginOfHost = (origin: Origin, hostname: string) => Origin

export function createReadSettings(config: Pick<Config, 'receive' | 'sources'>): {
  originOf(source: Source): Origin
  /** The origin of a host's records that `origin` relays; undefined when no entry names hosts. */
  readonly originOfHost: OriginOfHost | undefined
} {
  const settings = compileSourceSettings(config.sources)
  const { timeZone, charset } = config.receive
  let byOrigin = new WeakMap<Origin, Map<string, Origin>>()
  let kept = 0

  function originOfHost(origin: Origin, hostname: string): Origin {
    const known = byOrigin.get(origin)?.get(hostname)
    if (known !== undefined) return known
    const found = settings.readByHost(hostname)
    const own: Origin =
      found === undefined
        ? origin
        : { ...origin, timeZone: found.timeZone ?? origin.timeZone, charset: found.charset ?? origin.charset }
    if (kept >= maxHosts) {
      byOrigin = new WeakMap()
      kept = 0
    }
    kept++
    const hosts = byOrigin.get(origin)
    if (hosts === undefined) byOrigin.set(origin, new Map([[hostname, own]]))
    else hosts.set(hostname, own)
    return own
  }

  return {
    originOf({ peer, transport, cert, repeat }) {
      const found = transport === 'internal' ? undefined : settings.readByPeer(peer)
      const read = { timeZone: found?.timeZone ?? timeZone, charset: found?.charset ?? charset }
      return { peer, transport, ...read, cert, repeat }
    },
    originOfHost: settings.readsByHost ? originOfHost : undefined,
  }
}
