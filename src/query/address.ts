// Addresses as numbers: IPv4 and IPv6 text (RFC 4291 §2.2), networks, and their bounds. The two never compare.

export type Address = { readonly version: 4 | 6; readonly value: bigint }
/** Addresses from..to of one version, inclusive. */
export type AddressSpan = { readonly version: 4 | 6; readonly from: bigint; readonly to: bigint }

const sizes = { 4: 32n, 6: 128n } as const

/** The address that `text` spells (no port, no zone), or undefined. */
export function parseAddress(text: string): Address | undefined {
  const v4 = parseIpv4(text)
  if (v4 >= 0) return { version: 4, value: BigInt(v4) }
  if (!text.includes(':')) return undefined
  const value = parseIpv6(text)
  return value === undefined ? undefined : { version: 6, value }
}

/** The number of an IPv4 address in dotted form without leading zeros, or -1. Allocates nothing. */
export function parseIpv4(text: string): number {
  if (text.length < 7 || text.length > 15) return -1
  let value = 0
  let part = -1
  let dots = 0
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code === 46) {
      if (part < 0 || ++dots > 3) return -1
      value = value * 256 + part
      part = -1
    } else {
      if (code < 48 || code > 57 || part === 0) return -1
      part = (part < 0 ? 0 : part * 10) + code - 48
      if (part > 255) return -1
    }
  }
  return dots === 3 && part >= 0 ? value * 256 + part : -1
}

/** The bounds of a network like `10.0.0.0/8`; bits behind the prefix may be set. undefined when it is none. */
export function parseNetwork(text: string): AddressSpan | undefined {
  const slash = text.indexOf('/')
  const bits = text.slice(slash + 1)
  if (slash < 0 || !/^\d{1,3}$/.test(bits)) return undefined
  const address = parseAddress(text.slice(0, slash))
  if (address === undefined || BigInt(bits) > sizes[address.version]) return undefined
  const rest = sizes[address.version] - BigInt(bits)
  const from = (address.value >> rest) << rest
  return { version: address.version, from, to: from + (1n << rest) - 1n }
}

/** The highest address of a version. */
export function lastAddress(version: 4 | 6): bigint {
  return (1n << sizes[version]) - 1n
}

/** The usual text of an address (RFC 5952 §4 for IPv6, without the mixed form). */
export function formatAddress({ version, value }: Address): string {
  const width = version === 4 ? 8n : 16n
  const groups: number[] = []
  for (let rest = version === 4 ? 4 : 8; rest > 0; rest--) {
    groups.push(Number((value >> (BigInt(rest - 1) * width)) & ((1n << width) - 1n)))
  }
  if (version === 4) return groups.join('.')
  const [start, length] = longestZeros(groups)
  const text = (from: number, to: number) =>
    groups
      .slice(from, to)
      .map(group => group.toString(16))
      .join(':')
  return length < 2 ? text(0, 8) : `${text(0, start)}::${text(start + length, 8)}`
}

function longestZeros(groups: readonly number[]): [start: number, length: number] {
  let best: [number, number] = [0, 0]
  for (let start = 0; start < groups.length; start++) {
    let length = 0
    while (groups[start + length] === 0) length++
    if (length > best[1]) best = [start, length]
  }
  return best
}

function parseIpv6(text: string): bigint | undefined {
  if (text.length > 45) return undefined
  const halves = text.split('::')
  if (halves.length > 2) return undefined
  const head = groupsOf(halves[0] ?? '', halves.length === 1)
  const tail = halves[1] === undefined ? [] : groupsOf(halves[1], true)
  if (head === undefined || tail === undefined) return undefined
  const missing = 8 - head.length - tail.length
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined
  const groups = [...head, ...Array.from({ length: missing }, () => 0), ...tail]
  return groups.reduce((value, group) => (value << 16n) | BigInt(group), 0n)
}

/** The 16-bit groups of one side of `::`; the last may be an IPv4 address where `mayEndInIpv4`. */
function groupsOf(text: string, mayEndInIpv4: boolean): number[] | undefined {
  if (text === '') return []
  const groups: number[] = []
  const parts = text.split(':')
  for (const [i, part] of parts.entries()) {
    const v4 = i === parts.length - 1 && mayEndInIpv4 ? parseIpv4(part) : -1
    if (v4 >= 0) groups.push(Math.floor(v4 / 65_536), v4 % 65_536)
    else if (/^[0-9a-f]{1,4}$/i.test(part)) groups.push(Number.parseInt(part, 16))
    else return undefined
  }
  return groups
}
