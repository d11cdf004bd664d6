// Alerts and rules for the tests of this folder, and a clock that tests turn.
import type { Alert } from '../../src/model/alert.ts'
import type { RecordJson } from '../../src/model/record.ts'
import type { RuleInfo } from '../../src/model/rule.ts'

export const at = Date.parse('2026-11-23T03:12:09.000Z')

export const rule: RuleInfo = {
  id: 'history-off',
  title: 'Shell history turned off',
  level: 'high',
  description:
    'Someone made the shell forget what it runs (HISTFILE unset, HISTSIZE=0 or history -c).\nPeople who hide something do this first.',
  falsePositives: ['Installation scripts that unset HISTFILE', 'Ansible runs with a wrapper shell'],
  techniques: ['T1070.003'],
  nextSteps:
    'Ask alice whether she did this.\nLook at what the same session ran before and after.\nIf nobody knows: take the host off the network.',
  file: 'history-off.yml',
  enabled: true,
}

export const rules = (id: string): RuleInfo | undefined => (id === rule.id ? rule : undefined)

export function sampleRecord(parts: Partial<RecordJson> = {}): RecordJson {
  return {
    id: '20261123-000000004711',
    received_at: new Date(at).toISOString(),
    timestamp: new Date(at).toISOString(),
    peer: '192.0.2.10',
    transport: 'tls',
    facility: 10,
    severity: 5,
    hostname: 'web1',
    app_name: 'bash',
    procid: '4321',
    msgid: null,
    structured_data: null,
    message: 'HISTORY: PID=4321 UID=1000 USER=alice CMD=unset HISTFILE; history -c',
    format: 'rfc5424',
    fields: { 'user.name': 'alice', 'source.ip': '203.0.113.9' },
    problems: [],
    ...parts,
  }
}

export function sampleAlert(parts: Partial<Alert> = {}): Alert {
  return {
    id: 12,
    key: '["history-off","web1","alice","203.0.113.9"]',
    ruleId: rule.id,
    ruleTitle: rule.title,
    level: 'high',
    hostname: 'web1',
    user: 'alice',
    source: '203.0.113.9',
    state: 'open',
    count: 3,
    firstAt: at,
    lastAt: at + 42_000,
    firstRecord: sampleRecord(),
    lastRecord: sampleRecord(),
    changedBy: null,
    changedAt: null,
    ...parts,
  }
}

export function turnableClock(start = at) {
  let wall = start
  return { now: () => wall, monotonic: () => wall, turn: (ms: number) => (wall += ms) }
}
