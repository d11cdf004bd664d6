// systemd's unit messages and systemd-logind's sessions.
import type { Fields } from '../model/record.ts'
import type { MutableFields } from './body.ts'
import { newFields, setInteger, setText } from './body.ts'

/** `Started UNIT - TEXT.` (since 249; before: `Started TEXT.`), `Stopped …`, `Failed to start …`, `UNIT: Main process exited, …` */
export function parseSystemd(text: string): Fields | undefined {
  if (text.startsWith('Started ')) return unitEvent(text, 8, 'service_started', 'success')
  if (text.startsWith('Stopped ')) return unitEvent(text, 8, 'service_stopped', 'success')
  if (text.startsWith('Failed to start ')) return unitEvent(text, 16, 'service_started', 'failure')
  const exited = text.indexOf(': Main process exited, code=')
  return exited < 1 || exited > 256 ? undefined : parseExited(text, exited)
}

/** `New session 12 of user ops.`, `Removed session 12.`, `Session 12 logged out. …` */
export function parseLogind(text: string): Fields | undefined {
  if (text.startsWith('New session ')) {
    const of = text.indexOf(' of user ', 12)
    if (of === -1) return undefined
    const fields = session('session_opened', text.slice(12, of))
    const user = text.slice(of + 9)
    // systemd 256 quotes both and goes on: `New session '12' of user 'ops' with class 'user' and type 'tty'.`
    const closing = user.startsWith("'") ? user.indexOf("'", 1) : -1
    if (closing !== -1) setText(fields, 'user.name', user.slice(1, closing))
    else setText(fields, 'user.name', user.endsWith('.') ? user.slice(0, -1) : user)
    return fields
  }
  if (text.startsWith('Removed session '))
    return session('session_closed', text.slice(16, text.endsWith('.') ? -1 : undefined))
  const out = text.startsWith('Session ') ? text.indexOf(' logged out', 8) : -1
  return out === -1 ? undefined : session('session_closed', text.slice(8, out))
}

function unitEvent(text: string, at: number, action: string, outcome: string): Fields {
  const fields = newFields()
  fields['event.action'] = action
  fields['event.outcome'] = outcome
  const dash = text.indexOf(' - ', at)
  const unit = text.slice(at, dash === -1 ? (text.endsWith('.') ? -1 : undefined) : dash)
  if (unit.includes('.') && !unit.includes(' ')) fields['service.name'] = unit
  return fields
}

/** `UNIT: Main process exited, code=exited, status=1/FAILURE`; code=killed and code=dumped give a signal. */
function parseExited(text: string, colon: number): Fields {
  const fields = newFields()
  fields['event.action'] = 'service_exited'
  const code = text.slice(colon + 28, text.indexOf(',', colon + 28))
  const at = text.indexOf('status=', colon)
  const slash = text.indexOf('/', at)
  const status = at === -1 || slash === -1 ? '' : text.slice(at + 7, slash)
  fields['event.outcome'] = code === 'exited' && status === '0' ? 'success' : 'failure'
  fields['service.name'] = text.slice(0, colon)
  if (code === 'exited') setInteger(fields, 'process.exit_code', status)
  else if (slash !== -1) setText(fields, 'process.signal', text.slice(slash + 1).trimEnd())
  return fields
}

function session(action: string, id: string): MutableFields {
  const fields = newFields()
  fields['event.action'] = action
  fields['event.outcome'] = 'success'
  setText(fields, 'session.id', id.startsWith("'") && id.endsWith("'") ? id.slice(1, -1) : id)
  return fields
}
