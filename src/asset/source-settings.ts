// `sources:` of the configuration: what holds for a sender, by its host name or its address. The first entry that fits
// and speaks of a setting decides that setting.
import type { SourceConfig } from '../config/schema.ts'
import type { Channel } from '../model/channel.ts'
import { type AddressSpan, parseAddress, parseNetwork } from '../query/address.ts'
import { compileGlob, globFrom, hasWildcard } from '../query/glob.ts'

/** Settings that the watching of sources needs. */
export type WatchSettings = {
  readonly expect: readonly Channel[]
  readonly silentAfterMs: number | undefined
  readonly isMuted: boolean
}

/** How texts of a sender are read. */
type ReadSettings = { readonly timeZone?: string | undefined; readonly charset?: string | undefined }

export type SourceSettings = {
  watch(hostname: string, peer: string): WatchSettings
  /** By address alone; undefined when no entry with an address fits. */
  readByPeer(peer: string): ReadSettings | undefined
  /** By host name alone: entries that are no address; undefined when none fits. */
  readByHost(hostname: string): ReadSettings | undefined
  /** True when `readByHost` may give something: only then is it worth asking. */
  readonly readsByHost: boolean
  /** Hosts that are named in full and expected to send. */
  readonly expectedHosts: readonly string[]
}

type Entry = {
  readonly config: SourceConfig
  readonly byPeer: ((peer: string) => boolean) | undefined
  readonly byHost: ((hostname: string) => boolean) | undefined
}

const units: { readonly [unit: string]: number } = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

export function compileSourceSettings(configs: readonly SourceConfig[]): SourceSettings {
  const entries = configs.map(compileEntry)
  const readers = entries.filter(({ config }) => config.timeZone !== undefined || config.charset !== undefined)

  function first<T>(fitting: readonly Entry[], setting: (config: SourceConfig) => T | undefined): T | undefined {
    for (const { config } of fitting) {
      const value = setting(config)
      if (value !== undefined) return value
    }
    return undefined
  }

  function readSettings(fitting: readonly Entry[]): ReadSettings | undefined {
    if (fitting.length === 0) return undefined
    return {
      timeZone: first(fitting, config => config.timeZone),
      charset: first(fitting, config => config.charset),
    }
  }

  return {
    watch(hostname, peer) {
      const name = hostname.toLowerCase()
      const fitting = entries.filter(({ byHost, byPeer }) => byHost?.(name) === true || byPeer?.(peer) === true)
      const silentAfter = first(fitting, config => config.silentAfter)
      return {
        expect: first(fitting, config => config.expect) ?? [],
        silentAfterMs: silentAfter === undefined ? undefined : durationMs(silentAfter),
        isMuted: first(fitting, config => config.mute) ?? false,
      }
    },
    readByPeer: peer => readSettings(readers.filter(({ byPeer }) => byPeer?.(peer) === true)),
    readByHost: hostname => {
      const name = hostname.toLowerCase()
      return readSettings(readers.filter(({ byHost }) => byHost?.(name) === true))
    },
    readsByHost: readers.some(({ byHost }) => byHost !== undefined),
    expectedHosts: configs
      .filter(({ expect, match }) => expect !== undefined && !hasWildcard(globFrom(match)) && !isAddress(match))
      .map(({ match }) => match),
  }
}

/** `15m` in ms; the schema has checked its form. */
function durationMs(text: string): number {
  return Number.parseInt(text, 10) * (units[text.at(-1) ?? ''] ?? 1)
}

function compileEntry(config: SourceConfig): Entry {
  const { match } = config
  return {
    config,
    byPeer: isAddress(match) ? peerTest(match) : undefined,
    byHost: isAddress(match) ? undefined : compileGlob(globFrom(match.toLowerCase())),
  }
}

function isAddress(text: string): boolean {
  return parseAddress(text) !== undefined || parseNetwork(text) !== undefined
}

function peerTest(text: string): (peer: string) => boolean {
  const span = spanOf(text)
  return peer => {
    const address = parseAddress(peer)
    return address !== undefined && isWithin(address, span)
  }
}

function spanOf(text: string): AddressSpan | undefined {
  const network = parseNetwork(text)
  if (network !== undefined) return network
  const address = parseAddress(text)
  return address && { version: address.version, from: address.value, to: address.value }
}

function isWithin(
  address: { readonly version: 4 | 6; readonly value: bigint },
  span: AddressSpan | undefined,
): boolean {
  return (
    span !== undefined && address.version === span.version && address.value >= span.from && address.value <= span.to
  )
}
