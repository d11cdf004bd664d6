// The ECS names of what senders of JSON, key=value pairs, CEF and LEEF call by names of their own.
import { certificateField, type FieldValue, repeatField } from '../model/record.ts'
import { isAddress } from './address.ts'
import type { MutableFields } from './body.ts'
import { isNothing, parseInteger } from './body.ts'

/** A message gives at most so many fields of its own naming: a record stays small whatever is sent. */
export const maxFields = 64
/** Names longer than this are not kept. */
export const maxNameLength = 64

/**
 * Keeps `value` under its own name and, when the name is a known one, under its ECS name too (the first one wins). Numbers
 * and addresses are checked: what has another form gives no ECS field.
 */
export function setNamed(fields: MutableFields, name: string, value: FieldValue): void {
  if (name.length === 0 || name.length > maxNameLength || name === '__proto__') return
  if (name === certificateField || name === repeatField) return // what a sender says of itself is not what was seen
  if (typeof value === 'string' && isNothing(value)) return
  const known = ecsNames.get(name.toLowerCase())
  if (known === undefined) {
    setKnown(fields, name, value, kindOf(name))
    return
  }
  if (known.name !== name && fields[name] === undefined) fields[name] = value
  setKnown(fields, known.name, value, known.kind)
}

type Kind = 'text' | 'integer' | 'address' | 'any'

function setKnown(fields: MutableFields, name: string, value: FieldValue, kind: Kind): void {
  if (fields[name] !== undefined) return
  if (kind === 'any') fields[name] = value
  else if (kind === 'integer') {
    const number = typeof value === 'string' ? parseInteger(value) : value
    if (typeof number === 'number' && Number.isSafeInteger(number)) fields[name] = number
  } else if (typeof value === 'string' && (kind === 'text' || isAddress(value))) fields[name] = value
}

/** What a sender that speaks ECS itself must send under this name. */
function kindOf(name: string): Kind {
  return ecsKinds.get(name) ?? 'any'
}

const ecsNames = new Map<string, { readonly name: string; readonly kind: Kind }>()
const ecsKinds = new Map<string, Kind>()
for (const [name, kind, aliases] of [
  ['user.name', 'text', 'user username user_name usr usrname suser srcuser'],
  ['user.target.name', 'text', 'duser dstuser targetusername target_user'],
  ['user.effective.name', 'text', ''],
  ['source.ip', 'address', 'src srcip src_ip source_ip sourceip client_ip clientip remote_ip remote_addr ipaddress'],
  ['source.port', 'integer', 'spt srcport src_port source_port ipport'],
  ['destination.ip', 'address', 'dst dstip dst_ip dest_ip destination_ip'],
  ['destination.port', 'integer', 'dpt dstport dst_port dest_port destination_port'],
  ['network.transport', 'text', 'proto transport'],
  ['process.command_line', 'text', 'cmd command cmdline command_line commandline'],
  ['process.executable', 'text', 'exe executable image'],
  ['process.name', 'text', 'sproc comm process_name'],
  ['process.working_directory', 'text', 'cwd'],
  ['process.pid', 'integer', 'pid spid processid'],
  ['process.tty', 'text', ''],
  ['session.id', 'text', 'session_id sessionid'],
  ['file.path', 'text', 'filepath file_path'],
  ['file.hash.md5', 'text', 'md5'],
  ['file.hash.sha256', 'text', 'sha256'],
  ['url.full', 'text', 'url request'],
  ['url.path', 'text', ''],
  ['group.name', 'text', ''],
  ['service.name', 'text', 'service'],
  ['user_agent.original', 'text', 'user_agent useragent http_user_agent requestclientapplication'],
  ['http.request.method', 'text', 'request_method requestmethod'],
  ['http.response.status_code', 'integer', ''],
  ['host.name', 'text', 'devname'],
  ['event.code', 'text', 'eventid logid'],
  ['event.reason', 'text', 'reason'],
  ['event.action', 'text', ''],
  ['event.outcome', 'text', 'outcome'],
  ['pam.service', 'text', ''],
  ['ssh.fingerprint', 'text', ''],
] as const) {
  ecsKinds.set(name, kind)
  for (const alias of aliases === '' ? [] : aliases.split(' ')) ecsNames.set(alias, { name, kind })
}
