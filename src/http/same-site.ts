// Is this request meant for us, and does it come from our own pages? Against DNS rebinding and cross-site requests.
import type { IncomingHttpHeaders } from 'node:http'
import { isIP } from 'node:net'

/** What a proxy in front adds; without it every stranger would look local. */
const proxyHeaders = ['forwarded', 'via', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'x-real-ip']

/** True when a Host header names this server: an address, localhost, the machine's name or the host of publicUrl.
 *  A page of another site can make its own name point to our address, but not become one of these. */
export function isOwnHost(host: string | undefined, names: readonly string[]): boolean {
  // Only HTTP/1.0 has no Host; browsers always send one.
  if (host === undefined) return true
  const name = hostName(host)
  if (name === undefined) return false
  return isIP(name) !== 0 || name === 'localhost' || names.includes(name)
}

/** True unless the browser says that another site's page made the request (ASVS 3.5.3: Origin and Sec-Fetch-Site). */
export function isFromOwnPages(headers: IncomingHttpHeaders, publicOrigin: string | undefined): boolean {
  const site = headers['sec-fetch-site']
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return false
  const { origin, host } = headers
  if (origin === undefined || origin === publicOrigin) return true
  return host !== undefined && (origin === `http://${host}` || origin === `https://${host}`)
}

/** True when a request comes straight from this machine: not through a proxy, and not by a name that a page could forge. */
export function isDirectlyLocal(address: string, headers: IncomingHttpHeaders): boolean {
  if (!/^(127\.|::1$|::ffff:127\.)/.test(address)) return false
  if (proxyHeaders.some(header => headers[header] !== undefined)) return false
  const name = headers.host === undefined ? 'localhost' : hostName(headers.host)
  return name === 'localhost' || name === '::1' || (isIP(name ?? '') === 4 && name?.startsWith('127.') === true)
}

/** The name or address of `name:port`, lower-cased, IPv6 without brackets; undefined when it is malformed. */
function hostName(host: string): string | undefined {
  const match = /^(?:\[([0-9a-f:.]+)\]|([^:[\]/@\s]+))(?::\d{1,5})?$/i.exec(host)
  return (match?.[1] ?? match?.[2])?.toLowerCase()
}
