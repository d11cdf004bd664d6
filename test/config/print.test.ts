import { deepEqual, doesNotMatch, equal } from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { parse } from 'yaml'
import { listKeys } from '../../src/config/keys.ts'
import { nearest } from '../../src/config/nearest.ts'
import { printConfig, printConfigTemplate, printOptionReference } from '../../src/config/print.ts'
import { configSchema } from '../../src/config/schema.ts'

const root = join(import.meta.dirname, '../..')

/** Compares a file with what the schema prints; UPDATE=1 writes it again. */
function isUpToDate(file: string, text: string): void {
  if (process.env.UPDATE === '1') writeFileSync(join(root, file), text)
  equal(readFileSync(join(root, file), 'utf8'), text, `${file} is not what the schema says; run the test with UPDATE=1`)
}

test('docs/config.md and packaging/picket.yaml say what the schema says', () => {
  isUpToDate('docs/config.md', printOptionReference())
  isUpToDate('packaging/picket.yaml', printConfigTemplate())
})

test('every option has its line of help', () => {
  deepEqual(
    listKeys()
      .filter(key => key.help === '')
      .map(key => key.path.join('.')),
    [],
  )
})

test('the shipped file is all comments, and with the # removed it is the defaults', () => {
  equal(parse(printConfigTemplate()), null)
  const active = printConfigTemplate().replace(/^#(?=( {2})*\w+:)/gm, '')
  const { mail, web, receive, store, ...others } = configSchema.parse(parse(active))
  const { tls, ...withoutTls } = receive
  const rest = { ...others, receive: withoutTls }
  const { web: defaultWeb, store: defaultStore, ...defaults } = configSchema.parse({})
  deepEqual(rest, defaults)
  deepEqual(store, { ...defaultStore, maxBytes: '500GiB' })
  deepEqual(web, { ...defaultWeb, publicUrl: 'https://picket.example.com' })
  equal(tls && tls.cert, '/etc/picket/tls/server.pem')
  equal(mail?.server, 'smtp://user@mail.example.com:587')
})

test('the printed configuration reads back the same, without passwords', () => {
  const config = configSchema.parse({ receive: { udp: false } })
  deepEqual(configSchema.parse(parse(printConfig(config))), config)
  const mail = {
    server: 'smtp://u:hunter2@h',
    from: 'a@example.com',
    to: ['b@example.com'],
    requireTls: true,
    minLevel: 'low',
  } as const
  doesNotMatch(printConfig({ ...config, mail: { ...mail, to: [...mail.to] } }), /hunter2/)
})

test('the nearest name is a typo away, or there is none', () => {
  const names = ['udp', 'tcp', 'allow', 'timeZone', 'charset']
  equal(nearest('tpc', names), 'tcp')
  equal(nearest('timezone', names), 'timeZone')
  equal(nearest('alow', names), 'allow')
  equal(nearest('relp', names), undefined)
  equal(nearest('', names), undefined)
})
