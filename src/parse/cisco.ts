// Cisco ASA, FTD and IOS: the program is %FACILITY-SEVERITY-MNEMONIC, which is also the event's code.
import type { Fields } from '../model/record.ts'
import { isAddress } from './address.ts'
import type { Body, MutableFields } from './body.ts'
import { newFields, parseInteger, setInteger, setText } from './body.ts'

/** The fields of a line whose program is `%FAC-n-MNEM`: its code always, connections, denials and logins in detail. */
export function parseCisco(text: string, body: Body): Fields {
  const program = body.appName ?? ''
  const fields = newFields()
  if (text.startsWith('Built ')) setBuilt(fields, text)
  else if (text.startsWith('Teardown ')) setTeardown(fields, text)
  else if (text.startsWith('Deny ')) setDeny(fields, text)
  else if (text.startsWith('access-list ')) setAccessList(fields, text, 12)
  else if (text.startsWith('list ')) setAccessList(fields, text, 5)
  else if (text.startsWith('Inbound TCP connection denied from ')) setDeniedInbound(fields, text)
  else if (text.startsWith('Login ')) setLogin(fields, text)
  else if (text.startsWith('User authentication ')) setAuthentication(fields, text)
  setText(fields, 'event.code', program.slice(program.lastIndexOf('-') + 1))
  return fields
}

/** `Built inbound TCP connection 1 for outside:A/1 (A/1) to inside:B/2 (B/2)`: the first is the foreign side. */
function setBuilt(fields: MutableFields, text: string): void {
  const [, direction = '', protocol = ''] = text.split(' ', 3)
  const from = text.indexOf(' for ')
  const to = from === -1 ? -1 : text.indexOf(' to ', from)
  if (to === -1) return
  action(fields, 'network_connection', 'success')
  const outbound = direction === 'outbound'
  setEnd(fields, outbound ? 'destination' : 'source', text, from + 5)
  setEnd(fields, outbound ? 'source' : 'destination', text, to + 4)
  setText(fields, 'network.transport', protocol.toLowerCase())
  if (outbound || direction === 'inbound') fields['network.direction'] = direction
}

/** `Teardown TCP connection 1 for outside:A/1 to inside:B/2 duration 0:00:30 bytes 1234 TCP FINs` */
function setTeardown(fields: MutableFields, text: string): void {
  const protocol = text.split(' ', 2)[1] ?? ''
  const from = text.indexOf(' for ')
  const to = from === -1 ? -1 : text.indexOf(' to ', from)
  if (to === -1) return
  action(fields, 'network_connection_closed', undefined)
  setEnd(fields, 'source', text, from + 5)
  setEnd(fields, 'destination', text, to + 4)
  setText(fields, 'network.transport', protocol.toLowerCase())
  const bytes = text.indexOf(' bytes ', to)
  if (bytes === -1) return
  const end = text.indexOf(' ', bytes + 7)
  setInteger(fields, 'network.bytes', text.slice(bytes + 7, end === -1 ? undefined : end))
  if (end !== -1) setText(fields, 'event.reason', text.slice(end + 1))
}

/** `Deny udp src dmz:A/1 dst outside:B/2 by access-group "name" [0x0, 0x0]`, `Deny inbound UDP from A/1 to B/2 …` */
function setDeny(fields: MutableFields, text: string): void {
  const src = text.indexOf(' src ')
  const from = src === -1 ? text.indexOf(' from ') : src
  const to = text.indexOf(src === -1 ? ' to ' : ' dst ', from)
  if (from === -1 || to === -1) return
  action(fields, 'network_denied', 'failure')
  setEnd(fields, 'source', text, from + (src === -1 ? 6 : 5))
  setEnd(fields, 'destination', text, to + (src === -1 ? 4 : 5))
  const words = text.split(' ', 3)
  const direction = words[1] === 'inbound' || words[1] === 'outbound' ? words[1] : undefined
  setText(fields, 'network.transport', (direction === undefined ? words[1] : words[2])?.toLowerCase())
  setText(fields, 'network.direction', direction)
  const group = text.indexOf(' by access-group "', to)
  const end = group === -1 ? -1 : text.indexOf('"', group + 18)
  if (end !== -1) setText(fields, 'rule.name', text.slice(group + 18, end))
}

/** `Inbound TCP connection denied from A/1 to B/2 flags SYN on interface outside` */
function setDeniedInbound(fields: MutableFields, text: string): void {
  const to = text.indexOf(' to ', 35)
  if (to === -1) return
  action(fields, 'network_denied', 'failure')
  setEnd(fields, 'source', text, 35)
  setEnd(fields, 'destination', text, to + 4)
  fields['network.transport'] = 'tcp'
  fields['network.direction'] = 'inbound'
}

/** ASA `access-list NAME denied tcp outside/A(1) -> inside/B(2) hit-cnt …`, IOS `list NAME denied tcp A(1) -> B(2), 1 packet` */
function setAccessList(fields: MutableFields, text: string, at: number): void {
  const arrow = text.indexOf(' -> ')
  const [name = '', verdict = '', protocol = ''] = text.slice(at, arrow === -1 ? at : arrow).split(' ', 3)
  if (verdict !== 'denied' && verdict !== 'permitted') return
  if (verdict === 'denied') action(fields, 'network_denied', 'failure')
  else action(fields, 'network_connection', 'success')
  setEnd(fields, 'source', text, text.lastIndexOf(' ', arrow - 1) + 1)
  setEnd(fields, 'destination', text, arrow + 4)
  setText(fields, 'network.transport', protocol.toLowerCase())
  setText(fields, 'rule.name', name)
}

/**
 * ASA `Login denied from A/1 to inside:B/ssh for user "admin"`; IOS `Login Success [user: admin] [Source: A] [localport: 22] …`,
 * `Login failed [user: x] [Source: A] [localport: 22] [Reason: …] …`
 */
function setLogin(fields: MutableFields, text: string): void {
  const ok = text.startsWith('permitted ', 6) || text.startsWith('Success ', 6)
  if (!ok && !text.startsWith('denied ', 6) && !text.startsWith('failed ', 6)) return
  action(fields, 'device_login', ok ? 'success' : 'failure')
  const user = text.indexOf(' for user "')
  if (user !== -1) {
    setText(fields, 'user.name', text.slice(user + 11, text.endsWith('"') ? -1 : undefined))
    const from = text.indexOf(' from ')
    const to = text.indexOf(' to ', from)
    if (from !== -1) setEnd(fields, 'source', text, from + 6)
    if (from !== -1 && to !== -1) setEnd(fields, 'destination', text, to + 4)
    return
  }
  setText(fields, 'user.name', bracketed(text, '[user: '))
  const source = bracketed(text, '[Source: ') ?? ''
  if (isAddress(source)) fields['source.ip'] = source
  setInteger(fields, 'destination.port', bracketed(text, '[localport: '))
  setText(fields, 'event.reason', bracketed(text, '[Reason: '))
}

/** ASA `User authentication succeeded: IP address: A, Uname: admin`, also `: Uname: admin` */
function setAuthentication(fields: MutableFields, text: string): void {
  const ok = text.startsWith('succeeded', 20)
  if (!ok && !text.startsWith('failed', 20)) return
  action(fields, 'device_login', ok ? 'success' : 'failure')
  const user = text.lastIndexOf('Uname: ')
  if (user !== -1) setText(fields, 'user.name', text.slice(user + 7))
  const address = text.indexOf('IP address: ')
  const end = address === -1 ? -1 : text.indexOf(',', address)
  const source = end === -1 ? '' : text.slice(address + 12, end)
  if (isAddress(source)) fields['source.ip'] = source
}

function action(fields: MutableFields, name: string, outcome: string | undefined): void {
  fields['event.action'] = name
  if (outcome !== undefined) fields['event.outcome'] = outcome
}

/** `[INTERFACE:|INTERFACE/]ADDRESS[/PORT|(PORT)]` up to the next blank */
function setEnd(fields: MutableFields, side: 'source' | 'destination', text: string, at: number): void {
  const blank = text.indexOf(' ', at)
  let end = text.slice(at, blank === -1 ? undefined : blank)
  if (end.endsWith(',')) end = end.slice(0, -1)
  const open = end.indexOf('(')
  let port = open === -1 ? '' : end.slice(open + 1, end.indexOf(')', open))
  let place = open === -1 ? end : end.slice(0, open)
  let separator = place.lastIndexOf('/')
  if (open === -1 && separator !== -1) {
    port = place.slice(separator + 1)
    place = place.slice(0, separator)
  }
  let address = place
  if (!isAddress(address)) {
    separator = open === -1 ? place.indexOf(':') : place.indexOf('/')
    address = place.slice(separator + 1)
    const name = side === 'source' ? 'observer.ingress.interface.name' : 'observer.egress.interface.name'
    if (separator > 0) fields[name] = place.slice(0, separator)
  }
  if (!isAddress(address)) return
  fields[side === 'source' ? 'source.ip' : 'destination.ip'] = address
  const number = parseInteger(port)
  if (number !== undefined) fields[side === 'source' ? 'source.port' : 'destination.port'] = number
}

function bracketed(text: string, label: string): string | undefined {
  const at = text.indexOf(label)
  const end = at === -1 ? -1 : text.indexOf(']', at)
  return end === -1 ? undefined : text.slice(at + label.length, end)
}
