// PAM's lines, which any program may write (`pam_unix(sshd:session): …`), and su's own.
import type { Fields } from '../model/record.ts'
import { isAddress } from './address.ts'
import type { Body, MutableFields } from './body.ts'
import { newFields, setInteger, setText } from './body.ts'

/** `MODULE(SERVICE:TYPE): TEXT` → its fields. Every PAM line gives pam.module, pam.service and pam.type. */
export function parsePam(text: string): Fields | undefined {
  const open = text.indexOf('(')
  const colon = open < 5 || open > 40 ? -1 : text.indexOf(':', open)
  const close = colon === -1 ? -1 : text.indexOf('): ', colon)
  if (close === -1 || close > open + 200) return undefined
  const fields = newFields()
  setPamText(fields, text, close + 3)
  fields['pam.module'] = text.slice(0, open)
  setText(fields, 'pam.service', text.slice(open + 1, colon))
  setText(fields, 'pam.type', text.slice(colon + 1, close))
  return fields
}

/** `PAM N more authentication failure[s]; logname= uid=0 …` of sshd, su and others; else undefined. */
export function parsePamSummary(text: string): Fields | undefined {
  const at = text.indexOf(' more authentication failure')
  if (!text.startsWith('PAM ') || at === -1) return undefined
  const fields = newFields()
  authFailure(fields)
  const pairs = text.indexOf('; ', at)
  if (pairs !== -1) setFailurePairs(fields, text, pairs + 2)
  setInteger(fields, 'pam.count', text.slice(4, at))
  return fields
}

/** PAM before 2004, `su(pam_unix)[12]: session opened for user root by (uid=0)`: the module stands in the tag. */
export function parseOldPam(text: string, body: Body): Fields | undefined {
  const app = body.appName ?? ''
  const open = app.indexOf('(pam_')
  if (open < 1 || !app.endsWith(')')) return undefined
  const fields = newFields()
  setPamText(fields, text, 0)
  fields['pam.module'] = app.slice(open + 1, -1)
  fields['pam.service'] = app.slice(0, open)
  return fields
}

/** su: util-linux `(to root) ops on pts/0`, shadow `Successful su for root by ops`, `+ pts/0 ops:root`, BSD `ops to root on …` */
export function parseSu(text: string): Fields | undefined {
  if (text.startsWith('(to ')) return parseTo(text, 4, 'success')
  if (text.startsWith('FAILED SU (to ')) return parseTo(text, 14, 'failure')
  if (text.startsWith('Successful su for ')) return parseBy(text, 18, 'success')
  if (text.startsWith('FAILED su for ')) return parseBy(text, 14, 'failure')
  if (text.startsWith('+ ') || text.startsWith('- ')) return parseSign(text)
  if (text.startsWith('BAD SU ')) return parseBsd(text, 7, 'failure')
  return parseBsd(text, 0, 'success')
}

function setPamText(fields: MutableFields, text: string, at: number): void {
  if (text.startsWith('session opened for user ', at)) {
    setSession(fields, text, at + 24, 'session_opened')
  } else if (text.startsWith('session closed for user ', at)) {
    setSession(fields, text, at + 24, 'session_closed')
  } else if (text.startsWith('authentication failure; ', at)) {
    authFailure(fields)
    setFailurePairs(fields, text, at + 24)
  } else if (text.startsWith('check pass; ', at)) {
    authFailure(fields)
    fields['event.reason'] = text.slice(at + 12).trimEnd()
  } else if (text.startsWith('password changed for ', at)) {
    fields['event.action'] = 'password_changed'
    fields['event.outcome'] = 'success'
    setText(fields, 'user.target.name', text.slice(at + 21).trimEnd())
  } else if (text.startsWith('requirement "', at)) {
    setRequirement(fields, text, at)
  } else if (text.startsWith('received for user ', at)) {
    const colon = text.lastIndexOf(': ')
    if (colon < at + 18 || text.startsWith(': 0 ', colon)) return
    authFailure(fields)
    setText(fields, 'user.name', text.slice(at + 18, colon))
    fields['event.reason'] = text.slice(colon + 2)
  } else if (text.startsWith('auth could not identify password for ', at)) {
    authFailure(fields)
    setText(fields, 'user.name', text.slice(at + 37).replace(/^\[|\]$/g, ''))
  } else {
    setLock(fields, text, at)
  }
}

/** `USER[(uid=N)][ by [USER](uid=N)]` */
function setSession(fields: MutableFields, text: string, at: number, action: string): void {
  fields['event.action'] = action
  fields['event.outcome'] = 'success'
  const by = text.indexOf(' by ', at)
  const end = by === -1 ? text.length : by
  const uid = text.indexOf('(uid=', at)
  setText(fields, 'user.name', text.slice(at, uid === -1 || uid > end ? end : uid).trimEnd())
  if (uid !== -1 && uid < end && text.charCodeAt(end - 1) === 41)
    setText(fields, 'user.id', text.slice(uid + 5, end - 1))
  if (by === -1) return
  const byEnd = text.indexOf('(uid=', by)
  setText(fields, 'pam.by.name', text.slice(by + 4, byEnd === -1 ? text.length : byEnd).trimEnd())
  if (byEnd !== -1 && text.charCodeAt(text.length - 1) === 41) setText(fields, 'pam.by.id', text.slice(byEnd + 5, -1))
}

/** `logname=A uid=1 euid=0 tty=T ruser=R rhost=H  user=U`, in this order; the last one may hold anything. */
function setFailurePairs(fields: MutableFields, text: string, at: number): void {
  const euid = text.indexOf(' euid=', at)
  const tty = text.indexOf(' tty=', euid === -1 ? at : euid)
  const ruser = text.indexOf(' ruser=', tty === -1 ? at : tty)
  const rhost = text.indexOf(' rhost=', ruser === -1 ? at : ruser)
  const user = text.indexOf(' user=', rhost === -1 ? at : rhost)
  const end = user === -1 ? text.length : user
  if (user !== -1) setText(fields, 'user.name', text.slice(user + 6))
  if (euid !== -1)
    setText(fields, 'user.effective.id', text.slice(euid + 6, tty === -1 ? text.indexOf(' ', euid + 6) : tty))
  if (tty !== -1) setText(fields, 'process.tty', text.slice(tty + 5, ruser === -1 ? end : ruser))
  if (ruser !== -1) setText(fields, 'pam.ruser', text.slice(ruser + 7, rhost === -1 ? end : rhost))
  if (rhost === -1) return
  const host = text.slice(rhost + 7, end).trim()
  if (isAddress(host)) fields['source.ip'] = host
  else setText(fields, 'source.domain', host)
}

/** pam_succeed_if: `requirement "uid >= 1000" not met by user "root"` */
function setRequirement(fields: MutableFields, text: string, at: number): void {
  const by = text.indexOf('" not met by user "', at)
  if (by === -1) return
  authFailure(fields)
  setText(fields, 'user.name', text.slice(by + 19, text.endsWith('"') ? -1 : undefined))
  fields['event.reason'] = text.slice(at, by + 9)
}

/** pam_faillock `Consecutive login failures for user U account temporarily locked`, pam_tally2 `user U (0) tally 4, deny 3` */
function setLock(fields: MutableFields, text: string, at: number): void {
  let start = -1
  let end = -1
  if (text.startsWith('Consecutive login failures for user ', at)) {
    start = at + 36
    end = text.indexOf(' account', start)
  } else if (text.startsWith('user ', at)) {
    start = at + 5
    end = text.indexOf(' (', start)
    if (end !== -1 && !text.includes(') tally ', end)) end = -1
  }
  if (end === -1) return
  fields['event.action'] = 'account_locked'
  fields['event.outcome'] = 'success'
  setText(fields, 'user.target.name', text.slice(start, end))
}

function authFailure(fields: MutableFields): void {
  fields['event.action'] = 'auth_failure'
  fields['event.outcome'] = 'failure'
}

/** `TARGET) USER on TTY` */
function parseTo(text: string, at: number, outcome: string): Fields | undefined {
  const close = text.indexOf(') ', at)
  const on = text.lastIndexOf(' on ')
  if (close === -1 || on < close + 2) return undefined
  return su(text.slice(close + 2, on), text.slice(at, close), text.slice(on + 4), outcome)
}

/** `TARGET by USER` */
function parseBy(text: string, at: number, outcome: string): Fields | undefined {
  const by = text.indexOf(' by ', at)
  return by === -1 ? undefined : su(text.slice(by + 4), text.slice(at, by), '', outcome)
}

/** `+ TTY USER:TARGET`, `-` for a refused one */
function parseSign(text: string): Fields | undefined {
  const blank = text.indexOf(' ', 2)
  const colon = text.indexOf(':', blank)
  if (blank === -1 || colon === -1) return undefined
  const outcome = text.startsWith('+') ? 'success' : 'failure'
  return su(text.slice(blank + 1, colon), text.slice(colon + 1), text.slice(2, blank), outcome)
}

/** `USER to TARGET on TTY` */
function parseBsd(text: string, at: number, outcome: string): Fields | undefined {
  const to = text.indexOf(' to ', at)
  const on = to === -1 ? -1 : text.indexOf(' on ', to + 4)
  if (on === -1 || text.slice(at, to).includes(' ')) return undefined
  return su(text.slice(at, to), text.slice(to + 4, on), text.slice(on + 4), outcome)
}

function su(user: string, target: string, tty: string, outcome: string): Fields {
  const fields = newFields()
  fields['event.action'] = 'su'
  fields['event.outcome'] = outcome
  setText(fields, 'user.name', user)
  setText(fields, 'user.effective.name', target)
  if (tty !== 'none') setText(fields, 'process.tty', tty)
  return fields
}
