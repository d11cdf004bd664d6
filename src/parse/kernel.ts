// The Linux kernel: netfilter log lines, SYN floods, out of memory, crashes, hardware errors, promiscuous mode, audit.
import type { Fields } from '../model/record.ts'
import { isAddress } from './address.ts'
import { parseAudit } from './auditd.ts'
import type { MutableFields } from './body.ts'
import { newFields, parseInteger, setInteger, setText } from './body.ts'

/** The fields of a kernel line, with or without `[seconds.micros] ` in front; else undefined. */
export function parseKernel(line: string): Fields | undefined {
  const text = withoutTime(line)
  const out = text.indexOf(' OUT=')
  if (out !== -1) {
    const fields = parseNetfilter(text, out)
    if (fields !== undefined) return fields
  }
  const flood = text.indexOf('Possible SYN flooding on port ')
  if (flood !== -1) return parseFlood(text, flood + 30)
  const oom = text.indexOf('ut of memory: Kill')
  if (oom !== -1) return parseOom(text, oom)
  const segfault = text.indexOf(']: segfault at ')
  if (segfault !== -1) return parseCrash(text, segfault, 0)
  if (text.includes('[Hardware Error]')) return parseHardware(text)
  if (text.endsWith(' entered promiscuous mode')) return parsePromiscuous(text)
  if (text.startsWith('audit: ')) return parseAudit(text.slice(7))
  if (text.startsWith('traps: ')) {
    const bracket = text.indexOf('] general protection')
    return bracket === -1 ? undefined : parseCrash(text, bracket, 7)
  }
  return undefined
}

function withoutTime(line: string): string {
  if (line.charCodeAt(0) !== 91) return line
  const close = line.indexOf('] ')
  if (close === -1 || close > 24) return line
  for (let i = 1; i < close; i++) {
    const c = line.charCodeAt(i)
    if (!((c >= 48 && c <= 57) || c === 46 || c === 32)) return line
  }
  return line.slice(close + 2)
}

/** `PREFIX IN=eth0 OUT= … SRC=… DST=… PROTO=TCP SPT=1 DPT=2 …` */
function parseNetfilter(text: string, out: number): Fields | undefined {
  const start = text.lastIndexOf('IN=', out)
  if (start === -1) return undefined
  const fields = newFields()
  fields['event.action'] = 'firewall_log'
  const prefix = text.slice(0, start).trim()
  const outcome = outcomeOf(prefix)
  if (outcome !== undefined) fields['event.outcome'] = outcome
  setAddress(fields, 'source.ip', valueOf(text, ' SRC=', out))
  setInteger(fields, 'source.port', valueOf(text, ' SPT=', out))
  setAddress(fields, 'destination.ip', valueOf(text, ' DST=', out))
  setInteger(fields, 'destination.port', valueOf(text, ' DPT=', out))
  const protocol = valueOf(text, ' PROTO=', out)
  if (protocol !== undefined) setText(fields, 'network.transport', protocol.toLowerCase())
  setText(
    fields,
    'observer.ingress.interface.name',
    text.slice(start + 3, Math.max(start + 3, text.indexOf(' ', start))),
  )
  setText(fields, 'observer.egress.interface.name', valueOf(text, ' OUT=', out))
  setText(fields, 'iptables.prefix', prefix)
  return fields
}

/** The prefix is the administrator's own text; these words stand in nearly all of them. */
function outcomeOf(prefix: string): string | undefined {
  if (/BLOCK|DROP|DENY|DENIED|REJECT/i.test(prefix)) return 'failure'
  return /ACCEPT|ALLOW/i.test(prefix) ? 'success' : undefined
}

/** `port 443. Sending cookies.`, since Linux 6 also `port 0.0.0.0:443.` */
function parseFlood(text: string, at: number): Fields {
  const fields = newFields()
  fields['event.action'] = 'kernel_syn_flood'
  const end = text.indexOf('. ', at)
  const place = text.slice(at, end === -1 ? undefined : end)
  const colon = place.lastIndexOf(':')
  setInteger(fields, 'destination.port', place.slice(colon + 1).replace(/\.$/, ''))
  if (colon !== -1) setAddress(fields, 'destination.ip', place.slice(0, colon).replace(/^\[|\]$/g, ''))
  return fields
}

/** `Out of memory: Killed process 4242 (java) …`, `Memory cgroup out of memory: Kill process …` */
function parseOom(text: string, at: number): Fields | undefined {
  const pid = text.indexOf(' process ', at)
  const open = pid === -1 ? -1 : text.indexOf(' (', pid + 9)
  if (open === -1) return undefined
  const fields = newFields()
  fields['event.action'] = 'kernel_oom_kill'
  setInteger(fields, 'process.pid', text.slice(pid + 9, open))
  const total = text.indexOf(') total-vm', open)
  const close = total === -1 ? text.indexOf(')', open) : total
  if (close !== -1) setText(fields, 'process.name', text.slice(open + 2, close))
  return fields
}

/** `NAME[PID]: segfault at …`; names of threads may hold anything. */
function parseCrash(text: string, close: number, start: number): Fields | undefined {
  const open = text.lastIndexOf('[', close)
  const pid = open <= start ? undefined : parseInteger(text.slice(open + 1, close))
  if (pid === undefined) return undefined
  const fields = newFields()
  fields['event.action'] = 'kernel_segfault'
  fields['process.name'] = text.slice(start, open)
  fields['process.pid'] = pid
  return fields
}

/** `mce: [Hardware Error]: CPU 2: Machine Check: 0 Bank 5: …` */
function parseHardware(text: string): Fields {
  const fields = newFields()
  fields['event.action'] = 'hardware_error'
  setInteger(fields, 'hardware.cpu', digitsBehind(text, 'CPU '))
  setInteger(fields, 'hardware.bank', digitsBehind(text, 'Bank '))
  return fields
}

/** `device eth0 entered promiscuous mode`, since Linux 6.3 `eth0: entered promiscuous mode` */
function parsePromiscuous(text: string): Fields | undefined {
  const words = text.slice(0, -25)
  const name = words.startsWith('device ') ? words.slice(7) : words.slice(words.lastIndexOf(' ') + 1, -1)
  if (name === '' || name.length > 64) return undefined
  const fields = newFields()
  fields['event.action'] = 'promiscuous_mode'
  fields['observer.ingress.interface.name'] = name
  return fields
}

function valueOf(text: string, key: string, from: number): string | undefined {
  const at = text.indexOf(key, from)
  if (at === -1) return undefined
  const end = text.indexOf(' ', at + key.length)
  return text.slice(at + key.length, end === -1 ? text.length : end)
}

function setAddress(fields: MutableFields, name: string, value: string | undefined): void {
  if (value !== undefined && isAddress(value)) fields[name] = value
}

function digitsBehind(text: string, word: string): string {
  const at = text.indexOf(word)
  if (at === -1) return ''
  let end = at + word.length
  while (text.charCodeAt(end) >= 48 && text.charCodeAt(end) <= 57) end++
  return text.slice(at + word.length, end)
}
