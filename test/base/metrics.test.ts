import { equal, match } from 'node:assert/strict'
import { test } from 'node:test'
import { createMetrics, metrics } from '../../src/base/metrics.ts'

test('counters, gauges and histograms are printed for Prometheus', async () => {
  const own = createMetrics()
  own.add('picket_frames_total', { transport: 'udp' })
  own.add('picket_frames_total', { transport: 'udp' }, 2)
  own.set('picket_connections_open', { transport: 'tcp' }, 7)
  own.observe('picket_commit_seconds', {}, 0.004)
  const text = await own.print()
  match(text, /^picket_frames_total\{transport="udp"\} 3$/m)
  match(text, /^picket_connections_open\{transport="tcp"\} 7$/m)
  match(text, /^picket_commit_seconds_bucket\{le="0.005"\} 1$/m)
  match(text, /^picket_commit_seconds_bucket\{le="0.0025"\} 0$/m)
  match(own.contentType, /text\/plain/)
})

test('each metric has its help and its prefix, and two sets are apart', async () => {
  const text = await createMetrics().print()
  for (const [name, { help }] of Object.entries(metrics)) {
    match(name, /^picket_[a-z_]+$/)
    match(text, new RegExp(`^# HELP ${name} ${help.replace(/[().]/g, '\\$&')}$`, 'm'))
  }
})

test('label values that people make up are bounded', async () => {
  const own = createMetrics()
  for (let n = 0; n < 6000; n++) own.add('picket_hits_total', { rule: `rule ${n}` })
  const lines = (await own.print()).split('\n').filter(line => line.startsWith('picket_hits_total{'))
  equal(lines.length, 5001)
  equal(lines.at(-1), 'picket_hits_total{rule="other"} 1000')
})
