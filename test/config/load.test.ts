import { deepEqual, equal, ok, throws } from 'node:assert/strict'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after, test } from 'node:test'
import { isPicketError } from '../../src/base/errors.ts'
import { bytesOf, daysOf } from '../../src/config/amounts.ts'
import { ConfigError, printFinding } from '../../src/config/finding.ts'
import { type LoadOptions, loadConfig } from '../../src/config/load.ts'
import { configSchema } from '../../src/config/schema.ts'

const folder = mkdtempSync(join(tmpdir(), 'picket-config-'))
after(() => rmSync(folder, { recursive: true }))
const file = join(folder, 'picket.yaml')

function load(yaml: string, options: LoadOptions = {}) {
  writeFileSync(file, yaml)
  return loadConfig({ file, ...options }).config
}

/** The findings of a file, without the name of the folder. */
function findings(yaml: string, options: LoadOptions = {}): readonly string[] {
  try {
    load(yaml, options)
  } catch (error) {
    ok(error instanceof ConfigError, String(error))
    return error.findings.map(finding => printFinding(finding).replaceAll(`${folder}/`, ''))
  }
  return []
}
/** One line of findings for a file. */
const f = (yaml: string, want: readonly string[]) => deepEqual(findings(yaml), want, yaml)

test('no file: the defaults of the schema', () => {
  const { config, file } = loadConfig()
  equal(file, undefined)
  deepEqual(config, { ...configSchema.parse({}), dataDir: resolve('data') })
})

test('an empty file and one of comments are the defaults too', () => {
  equal(load('').web !== false && load('# nothing\n').dataDir, join(folder, 'data'))
})

test('the result cannot be changed', () => {
  const config = load('receive: { allow: [10.0.0.0/8] }')
  throws(() => Object.assign(config, { dataDir: 'x' }), TypeError)
  throws(() => (config.receive.allow as string[]).push('x'), TypeError)
})

test('an unknown key is named with the nearest known one', () => {
  f('receive:\n  tpc: { port: 514 }\n', ['picket.yaml:2:3 receive.tpc: unknown key (did you mean "tcp"?)'])
  f('recieve: {}', ['picket.yaml:1:1 recieve: unknown key (did you mean "receive"?)'])
  f('receive:\n  udp:\n    prot: 5\n', ['picket.yaml:3:5 receive.udp.prot: unknown key (did you mean "port"?)'])
  f('level: info', ['picket.yaml:1:1 level: unknown key here (did you mean "log.level"?)'])
  f('rules: { zzzzz: 1 }', ['picket.yaml:1:10 rules.zzzzz: unknown key (known here: dirs)'])
  f('__proto__: { polluted: 1 }', [
    'picket.yaml:1:1 __proto__: unknown key (known here: dataDir, receive, sources, web, store, rules, mail, log)',
  ])
})

test('a wrong value is named with what it must be', () => {
  f('receive:\n  udp: { port: 99999 }\n', ['picket.yaml:2:16 receive.udp.port: must be at most 65535'])
  f('receive: { udp: { port: "514" } }', ['picket.yaml:1:25 receive.udp.port: must be a number, not "514"'])
  f('receive: { udp: { port: 1.5 } }', ['picket.yaml:1:25 receive.udp.port: must be a whole number, not 1.5'])
  f('receive: { tcp: yes }', ['picket.yaml:1:17 receive.tcp: must be false (off) or a section, not "yes"'])
  f('receive: { tcp: true }', ['picket.yaml:1:17 receive.tcp: must be false (off) or a section, not true'])
  f('dataDir:\n', ['picket.yaml:1:9 dataDir: must be text, not empty'])
  f('log: { level: wran }', [
    'picket.yaml:1:15 log.level: must be "debug" or "info" or "warn" or "error", not "wran" (did you mean "warn"?)',
  ])
  f('receive:\n  timeZone: Europe/Berlim\n', [
    'picket.yaml:2:13 receive.timeZone: must be an IANA time zone like Europe/Berlin',
  ])
  f('receive: { charset: utf-99 }', [
    'picket.yaml:1:21 receive.charset: must be a charset like windows-1252 or gb18030',
  ])
  f('receive:\n  allow:\n    - 10.0.0.0/8\n    - 10.0.0.0/33\n', [
    'picket.yaml:4:7 receive.allow.1: must be an address or a network like 10.0.0.0/8',
  ])
  f('store: { retention: [{ query: "*", keep: -1 }] }', [
    'picket.yaml:1:42 store.retention.0.keep: must be text, not -1',
  ])
  f('store: { maxBytes: 500G }', ['picket.yaml:1:20 store.maxBytes: must be a size like 500GiB, not "500G"'])
  f('store: { maxBytes: [] }', ['picket.yaml:1:20 store.maxBytes: must be a size like 500GiB, not a list'])
  f('web: { publicUrl: picket.example.com }', [
    'picket.yaml:1:19 web.publicUrl: must be a URL, not "picket.example.com"',
  ])
  f('- a list\n', ['picket.yaml:1:1 must be a section, not a list'])
})

test('mail: what is missing, and what would end up in a header', () => {
  f('mail:\n  from: picket@example.com\n', [
    'picket.yaml:1:1 mail.server: is missing',
    'picket.yaml:1:1 mail.to: is missing',
  ])
  const mail = (more: string) =>
    findings(`mail: { server: "smtp://h:587", from: a@example.com, to: [b@example.com], ${more} }`)
  deepEqual(mail('minLevel: low'), [])
  const evil = 'mail: { server: "smtp://h:587", from: a@example.com, to: ["a@x\\r\\nRCPT TO:<b@x>"] }'
  f(evil, [
    'picket.yaml:1:59 mail.to.0: must be a plain mail address like picket@example.com, not "a@x\\r\\nRCPT TO:<b@x>"',
  ])
  const withPassword = 'mail: { server: "smtp://u:secret@h:587", from: a@example.com, to: [b@example.com] }'
  f(withPassword, [
    'picket.yaml:1:17 mail.server: must be smtp://user@host:587 or smtps://user@host:465, the password in passwordFile',
  ])
})

test('amounts: days, bytes, and bytes by unit', () => {
  equal(load('store: { maxBytes: 5000000 }').store.maxBytes, '5000000')
  deepEqual(['5000000', '1MiB', '500GiB', '3TiB'].map(bytesOf), [5_000_000, 1 << 20, 536_870_912_000, 3 * 2 ** 40])
  deepEqual(['1d', '400d'].map(daysOf), [1, 400])
})

test('all findings at once, in the order of the file', () => {
  equal(findings('web: []\nreceive:\n  tpc: 1\n  udp: { port: -1, hots: x }\nlog: 1\n').length, 5)
})

test('YAML that is none', () => {
  deepEqual(
    findings('receive:\n  udp: [\n').map(line => line.slice(0, 16)),
    ['picket.yaml:3:1 '],
  )
  deepEqual(findings('a: 1\na: 2\n'), ['picket.yaml:2:1 map keys must be unique'])
  const bomb = [
    'a: &a [x,x,x,x,x,x,x,x,x]',
    ...'bcdefgh'.split('').map((n, i) => `${n}: &${n} [${Array(9).fill(`*${'abcdefg'[i]}`).join()}]`),
  ]
  equal(findings(bomb.join('\n')).length, 1)
})

test('an unreadable file is an error of its own', () => {
  throws(
    () => loadConfig({ file: join(folder, 'none.yaml') }),
    error => isPicketError(error, 'CONFIG_UNREADABLE') && /no such file/.test(error.message),
  )
  throws(
    () => loadConfig({ file: folder }),
    error => isPicketError(error, 'CONFIG_UNREADABLE'),
  )
  writeFileSync(file, Buffer.from([0xff, 0xfe, 0x61]))
  throws(
    () => loadConfig({ file }),
    error => isPicketError(error, 'CONFIG_UNREADABLE') && /not UTF-8/.test(error.message),
  )
  writeFileSync(file, '#'.repeat(1_100_000))
  throws(
    () => loadConfig({ file }),
    error => isPicketError(error, 'CONFIG_UNREADABLE') && /bigger than/.test(error.message),
  )
})

test('environment over file, command line over environment', () => {
  const env = {
    PICKET_RECEIVE__UDP__PORT: '1514',
    PICKET_RECEIVE__TCP: 'false',
    PICKET_RECEIVE__ALLOW: '[10.0.0.1]',
    PICKET_DATA_DIR: '/a',
  }
  const config = load('receive: { udp: { port: 1 } }\ndataDir: /f', { env, overrides: { dataDir: '/b' } })
  equal(config.receive.udp !== false && config.receive.udp.port, 1514)
  equal(config.receive.tcp, false)
  deepEqual(config.receive.allow, ['10.0.0.1'])
  equal(config.dataDir, '/b')
})

test('a mistake in the environment or on the command line names where it came from', () => {
  deepEqual(findings('', { env: { PICKET_RECEIVE__UDP__PORT: 'x' } }), [
    'PICKET_RECEIVE__UDP__PORT receive.udp.port: must be a number, not "x"',
  ])
  deepEqual(findings('', { env: { PICKET_RECEIVE__UPD__PORT: '1' } }), [
    'PICKET_RECEIVE__UPD__PORT receive.upd: unknown key (did you mean "udp"?)',
  ])
  deepEqual(findings('', { overrides: { dataDir: '' } }), ['command line dataDir: must not be empty'])
  deepEqual(findings('', { env: { PICKET_FAULT: 'x', PICKET_TOKEN: 'y' } }), [], 'variables of others')
})

test('relative paths are taken from the folder of the file', () => {
  equal(load('dataDir: store').dataDir, join(folder, 'store'))
  deepEqual(load('rules: { dirs: [mine, /usr/share/rules] }').rules.dirs, [join(folder, 'mine'), '/usr/share/rules'])
})

test('a secret that everyone may read is refused with the command to run', () => {
  const secret = join(folder, 'mail.secret')
  const yaml =
    'mail:\n  server: smtp://u@h:587\n  from: a@example.com\n  to: [b@example.com]\n  passwordFile: mail.secret\n'
  f(yaml, ['picket.yaml:5:17 mail.passwordFile: cannot read mail.secret: no such file'])
  writeFileSync(secret, 'pw')
  chmodSync(secret, 0o644)
  f(yaml, [
    'picket.yaml:5:17 mail.passwordFile: mail.secret is open to every user of this machine; run: chmod 600 mail.secret',
  ])
  chmodSync(secret, 0o600)
  equal(load(yaml).mail?.passwordFile, secret)
})
