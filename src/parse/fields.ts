// Message → extracted fields: picks the one parser that knows a text, by its first character or by the program's name.
//
//   text begins with               file              program (app name)                          file
//   HISTORY                        bash-history.ts   sshd sshd-session sshd-auth                 sshd.ts
//   pam_… PAM                      su-pam.ts         sudo                                        sudo.ts
//   message repeated N times: [    the text inside   su su-l                                     su-pam.ts
//                                                    useradd usermod passwd gpasswd chage …      accounts.ts
//                                                    CRON cron crond crontab                     cron.ts
import type { Fields } from '../model/record.ts'
import { parseAccounts } from './accounts.ts'
import { parseBracketedHistory, parseHistory, parseHistoryPairs } from './bash-history.ts'
import type { Body, BodyParser, Extracted } from './body.ts'
import { newFields, parseInteger } from './body.ts'
import { parseCron } from './cron.ts'
import { parseSshd } from './sshd.ts'
import { parseOldPam, parsePam, parsePamSummary, parseSu } from './su-pam.ts'
import { parseSudo } from './sudo.ts'

export type { Body, Extracted } from './body.ts'

/**
 * The fields of a message, by ECS name. Never throws, takes time linear in the text. A text that no parser knows gives
 * the same frozen empty result every time.
 */
export function extractFields(message: Body): Extracted {
  const text = message.message
  const fields = text.startsWith('message repeated ') ? parseRepeated(text, message) : route(text, message)
  return fields === undefined ? nothing : { fields, problems: noProblems }
}

const noProblems: readonly string[] = Object.freeze([])
const nothing: Extracted = Object.freeze({ fields: Object.freeze(newFields()), problems: noProblems })

/** `message repeated N times: [ TEXT]`: the fields of TEXT and how often it came. */
function parseRepeated(text: string, body: Body): Fields | undefined {
  const times = text.indexOf(' times: [', 17)
  const count = times === -1 ? undefined : parseInteger(text.slice(17, times))
  if (count === undefined) return undefined
  const start = text.charCodeAt(times + 9) === 32 ? times + 10 : times + 9
  const fields = route(text.slice(start, text.endsWith(']') ? -1 : undefined), body)
  return fields === undefined ? undefined : Object.assign(newFields(), fields, { 'event.repeated': count })
}

function route(text: string, body: Body): Fields | undefined {
  switch (text.charCodeAt(0)) {
    case 72: // H
    case 104: // h
      return parseHistory(text, body) ?? byProgram(text, body)
    case 112: // p
      return (text.startsWith('pam_') ? parsePam(text) : undefined) ?? byProgram(text, body)
    case 80: // P
      return (text.startsWith('PAM ') ? parsePamSummary(text) : undefined) ?? byProgram(text, body)
    default:
      return byProgram(text, body)
  }
}

function byProgram(text: string, body: Body): Fields | undefined {
  const parser = body.appName === undefined ? undefined : programs.get(body.appName)
  if (parser !== undefined) return parser(text, body)
  return byShape(text, body)
}

/** Texts of programs that the table does not name. */
function byShape(text: string, body: Body): Fields | undefined {
  if (text.charCodeAt(text.length - 1) === 93) {
    const fields = parseBracketedHistory(text, body)
    if (fields !== undefined) return fields
  }
  if (body.appName?.endsWith(')') === true) return parseOldPam(text, body)
  return undefined
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
] as const) {
  for (const name of names.split(' ')) programs.set(name, parser)
}
