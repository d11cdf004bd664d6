// Which Sigma log sources a record belongs to. A rule applies when the record has every attribute that it names
// (subset semantics, pySigma SigmaLogSource.__contains__): `product: linux` alone takes every Linux line.
import type { LogRecord } from '../model/record.ts'

export type LogSource = {
  readonly category?: string | undefined
  readonly product?: string | undefined
  readonly service?: string | undefined
}

/** What a record is: its products, services and categories. `undefined` as a whole means unknown: any rule applies. */
export type LogSources = {
  readonly products: readonly string[]
  readonly services: readonly string[]
  readonly categories: readonly string[]
}

/** Categories whose records are commands that someone ran, by the action that the parser found. */
const commandActions = new Set([
  'bash_command',
  'sudo_command',
  'sudo_command_continued',
  'process_exec',
  'execve',
  'user_cmd',
])

/** App names (lower case) → Sigma services. An app name that is not here is a service of its own name. */
const servicesOfApp: { readonly [app: string]: readonly string[] } = {
  sshd: ['sshd', 'auth'],
  'sshd-session': ['sshd', 'auth'],
  'sshd-auth': ['sshd', 'auth'],
  sudo: ['sudo', 'auth'],
  su: ['su', 'auth'],
  login: ['login', 'auth'],
  'systemd-logind': ['auth', 'syslog'],
  useradd: ['auth'],
  usermod: ['auth'],
  userdel: ['auth'],
  groupadd: ['auth'],
  groupmod: ['auth'],
  groupdel: ['auth'],
  gpasswd: ['auth'],
  passwd: ['auth'],
  chpasswd: ['auth'],
  chage: ['auth'],
  cron: ['cron'],
  crond: ['cron'],
  crontab: ['cron'],
  anacron: ['cron'],
  auditd: ['auditd'],
  audispd: ['auditd'],
  'audisp-syslog': ['auditd'],
  audit: ['auditd'],
  clamd: ['clamav'],
  freshclam: ['clamav'],
  clamscan: ['clamav'],
  kernel: ['kernel', 'syslog'],
  systemd: ['systemd', 'syslog'],
  rsyslogd: ['syslog'],
  httpd: ['apache'],
  apache2: ['apache'],
  guacd: ['guacamole'],
}

const webServers = new Set(['nginx', 'httpd', 'apache', 'apache2', 'lighttpd', 'caddy', 'haproxy', 'tomcat', 'iis'])
/** App names (lower case) of name servers. */
export const nameServers: readonly string[] = ['named', 'dnsmasq', 'unbound', 'pihole', 'coredns']
/** Every category and product that describe() can name. */
const knownCategories = ['process_creation', 'webserver', 'proxy', 'firewall', 'dns', 'antivirus']
const ownProducts = ['nginx', 'apache', 'cowrie', 'ossec', 'zeek', 'opencanary']
const knownProducts = ['linux', 'unix', 'windows', 'cisco', ...ownProducts]
const cache = new Map<string, LogSources>()
const maxCached = 4096

/** The log sources of a record. The result is shared: records with the same app and action get the same object. */
export function logSourcesOf(record: LogRecord): LogSources {
  const app = (record.appName ?? '').toLowerCase()
  const action = String(record.fields['event.action'] ?? '')
  const key = `${app} ${action} ${record.facility}`
  let known = cache.get(key)
  if (known === undefined) {
    known = describe(app, action, record.facility)
    if (cache.size >= maxCached) cache.clear()
    cache.set(key, known)
  }
  return known
}

function describe(app: string, action: string, facility: number): LogSources {
  const services = new Set<string>(servicesOfApp[app] ?? (app === '' ? [] : [app]))
  const products = new Set(['linux', 'unix'])
  const categories = new Set<string>()
  // auth, authpriv; everything else lands in `syslog` files.
  if (facility === 4 || facility === 10) services.add('auth')
  else services.add('syslog')
  if (commandActions.has(action)) categories.add('process_creation')
  if (action === 'execve' || action === 'syscall' || action === 'proctitle' || action.startsWith('user_auth'))
    services.add('auditd')
  if (action === 'http_request') {
    categories.add('webserver')
    if (app.includes('squid')) categories.add('proxy')
  }
  if (webServers.has(app)) categories.add('webserver')
  if (app.includes('squid')) categories.add('proxy')
  if (action === 'firewall_log' || action === 'network_denied' || action === 'network_connection')
    categories.add('firewall')
  if (nameServers.includes(app)) categories.add('dns')
  if (services.has('clamav')) categories.add('antivirus')
  if (app.startsWith('%asa') || app.startsWith('%')) products.add('cisco')
  if (app === 'mswineventlog' || action.startsWith('windows_')) {
    products.clear()
    products.add('windows')
    services.add('security')
  }
  if (ownProducts.includes(app)) products.add(app)
  return { products: [...products], services: [...services], categories: [...categories] }
}

/** True when a record of these sources is one that the rule speaks of. Names compare without case. */
export function applies(rule: LogSource, sources: LogSources | undefined): boolean {
  if (sources === undefined) return true
  return (
    (rule.product === undefined || sources.products.includes(rule.product)) &&
    (rule.service === undefined || sources.services.includes(rule.service)) &&
    (rule.category === undefined || sources.categories.includes(rule.category))
  )
}

/** False when no record that Picket can receive is of the rule's log source: the rule loads and never fires. */
export function isFed({ category, product }: LogSource): boolean {
  return (
    (category === undefined || knownCategories.includes(category)) &&
    (product === undefined || knownProducts.includes(product))
  )
}
