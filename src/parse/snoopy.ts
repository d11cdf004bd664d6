// snoopy logs every execve as `[key:value key:value …]: COMMAND`; the keys are the administrator's choice.
import type { Fields } from '../model/record.ts'
import { isAddress } from './address.ts'
import type { MutableFields } from './body.ts'
import { newFields, setInteger, setText } from './body.ts'

/** The fields of a snoopy line, else undefined. Arguments were joined by blanks: quoting is lost in the log already. */
export function parseSnoopy(text: string): Fields | undefined {
  const close = text.startsWith('[') ? text.indexOf(']: ') : -1
  if (close === -1) return undefined
  const head = text.slice(1, close)
  const fields = newFields()
  fields['event.action'] = 'process_exec'
  let key = ''
  let from = 0
  // A value may hold blanks; it ends where the next known key begins.
  for (let at = 0; at !== -1 && at < head.length; at = nextWord(head, at)) {
    const colon = head.slice(at, at + 16).indexOf(':') + at
    const name = colon < at ? '' : head.slice(at, colon)
    if (!known.has(name)) continue
    if (key !== '') setPair(fields, key, head.slice(from, at - 1))
    key = name
    from = colon + 1
  }
  if (key === '') return undefined
  setPair(fields, key, head.slice(from))
  fields['process.command_line'] = text.slice(close + 3)
  return fields
}

const known = new Set('login ssh sid tty uid euid gid cwd filename pid ppid username eusername'.split(' '))

function nextWord(head: string, at: number): number {
  const blank = head.indexOf(' ', at)
  return blank === -1 ? -1 : blank + 1
}

function setPair(fields: MutableFields, key: string, value: string): void {
  if (key === 'login') setText(fields, 'snoopy.login', value)
  else if (key === 'ssh') setSsh(fields, value)
  else if (key === 'sid') setInteger(fields, 'process.session_leader.pid', value)
  else if (key === 'pid') setInteger(fields, 'process.pid', value)
  else if (key === 'ppid') setInteger(fields, 'process.parent.pid', value)
  else if (key === 'tty') setText(fields, 'process.tty', beforeBracket(value))
  else if (key === 'uid') setUid(fields, value)
  else if (key === 'euid') setText(fields, 'user.effective.id', value)
  else if (key === 'gid') setText(fields, 'group.id', value)
  else if (key === 'cwd') setText(fields, 'process.working_directory', value)
  else if (key === 'filename') setText(fields, 'process.executable', value)
  else if (key === 'username') setText(fields, 'user.name', value)
  else setText(fields, 'user.effective.name', value)
}

/** `(203.0.113.7 51234 198.51.100.2 22)`: SSH_CONNECTION, or `((undefined))` */
function setSsh(fields: MutableFields, value: string): void {
  const inner = value.startsWith('(') && value.endsWith(')') ? value.slice(1, -1) : value
  const [source = '', sourcePort, destination = '', destinationPort] = inner.split(' ', 4)
  if (isAddress(source)) fields['source.ip'] = source
  setInteger(fields, 'source.port', sourcePort)
  if (isAddress(destination)) fields['destination.ip'] = destination
  setInteger(fields, 'destination.port', destinationPort)
}

/** `0`, or `alice(1000)/root(0)`: real and effective user */
function setUid(fields: MutableFields, value: string): void {
  const slash = value.indexOf(')/')
  const real = slash === -1 ? value : value.slice(0, slash + 1)
  const open = real.indexOf('(')
  if (open === -1) {
    setText(fields, 'user.id', real)
    return
  }
  setText(fields, 'user.name', real.slice(0, open))
  setText(fields, 'user.id', real.slice(open + 1, real.endsWith(')') ? -1 : undefined))
  if (slash === -1) return
  const effective = value.slice(slash + 2)
  const effectiveOpen = effective.indexOf('(')
  setText(fields, 'user.effective.name', effectiveOpen === -1 ? effective : effective.slice(0, effectiveOpen))
  if (effectiveOpen !== -1 && effective.endsWith(')')) {
    setText(fields, 'user.effective.id', effective.slice(effectiveOpen + 1, -1))
  }
}

/** `/dev/pts/0 (1002/ops)`: the owner of the terminal is left away. */
function beforeBracket(value: string): string {
  const open = value.indexOf(' (')
  return open === -1 ? value : value.slice(0, open)
}
