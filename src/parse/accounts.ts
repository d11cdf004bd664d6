// The account tools of shadow-utils: useradd, usermod, userdel, groupadd, groupdel, gpasswd, passwd, chage, chsh, chfn.
// Their texts do not overlap, so one parser serves all of them. Older releases open a quote with ` and close it with '.
import type { Fields } from '../model/record.ts'
import type { MutableFields } from './body.ts'
import { newFields, setText } from './body.ts'

/** The fields of a line of an account tool, without PAM's lines; else undefined. userdel ends its last line with LF. */
export function parseAccounts(line: string): Fields | undefined {
  const text = line.trimEnd()
  const blank = text.indexOf(' ')
  switch (text.slice(0, blank === -1 ? undefined : blank)) {
    case 'new':
      if (text.startsWith('user: ', 4)) return parseNewUser(text)
      if (text.startsWith('group: ', 4)) return parseNewGroup(text, 11)
      return undefined
    case 'group':
      return parseGroup(text)
    case 'add':
      return parseMembership(text, ' to ', 'user_added_to_group')
    case 'delete':
      if (text.startsWith('user ', 7)) return account('user_deleted', readQuoted(text, 12)?.value)
      return parseMembership(text, ' from ', 'user_removed_from_group')
    case 'change':
      return parseChange(text)
    case 'changed':
      return parseChanged(text)
    case 'lock':
      return text.startsWith('user ', 5) ? account('user_locked', readQuoted(text, 10)?.value) : undefined
    case 'unlock':
      return text.startsWith('user ', 7) ? account('user_unlocked', readQuoted(text, 12)?.value) : undefined
    case 'password':
      return parsePassword(text)
    case 'user':
      return parseGpasswd(text)
    case 'removed':
      return parseRemovedGroup(text)
    case 'failed':
      return parseFailed(text)
    default:
      return undefined
  }
}

/** `new user: name=N, UID=1, GID=1, home=H, shell=S[, from=TTY]` */
function parseNewUser(text: string): Fields | undefined {
  const fields = account('user_added', readPair(text, 'name='))
  if (fields === undefined) return undefined
  setText(fields, 'user.target.id', readPair(text, 'UID='))
  setText(fields, 'group.id', readPair(text, 'GID='))
  setText(fields, 'user.target.home', readPair(text, 'home='))
  setText(fields, 'user.target.shell', readPair(text, 'shell='))
  const tty = readPair(text, 'from=')
  if (tty !== 'none') setText(fields, 'process.tty', tty)
  return fields
}

function parseNewGroup(text: string, at: number): Fields | undefined {
  const name = readPair(text, 'name=', at)
  if (name === undefined) return undefined
  const fields = group('group_added', name)
  setText(fields, 'group.id', readPair(text, 'GID=', at))
  return fields
}

/** `group added to FILE: name=N[, GID=1]`, `group 'N' removed[ from FILE]`, `group changed in FILE (group N/1, new name: M)` */
function parseGroup(text: string): Fields | undefined {
  if (text.startsWith('added to ', 6)) return parseNewGroup(text, 15)
  const name = readQuoted(text, 6)
  return name !== undefined && text.startsWith(' removed', name.end) ? group('group_deleted', name.value) : undefined
}

/** `add 'U' to [shadow ]group 'G'`, `delete 'U' from [shadow ]group 'G'` */
function parseMembership(text: string, word: string, action: string): Fields | undefined {
  const user = readQuoted(text, text.indexOf(' ') + 1)
  if (user === undefined || !text.startsWith(word, user.end)) return undefined
  const at = user.end + word.length
  const name = readQuoted(text, text.startsWith('shadow ', at) ? at + 13 : at + 6)
  const fields = name === undefined ? undefined : account(action, user.value)
  if (fields !== undefined) setText(fields, 'group.name', name?.value)
  return fields
}

/** `change user 'U' FIELD from 'A' to 'B'`, `change user name 'A' to 'B'`, `change user 'U' password` */
function parseChange(text: string): Fields | undefined {
  if (text.startsWith('user name ', 7)) {
    const from = readQuoted(text, 17)
    const to = from === undefined ? undefined : readQuoted(text, from.end + 4)
    return changed(from?.value, 'name', from?.value, to?.value)
  }
  const user = text.startsWith('user ', 7) ? readQuoted(text, 12) : undefined
  if (user === undefined) return undefined
  const rest = text.slice(user.end + 1)
  if (rest === 'password') return account('password_changed', user.value)
  const at = rest.indexOf(' from ')
  const from = at === -1 ? undefined : readQuoted(rest, at + 6)
  if (from === undefined) return undefined
  return changed(user.value, rest.slice(0, at), from.value, readQuoted(rest, from.end + 4)?.value)
}

/** `changed user 'U' shell to 'S'`, `changed user 'U' information`, `changed password expiry for U` */
function parseChanged(text: string): Fields | undefined {
  if (text.startsWith('password expiry for ', 8)) return changed(text.slice(28), 'password expiry')
  const user = text.startsWith('user ', 8) ? readQuoted(text, 13) : undefined
  if (user === undefined) return undefined
  const rest = text.slice(user.end + 1)
  const to = rest.indexOf(' to ')
  if (to === -1) return changed(user.value, rest)
  return changed(user.value, rest.slice(0, to), undefined, readQuoted(rest, to + 4)?.value)
}

/** `password for 'U' changed by 'A'`, quotes optional; `password changed for U[ by A]` */
function parsePassword(text: string): Fields | undefined {
  if (text.startsWith('changed for ', 9)) return account('password_changed', unquoted(text.slice(21)))
  const by = text.startsWith('for ', 9) ? text.indexOf(' changed by ', 13) : -1
  if (by === -1) return undefined
  const fields = account('password_changed', unquoted(text.slice(13, by)))
  const actor = text.startsWith('user ', by + 12) ? by + 17 : by + 12
  if (fields !== undefined) setText(fields, 'user.name', unquoted(text.slice(actor)))
  return fields
}

/** gpasswd: `user U added by A to group G`, `user U removed by A from group G` */
function parseGpasswd(text: string): Fields | undefined {
  const added = text.indexOf(' added by ')
  const removed = added === -1 ? text.indexOf(' removed by ') : -1
  const by = added === -1 ? removed : added
  if (by === -1) return undefined
  const actor = by + (added === -1 ? 12 : 10)
  const word = added === -1 ? ' from group ' : ' to group '
  const to = text.indexOf(word, actor)
  if (to === -1) return undefined
  const fields = account(added === -1 ? 'user_removed_from_group' : 'user_added_to_group', text.slice(5, by))
  if (fields === undefined) return undefined
  setText(fields, 'user.name', text.slice(actor, to))
  setText(fields, 'group.name', text.slice(to + word.length))
  return fields
}

/** userdel: `removed [shadow ]group 'G' owned by 'U'` */
function parseRemovedGroup(text: string): Fields | undefined {
  const at = text.startsWith('shadow group ', 8) ? 21 : 14
  const name = text.startsWith('group ', at - 6) ? readQuoted(text, at) : undefined
  return name === undefined ? undefined : group('group_deleted', name.value)
}

/** `failed adding user 'U', …` */
function parseFailed(text: string): Fields | undefined {
  const user = text.startsWith('adding user ', 7) ? readQuoted(text, 19) : undefined
  const fields = account('user_added', user?.value)
  if (fields === undefined || user === undefined) return undefined
  fields['event.outcome'] = 'failure'
  setText(fields, 'event.reason', text.slice(user.end + 2))
  return fields
}

function account(action: string, target: string | undefined): MutableFields | undefined {
  if (target === undefined) return undefined
  const fields = newFields()
  fields['event.action'] = action
  fields['event.outcome'] = 'success'
  setText(fields, 'user.target.name', target)
  return fields
}

function changed(target: string | undefined, field: string, from?: string, to?: string): Fields | undefined {
  const fields = account('user_modified', target)
  if (fields === undefined) return undefined
  setText(fields, 'user.changes.field', field)
  setText(fields, 'user.changes.from', from)
  setText(fields, 'user.changes.to', to)
  return fields
}

function group(action: string, name: string): MutableFields {
  const fields = newFields()
  fields['event.action'] = action
  fields['event.outcome'] = 'success'
  setText(fields, 'group.name', name)
  return fields
}

/** The value of `key` up to the next `, ` or the end. */
function readPair(text: string, key: string, from = 0): string | undefined {
  const at = text.indexOf(key, from)
  if (at === -1) return undefined
  const end = text.indexOf(', ', at)
  return text.slice(at + key.length, end === -1 ? text.length : end)
}

/** The text between a ' or ` at `at` and the next ', with the index behind it. */
function readQuoted(text: string, at: number): { readonly value: string; readonly end: number } | undefined {
  const open = text.charCodeAt(at)
  const close = open === 39 || open === 96 ? text.indexOf("'", at + 1) : -1
  return close === -1 ? undefined : { value: text.slice(at + 1, close), end: close + 1 }
}

function unquoted(text: string): string {
  return readQuoted(text, 0)?.value ?? text
}
