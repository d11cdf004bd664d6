// Which options differ between two configurations.
import { deepEqual } from 'node:assert/strict'
import { test } from 'node:test'
import { changedOptions } from '../../src/config/difference.ts'
import { configSchema } from '../../src/config/schema.ts'

const changed = (before: object, after: object) => changedOptions(configSchema.parse(before), configSchema.parse(after))

test('each option that differs by its name; a section that comes or goes by its own', () => {
  deepEqual(changed({}, {}), [])
  deepEqual(changed({}, { receive: { udp: { port: 5514 } } }), [])
  deepEqual(changed({}, { web: { port: 1 }, receive: { udp: { port: 1 }, allow: ['10.0.0.0/8'] } }), [
    'receive.udp.port',
    'receive.allow',
    'web.port',
  ])
  deepEqual(changed({ receive: { udp: false } }, { store: { maxBytes: '1GiB' } }), ['receive.udp', 'store.maxBytes'])
  deepEqual(changed({ rules: { dirs: ['a', 'b'] } }, { rules: { dirs: ['b', 'a'] } }), ['rules.dirs'])
  const mail = { server: 'smtp://mail.example.com', from: 'a@example.com', to: ['b@example.com'] }
  deepEqual(changed({ mail }, {}), ['mail'])
})
