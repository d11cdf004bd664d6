// The field table of the query language: names as users write them → canonical names and kinds. CONTRACT "Query fields".
// The web UI bundles this file: no node: imports, no libraries.

export const fieldKinds = ['text', 'keyword', 'number', 'time', 'address', 'severity', 'facility'] as const
/** How values of a field are compared: text by words, keyword as a whole, the others by their order. */
export type FieldKind = (typeof fieldKinds)[number]

export type FieldInfo = {
  /** The canonical name, as EventView.read takes it. */
  readonly name: string
  readonly kind: FieldKind
  readonly help: string
}

const header: readonly (readonly [name: string, kind: FieldKind, help: string, aliases?: string])[] = [
  ['message', 'text', 'the message text', 'msg'],
  ['host', 'keyword', 'host name in the message header', 'hostname'],
  ['app', 'keyword', 'application name or tag in the message header', 'app_name appname program tag'],
  ['facility', 'facility', 'facility, by number or word'],
  ['severity', 'severity', 'severity 0 (emergency) to 7 (debug), by number or word', 'level'],
  ['procid', 'keyword', 'process id in the message header'],
  ['msgid', 'keyword', 'message id in the message header'],
  ['peer', 'address', 'address that the message came from'],
  ['transport', 'keyword', 'udp, tcp, tls, relp, or internal: written by Picket itself'],
  ['format', 'keyword', 'rfc5424, rfc3164 or raw'],
  ['received', 'time', 'when Picket received the message', 'time received_at'],
  ['timestamp', 'time', 'when the sender says it happened', '@timestamp'],
]

const numbers = `destination.port event.repeated history.number http.response.body.bytes http.response.status_code network.bytes pam.count
  process.exit_code process.parent.pid process.pid process.session_leader.pid source.port`
const addresses = 'destination.ip host.ip source.ip'
const texts = 'process.command_line process.parent.command_line'
const keywords = `auditd.auid auditd.key auditd.node auditd.sequence auditd.syscall auditd.timestamp cef.severity
  client.forwarded_for cowrie.password cowrie.session destination.domain event.action event.code event.outcome
  event.reason event.repeat file.hash.md5 file.hash.sha256 file.path group.id group.name hardware.bank hardware.cpu history.flags
  history.logger_tag history.timestamp host.name http.request.method http.request.referrer http.version
  iptables.prefix network.direction network.transport observer.egress.interface.name observer.ingress.interface.name
  observer.name observer.product observer.vendor ossec.agent ossec.location pam.by.id pam.by.name pam.module pam.ruser
  pam.service pam.type process.args process.executable process.name process.parent.executable process.signal
  process.tty process.working_directory rule.id rule.level rule.name service.name session.id snoopy.login
  source.domain ssh.fingerprint ssh.invalid_user ssh.key_type ssh.method ssh.preauth sudo.chroot sudo.env sudo.host
  sudo.session tls.client.subject url.domain url.full url.original url.path url.query user.changes.field user.changes.from
  user.changes.to user.effective.id user.effective.name user.id user.name user.target.home user.target.id
  user.target.name user.target.shell user_agent.original winlog.channel`

const aliases: { readonly [name: string]: string } = {
  'user.name': 'user',
  'process.command_line': 'cmd command command_line',
  'process.executable': 'exe',
  'process.pid': 'pid',
  'source.ip': 'src src_ip',
  'source.port': 'src_port',
  'tls.client.subject': 'cert',
  'destination.ip': 'dst dst_ip',
  'destination.port': 'dst_port',
  'event.action': 'action',
  'event.outcome': 'outcome',
  'http.response.status_code': 'status',
}

/** Extracted fields whose values stand verbatim in the message; where a parser decoded one, see tokens.ts `indexedTexts`. */
export const verbatimFields: ReadonlySet<string> = new Set(
  words(`user.name user.target.name user.effective.name source.ip destination.ip process.command_line process.executable
    process.name process.working_directory session.id file.path url.path url.full group.name process.tty ssh.fingerprint
    pam.service service.name user_agent.original`),
)

/** True for fields that hold Picket's conclusion (`event.action: ssh_login`) or what it verified, not text of the frame. */
export function isDerived(name: string): boolean {
  return (
    name === 'event.action' ||
    name === 'event.outcome' ||
    name === 'event.repeat' ||
    name === 'network.direction' ||
    name === 'tls.client.subject'
  )
}

const table: ReadonlyMap<string, FieldInfo> = fieldTable()

/**
 * The field behind a name or alias (any case), or undefined when there is none. Two name spaces are open, as written:
 * `sd.<id>.<name>` for structured data and `fields.<name>` for what senders of JSON and key=value named themselves.
 */
export function findField(name: string): FieldInfo | undefined {
  if (/^sd\../i.test(name)) return { name: `sd.${name.slice(3)}`, kind: 'keyword', help: 'structured data' }
  const known = table.get(name.toLowerCase())
  if (known !== undefined || !/^fields\../i.test(name)) return known
  const own = name.slice(7)
  const extracted = table.get(own)
  if (extracted?.name === own && own.includes('.')) return extracted
  return { name: `fields.${own}`, kind: 'keyword', help: 'field with the name that the sender gave it' }
}

/** Every name that a query may use, aliases too, for completion. Left out: `sd.…` and `fields.…`, which have no end. */
export function listFields(): readonly (FieldInfo & { readonly alias?: string })[] {
  return [...table].map(([key, info]) => (key === info.name ? info : { ...info, alias: key }))
}

/** The known name nearest to a misspelt one, or undefined when none is near. */
export function nearestField(name: string): string | undefined {
  const wanted = name.toLowerCase()
  if (wanted.length > 64) return undefined
  let best: string | undefined
  let bestDistance = Math.max(1, Math.floor(wanted.length / 3)) + 1
  for (const key of table.keys()) {
    const distance = editDistance(wanted, key, bestDistance)
    if (distance < bestDistance) [best, bestDistance] = [key, distance]
  }
  return best ?? [...table.keys()].find(key => wanted.length >= 3 && key.endsWith(`.${wanted}`))
}

function fieldTable(): Map<string, FieldInfo> {
  const map = new Map<string, FieldInfo>()
  const add = (name: string, kind: FieldKind, help: string, others: string) => {
    const info = { name, kind, help }
    for (const key of [name, ...words(others)]) map.set(key, info)
  }
  for (const [name, kind, help, others] of header) add(name, kind, help, others ?? '')
  const extracted: readonly [FieldKind, string][] = [
    ['text', texts],
    ['number', numbers],
    ['address', addresses],
    ['keyword', keywords],
  ]
  for (const [kind, names] of extracted)
    for (const name of words(names)) add(name, kind, 'extracted field', aliases[name] ?? '')
  return map
}

function words(text: string): string[] {
  return text.split(/\s+/).filter(word => word !== '')
}

/** Optimal string alignment distance (a swap of neighbours counts one), or `limit` as soon as it cannot be less. */
function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit
  let before: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1
      let least = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + cost)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        least = Math.min(least, (before[j - 2] ?? 0) + 1)
      }
      row.push(least)
    }
    ;[before, last] = [last, row]
  }
  return last[b.length] ?? limit
}
