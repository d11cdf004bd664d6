// The snippets of the connect page name the address and port that senders need.
import { deepEqual, equal } from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { StatusAnswer } from '../../../web/src/api/answers.ts'
import { forwardSnippet, isLoopback, senderTarget } from '../../../web/src/overview/snippets.ts'

const listener = { address: '::', frames: 0, bytes: 0, connections: null, dropped: {} }
const status = (public_url: string | null, ...transports: [string, number][]) =>
  ({
    public_url,
    receive: transports.map(([transport, port]) => ({ ...listener, transport, port })),
  }) as unknown as StatusAnswer

test('TCP before UDP, the public name before the page’s own', () => {
  deepEqual(senderTarget(status(null, ['udp', 514], ['tcp', 1514]), 'logs.example'), {
    host: 'logs.example',
    port: 1514,
    transport: 'tcp',
  })
  deepEqual(senderTarget(status('https://picket.example.com/', ['udp', 5514]), '10.0.0.1'), {
    host: 'picket.example.com',
    port: 5514,
    transport: 'udp',
  })
})

const file = join(import.meta.dirname, '../../../packaging/client/60-picket-forward.conf')
const rule = readFileSync(file, 'utf8')
  .split('\n')
  .filter(line => !line.startsWith('#'))
  .join('\n')
  .trimStart()

test('the shipped rsyslog rule, with nothing but the address changed', () => {
  equal(forwardSnippet(readFileSync(file, 'utf8'), { host: 'picket.example.com', port: 514, transport: 'tcp' }), rule)
  const f = (host: string, port: number, transport: 'tcp' | 'udp') =>
    forwardSnippet(readFileSync(file, 'utf8'), { host, port, transport })
      .split('\n')
      .filter(line => !rule.split('\n').includes(line))
      .map(line => line.trim())
  deepEqual(f('192.0.2.1', 5514, 'tcp'), ['target="192.0.2.1"', 'port="5514"'])
  deepEqual(f('[2001:db8::1]', 514, 'udp'), ['target="2001:db8::1"', 'protocol="udp"'])
})

test('by UDP nothing speaks of TCP', () => {
  equal(/tcp|keepalive/i.test(forwardSnippet(rule, { host: '192.0.2.1', port: 514, transport: 'udp' })), false)
})

test('addresses that only this machine reaches are known', () => {
  deepEqual(['localhost', '127.0.0.1', '[::1]', '192.0.2.1'].map(isLoopback), [true, true, true, false])
  equal(isLoopback('127.example.com'), false)
})
