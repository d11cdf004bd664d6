// Message → extracted fields: picks the one parser that knows a text, by its first character or by the program's name.
//
//   text begins with               file              program (app name)                     file
//   HISTORY, NAME [PID]: … [RC]    bash-history.ts   sshd sshd-session sshd-auth            sshd.ts
//   pam_… PAM                      su-pam.ts         sudo                                   sudo.ts
//   message repeated N times: [    the text inside   su su-l                                su-pam.ts
//   { @cee:                        json.ts, then     useradd usermod passwd gpasswd chage … accounts.ts
//                                  cowrie.ts ossec.ts CRON cron crond crontab               cron.ts
//   CEF:                           cef.ts ossec.ts   systemd systemd-logind                 systemd.ts
//   LEEF:                          leef.ts           kernel                                 kernel.ts, auditd.ts
//   type= node=                    auditd.ts         snoopy                                 snoopy.ts
//   Alert Level: crit=             ossec.ts          nginx apache2 httpd …                  access-log.ts
//   CLIENT - - [TIME] "            access-log.ts     MSWinEventLog; NXLOG@ structured data  windows.ts
//   key=value key=value            key-value.ts      %FAC-n-MNEM                            cisco.ts
import type { Fields } from '../model/record.ts'
import { parseAccessLog } from './access-log.ts'
import { parseAccounts } from './accounts.ts'
import { isAddress } from './address.ts'
import { parseAudit } from './auditd.ts'
import { parseBracketedHistory, parseHistory, parseHistoryPairs } from './bash-history.ts'
import type { Body, BodyParser, Extracted } from './body.ts'
import { newFields, newOpenFields, parseInteger } from './body.ts'
import { parseCef } from './cef.ts'
import { parseCisco } from './cisco.ts'
import { parseCron } from './cron.ts'
import { jsonFields, readJsonObject } from './json.ts'
import { parseKernel } from './kernel.ts'
import { parseKeyValue } from './key-value.ts'
import { parseLeef } from './leef.ts'
import { parseOssec } from './ossec.ts'
import { parseSnoopy } from './snoopy.ts'
import { parseSshd } from './sshd.ts'
import { parseOldPam, parsePam, parsePamSummary, parseSu } from './su-pam.ts'
import { parseSudo } from './sudo.ts'
import { parseLogind, parseSystemd } from './systemd.ts'
import { parseNxlog, parseSnare } from './windows.ts'

export type { Body, Extracted } from './body.ts'

/**
 * The fields of a message, by ECS name. Never throws, takes time linear in the text. A text that no parser knows gives
 * the same frozen empty result every time.
 */
export function extractFields(body: Body): Extracted {
  const text = withoutAnnotation(body.message)
  const first = text.charCodeAt(0)
  if (first === 123 || first === 64) return extractJson(text, first)
  const fields = first === 109 && text.startsWith('message repeated ') ? parseRepeated(text, body) : route(text, body)
  return fields === undefined ? nothing : { fields, problems: noProblems }
}

const noProblems: readonly string[] = Object.freeze([])
const nothing: Extracted = Object.freeze({ fields: Object.freeze(newFields()), problems: noProblems })

/**
 * rsyslog's imuxsock with Annotate adds ` @[_PID=… _CMDLINE="…"]` to every text. A user can type the same, so it is taken
 * off only while it holds nothing that a shell would act on.
 */
function withoutAnnotation(text: string): string {
  if (text.charCodeAt(text.length - 1) !== 93 || text.charCodeAt(text.length - 2) !== 34) return text
  const at = text.lastIndexOf(' @[_PID=')
  return at !== -1 && text.length - at < 512 && annotation.test(text.slice(at)) ? text.slice(0, at) : text
}

const annotation = /^ @\[_PID=\d+ _UID=\d+ _GID=\d+ _COMM=[\w.:/-]+ _EXE=[\w.:/-]+ _CMDLINE="[\w.:/ -]*"\]$/

/** `{"…`, or `@cee: {"…` (the CEE cookie). Other braces are somebody's text: a line of a shell function begins so, too. */
function extractJson(text: string, first: number): Extracted {
  const start = first === 123 ? 0 : text.startsWith('@cee:') ? text.indexOf('{') : -1
  if (start === -1 || !objectStart.test(text.slice(start, start + 64))) return nothing
  const object = readJsonObject(start === 0 ? text : text.slice(start))
  return object === undefined ? brokenJson : { fields: jsonFields(object), problems: noProblems }
}

const objectStart = /^\{\s*["}]/

const brokenJson: Extracted = Object.freeze({
  fields: nothing.fields,
  problems: Object.freeze(['the message begins like a JSON object and is not one']),
})

/** `message repeated N times: [ TEXT]`: the fields of TEXT and how often it came. */
function parseRepeated(text: string, body: Body): Fields | undefined {
  const times = text.indexOf(' times: [', 17)
  const count = times === -1 ? undefined : parseInteger(text.slice(17, times))
  if (count === undefined) return undefined
  const start = text.charCodeAt(times + 9) === 32 ? times + 10 : times + 9
  const fields = route(text.slice(start, text.endsWith(']') ? -1 : undefined), body)
  return fields === undefined ? undefined : Object.assign(newOpenFields(), fields, { 'event.repeated': count })
}

/** Texts that any program may write are known by how they begin; then the program decides; then the shape. */
function route(text: string, body: Body): Fields | undefined {
  return byBeginning(text, body) ?? byProgram(text, body) ?? byShape(text, body)
}

function byBeginning(text: string, body: Body): Fields | undefined {
  switch (text.charCodeAt(0)) {
    case 72: // H
    case 104: // h
      return parseHistory(text, body)
    case 112: // p
      return text.startsWith('pam_') ? parsePam(text) : undefined
    case 80: // P
      return text.startsWith('PAM ') ? parsePamSummary(text) : undefined
    case 67: // C
      return text.startsWith('CEF:') ? parseCef(text) : undefined
    case 76: // L
      return text.startsWith('LEEF:') ? parseLeef(text) : undefined
    case 116: // t
      return text.startsWith('type=') ? parseAudit(text) : undefined
    case 110: // n
      return text.startsWith('node=') ? parseAudit(text) : undefined
    case 65: // A
      return text.startsWith('Alert Level: ') ? parseOssec(text) : undefined
    case 99: // c
      return text.startsWith('crit=') ? parseOssec(text) : undefined
    case 77: // M
      return text.startsWith('MSWinEventLog') ? parseSnare(text) : undefined
    default:
      return undefined
  }
}

function byProgram(text: string, body: Body): Fields | undefined {
  const { appName, structuredData } = body
  const parser = appName === undefined ? undefined : programs.get(appName)
  if (parser !== undefined) return parser(text, body)
  if (appName?.charCodeAt(0) === 37) return parseCisco(text, body)
  if (appName?.endsWith(')') === true) return parseOldPam(text, body)
  return structuredData === undefined ? undefined : parseNxlog(structuredData)
}

const programs = new Map<string, BodyParser>()
for (const [parser, names] of [
  [parseSshd, 'sshd sshd-session sshd-auth'],
  [parseSudo, 'sudo'],
  [parseSu, 'su su-l'],
  [parseCron, 'CRON cron crond crontab CROND /USR/SBIN/CRON'],
  [
    parseAccounts,
    'useradd usermod userdel groupadd groupmod groupdel gpasswd passwd chage chsh chfn chpasswd newusers',
  ],
  [parseHistoryPairs, 'HISTORY history'],
  [parseSystemd, 'systemd'],
  [parseLogind, 'systemd-logind'],
  [parseKernel, 'kernel ulogd'],
  [parseAccessLog, 'nginx httpd apache apache2 lighttpd'],
  [parseSnoopy, 'snoopy'],
  [parseSnare, 'MSWinEventLog'],
] as const) {
  for (const name of names.split(' ')) programs.set(name, parser)
}

/** Texts of programs that the table does not name. */
function byShape(text: string, body: Body): Fields | undefined {
  const first = text.charCodeAt(0)
  const last = text.charCodeAt(text.length - 1)
  if (last === 93 && text.includes('[')) {
    const fields = parseBracketedHistory(text, body)
    if (fields !== undefined) return fields
  }
  // A relay may have lost the tag of kernel lines; facility 0 is the kernel's alone.
  if (body.facility === 0 && body.appName === undefined) return parseKernel(text)
  if (text.includes('] "') && isAddress(text.slice(0, text.indexOf(' ')))) return parseAccessLog(text)
  // Most lines that nobody knows end here: a pair begins with a letter.
  const lower = first | 32
  if ((lower >= 97 && lower <= 122) || first === 95) return parseKeyValue(text)
  return undefined
}
