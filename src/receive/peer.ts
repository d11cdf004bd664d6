// The peer's address in one form, and who may send.
import { BlockList, isIP } from 'node:net'
import { PicketError } from '../base/errors.ts'

/** `::ffff:192.0.2.7` → `192.0.2.7`; the zone of a link-local address (`%eth0`) is left out. */
export function canonicalAddress(address: string): string {
  const zone = address.indexOf('%')
  const bare = zone < 0 ? address : address.slice(0, zone)
  return bare.startsWith('::ffff:') && bare.includes('.') ? bare.slice('::ffff:'.length) : bare
}

/** Whether a canonical address may send. */
export type Allow = (peer: string) => boolean

/** Compiles `receive.allow`: addresses and networks (`10.0.0.0/8`, `2001:db8::/32`); an empty list lets everyone send.
 *  Errors: CONFIG_INVALID for an entry that is neither. */
export function parseAllowList(entries: readonly string[]): Allow {
  if (entries.length === 0) return () => true
  const list = new BlockList()
  for (const entry of entries) addEntry(list, entry)
  return peer => list.check(peer, isIP(peer) === 6 ? 'ipv6' : 'ipv4')
}

function addEntry(list: BlockList, entry: string): void {
  const [address = '', prefix, ...rest] = entry.split('/')
  const version = isIP(address)
  const family = version === 6 ? 'ipv6' : 'ipv4'
  const bits = Number(prefix)
  const fits = prefix === undefined || (/^\d{1,3}$/.test(prefix) && bits <= (version === 6 ? 128 : 32))
  if (version === 0 || !fits || rest.length > 0) {
    throw new PicketError('CONFIG_INVALID', `receive.allow: "${entry}" is no address and no network like 10.0.0.0/8`)
  }
  if (prefix === undefined) list.addAddress(address, family)
  else list.addSubnet(address, bits, family)
}
