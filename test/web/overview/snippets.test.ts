// The snippets of the connect page name the address and port that senders need.
import { deepEqual, equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import type { StatusAnswer } from '../../../web/src/api/answers.ts'
import { isLoopback, rsyslogSnippet, senderTarget } from '../../../web/src/overview/snippets.ts'

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

test('rsyslog: two @ for TCP, one for UDP; the facilities of an audit', () => {
  const tcp = rsyslogSnippet({ host: '192.0.2.1', port: 5514, transport: 'tcp' })
  ok(tcp.includes('kern.*;auth.*;authpriv.*;user.*;cron.* @@192.0.2.1:5514\n'))
  ok(rsyslogSnippet({ host: '[2001:db8::1]', port: 514, transport: 'udp' }).includes(' @[2001:db8::1]:514\n'))
})

test('addresses that only this machine reaches are known', () => {
  deepEqual(['localhost', '127.0.0.1', '[::1]', '192.0.2.1'].map(isLoopback), [true, true, true, false])
  equal(isLoopback('127.example.com'), false)
})
