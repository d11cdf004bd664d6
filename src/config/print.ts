// The configuration as text: the option reference, the shipped file with every option commented, and the values in force.
import { stringify } from 'yaml'
import { type Key, listKeys } from './keys.ts'
import type { Config } from './schema.ts'

/** The values in force as YAML. Passwords stand in files of their own; one that slipped into a URL is masked. */
export function printConfig(config: Config): string {
  return stringify(config, (_key, value: unknown) => (typeof value === 'string' ? mask(value) : value))
}

/** docs/config.md. */
export function printOptionReference(): string {
  const lines = [
    '# Configuration',
    '',
    'Picket reads one YAML file, `/etc/picket/picket.yaml` as a service, else the file given with `--config`. Without a',
    'file every option has its default. Unknown keys are errors. `picket check` names every mistake with file, line and',
    'column. Relative paths are taken from the folder of the file.',
    '',
    'An environment variable sets one option: `PICKET_RECEIVE__UDP__PORT=514` is `receive.udp.port: 514` (words in capitals,',
    'levels parted by `__`, lists as `[a, b]`). The command line wins over the environment, the environment over the file.',
    '',
    'Secrets stand in files of their own that only Picket may read (`chmod 600`).',
    '',
    '| option | form | default | what it does |',
    '|---|---|---|---|',
    ...listKeys().map(referenceRow),
  ]
  return `${lines.join('\n')}\n`
}

/** packaging/picket.yaml: every option with its help and default, commented out. */
export function printConfigTemplate(): string {
  const lines = [
    '# Configuration of Picket: every option with its default. To change one, remove the # in front of it and of the',
    '# sections above it. `picket check --config FILE` checks the file; docs/config.md is the reference.',
    ...listKeys().flatMap(templateLines),
  ]
  return `${lines.join('\n')}\n`
}

function referenceRow(key: Key): string {
  const name = `\`${key.path.join('.')}\``
  const form = key.form === 'section' ? (key.canBeOff ? 'section or `false`' : 'section') : cell(key.form)
  return `| ${name} | ${form} | ${defaultWord(key)} | ${cell(key.help)} |`
}

function defaultWord(key: Key): string {
  if (key.form === 'section') return key.optional ? 'absent' : ''
  if (key.default === undefined) return key.required ? 'must be given' : 'absent'
  return `\`${JSON.stringify(key.default)}\``
}

function templateLines(key: Key): string[] {
  const indent = '  '.repeat(key.path.length - 1)
  const name = key.path.at(-1) ?? ''
  const help = key.canBeOff ? `${key.help}; \`${name}: false\` switches it off` : key.help
  const value =
    key.form === 'section' ? '' : ` ${key.default === undefined ? example(key) : JSON.stringify(key.default)}`
  const form = key.form === 'section' ? '' : ` (${key.form})`
  const gap = key.path.length === 1 ? [''] : []
  return [...gap, `# ${help}${form}`, `#${indent}${name}:${value}`]
}

/** A value that shows the form of an option without default. */
function example(key: Key): string {
  const examples: { readonly [name: string]: string } = {
    'web.publicUrl': 'https://picket.example.com',
    'store.maxBytes': '500GiB',
    'receive.tls.cert': '/etc/picket/tls/server.pem',
    'receive.tls.key': '/etc/picket/tls/server.key',
    'receive.tls.keyPasswordFile': '/etc/picket/tls/server.password',
    'receive.tls.clientCa': '/etc/picket/tls/ca.pem',
    'mail.server': 'smtp://user@mail.example.com:587',
    'mail.passwordFile': '/etc/picket/mail.secret',
    'mail.tlsCa': '/etc/picket/mail-ca.pem',
    'mail.from': 'picket@example.com',
    'mail.to': '["security@example.com"]',
  }
  const name = key.path.join('.')
  const value = examples[name]
  if (value === undefined) throw new Error(`BUG: ${name} has neither a default nor an example`)
  return value
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|')
}

function mask(text: string): string {
  return text.replace(/(\w+:\/\/[^\s:@/]*:)[^\s@]+@/g, '$1***@')
}
