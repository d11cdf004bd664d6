// Cowrie, the SSH honeypot, in its JSON output (docs.cowrie.org, OUTPUT).
import type { Fields } from '../model/record.ts'
import { isAddress } from './address.ts'
import { newFields, setText } from './body.ts'

const actions = new Map([
  ['cowrie.login.success', 'honeypot_login'],
  ['cowrie.login.failed', 'honeypot_login'],
  ['cowrie.command.input', 'honeypot_command'],
  ['cowrie.command.failed', 'honeypot_command'],
  ['cowrie.command.success', 'honeypot_command'],
  ['cowrie.session.file_download', 'honeypot_file_download'],
  ['cowrie.session.file_download.failed', 'honeypot_file_download'],
])

/** The fields of an event of Cowrie, else undefined. Any access to a honeypot is worth a look, so unnamed events stay. */
export function parseCowrie(event: { readonly [name: string]: unknown }): Fields | undefined {
  const id = event['eventid']
  if (typeof id !== 'string' || !id.startsWith('cowrie.')) return undefined
  const text = (name: string): string | undefined => {
    const value = event[name]
    return typeof value === 'string' ? value : undefined
  }
  const port = (name: string): number | undefined => {
    const value = event[name]
    return typeof value === 'number' && Number.isInteger(value) ? value : undefined
  }

  const fields = newFields()
  const action = actions.get(id)
  if (action !== undefined) fields['event.action'] = action
  if (id === 'cowrie.login.success' || id === 'cowrie.session.file_download') fields['event.outcome'] = 'success'
  else if (id.endsWith('.failed')) fields['event.outcome'] = 'failure'
  fields['event.code'] = id
  setText(fields, 'user.name', text('username'))
  const source = text('src_ip')
  if (source !== undefined && isAddress(source)) fields['source.ip'] = source
  const sourcePort = port('src_port')
  if (sourcePort !== undefined) fields['source.port'] = sourcePort
  const destination = text('dst_ip')
  if (destination !== undefined && isAddress(destination)) fields['destination.ip'] = destination
  const destinationPort = port('dst_port')
  if (destinationPort !== undefined) fields['destination.port'] = destinationPort
  setText(fields, 'process.command_line', text('input'))
  setText(fields, 'url.full', text('url'))
  setText(fields, 'file.hash.sha256', text('shasum'))
  setText(fields, 'file.path', text('destfile') ?? text('outfile') ?? text('filename'))
  setText(fields, 'observer.name', text('sensor'))
  setText(fields, 'cowrie.session', text('session'))
  const password = text('password')
  if (password !== undefined) fields['cowrie.password'] = password
  return fields
}
