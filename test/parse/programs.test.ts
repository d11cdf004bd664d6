// Facts of the parsers that the vectors only touch: cron, systemd, kernel, snoopy, audit, web, honeypots, HIDS, devices.
import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import { extractFields } from '../../src/parse/fields.ts'
import { fact, unknown } from './facts.ts'

test('cron', () => {
  fact('crond', '(root) CMD (echo a) b)', { 'process.command_line': 'echo a) b' })
  fact('CRON', '(root) CMD (cd /a && b#011c)', { 'process.command_line': 'cd /a && b\tc' })
  fact('crontab', '(ops) DELETE (ops)', {
    'event.action': 'crontab_changed',
    'user.name': 'ops',
    'user.target.name': 'ops',
  })
  fact('cron', '(*system*) RELOAD (/etc/crontab)', {
    'event.action': 'crontab_changed',
    'user.name': null,
    'file.path': '/etc/crontab',
  })
  fact('cron', '(CRON) INFO (pidfile fd = 3)', { 'event.action': 'cron_info', 'user.name': null })
  fact('crond', 'USER root pid 1234 cmd run-parts /etc/periodic/15min', {
    'event.action': 'cron_command',
    'user.name': 'root',
    'process.pid': 1234,
    'process.command_line': 'run-parts /etc/periodic/15min',
  })
})

test('systemd', () => {
  fact('systemd', 'Stopped nginx.service - A web server.', {
    'event.action': 'service_stopped',
    'service.name': 'nginx.service',
  })
  fact('systemd', 'Failed to start nginx.service - A web server.', {
    'event.action': 'service_started',
    'event.outcome': 'failure',
  })
  fact('systemd', 'Started Daily apt activities.', { 'event.action': 'service_started', 'service.name': null })
  fact('systemd', 'x.service: Main process exited, code=killed, status=9/KILL', {
    'event.action': 'service_exited',
    'event.outcome': 'failure',
    'process.exit_code': null,
    'process.signal': 'KILL',
  })
  fact('systemd-logind', "New session '12' of user 'ops' with class 'user' and type 'tty'.", {
    'user.name': 'ops',
    'session.id': '12',
  })
  fact('systemd-logind', 'Removed session 12.', { 'event.action': 'session_closed', 'session.id': '12' })
  unknown('systemd', 'Starting nginx.service - A web server...')
})

test('kernel', () => {
  fact('kernel', '[    1.5] iptables-drop: IN=eth0 OUT=eth1 SRC=2001:db8::1 DST=2001:db8::2 PROTO=UDP SPT=5 DPT=53', {
    'source.ip': '2001:db8::1',
    'destination.port': 53,
    'observer.egress.interface.name': 'eth1',
    'iptables.prefix': 'iptables-drop:',
    'network.transport': 'udp',
    'event.outcome': 'failure',
  })
  fact('kernel', 'IN=eth0 OUT= SRC=192.0.2.1 DST=192.0.2.2 PROTO=ICMP [SRC=1.1.1.1 DPT=5 ]', {
    'source.ip': '192.0.2.1',
    'iptables.prefix': null,
    'event.outcome': null,
  })
  fact('kernel', 'TCP: request_sock_TCP: Possible SYN flooding on port 0.0.0.0:443. Sending cookies.', {
    'destination.ip': '0.0.0.0',
    'destination.port': 443,
  })
  fact('kernel', 'Memory cgroup out of memory: Killed process 7 (a (b)) total-vm:1kB', {
    'process.name': 'a (b)',
    'process.pid': 7,
  })
  fact('kernel', 'eth0: entered promiscuous mode', {
    'event.action': 'promiscuous_mode',
    'observer.ingress.interface.name': 'eth0',
  })
  fact('kernel', 'audit: type=1300 audit(1795438800.123:5): syscall=59 success=no pid=3', {
    'event.action': 'syscall',
    'process.pid': 3,
  })
  fact(undefined, 'device eth0 entered promiscuous mode', { 'event.action': 'promiscuous_mode' }, { facility: 0 })
  unknown(undefined, 'device eth0 entered promiscuous mode', { facility: 1 })
  unknown('kernel', '[    0.000000] Linux version 6.1.0')
})

test('snoopy', () => {
  fact('snoopy', '[login:ops ssh:((undefined)) sid:1 tty:(none) (0/root) uid:ops(1002)/root(0) cwd:/tmp/a b]: ls]: x', {
    'source.ip': null,
    'process.tty': null,
    'user.name': 'ops',
    'user.effective.name': 'root',
    'user.effective.id': '0',
    'process.working_directory': '/tmp/a b',
    'process.command_line': 'ls]: x',
  })
  unknown('snoopy', '[what]: else')
})

test('audit', () => {
  fact('audispd', 'type=PROCTITLE msg=audit(1795438800.123:5): proctitle=6C73002D6C61', {
    'process.command_line': 'ls -la',
  })
  fact('audispd', 'type=EXECVE msg=audit(1.5:5): argc=2 a0="sh" a1_len=4 a1[0]=6162 a1[1]=6364', {
    'process.args': ['sh', 'abcd'],
  })
  fact(
    'audispd',
    'type=SYSCALL msg=audit(1.5:5): tty=(none) ses=4294967295 auid=4294967295 uid=0 key=(null)\u001dAUID="unset" UID="root"',
    {
      'process.tty': null,
      'session.id': null,
      'auditd.auid': null,
      'auditd.key': null,
      'user.name': 'root',
      'user.id': '0',
    },
  )
  fact(
    'audispd',
    `type=ADD_USER msg=audit(1.5:5): pid=1 uid=0 msg='op=add-user acct="bob" exe="/usr/sbin/useradd" res=success'#035UID="root"`,
    {
      'event.action': 'add_user',
      'event.outcome': 'success',
      'user.target.name': 'bob',
      'user.name': 'root',
    },
  )
  unknown('audispd', 'type=EXECVE nothing')
})

test('access logs', () => {
  fact('nginx', '203.0.113.9 - - [x] "GET /a\\x22b HTTP/1.1" 200 5 "-" "\\xE4\\xBD\\xA0 \\"q\\"" "192.0.2.1"', {
    'url.path': '/a"b',
    'user_agent.original': '你 "q"',
    'client.forwarded_for': '192.0.2.1',
  })
  fact('apache2', 'www.example.org:443 203.0.113.9 - - [x] "GET http://u@h.example:8080/p?q HTTP/1.1" 304 -', {
    'url.full': 'http://u@h.example:8080/p?q',
    'url.domain': 'h.example',
    'url.path': '/p',
    'url.query': 'q',
    'source.ip': '203.0.113.9',
    'event.outcome': 'success',
  })
  fact('frontend', '203.0.113.9 - - [x] "GET / HTTP/1.1" 200 5', { 'event.action': 'http_request' })
  fact('nginx', '203.0.113.9 - - [x] "GET /a b HTTP/1.1" 400 5 "-" "-"', { 'url.path': '/a b', 'url.original': '/a b' })
  unknown('app', 'user bob [admin] "GET / HTTP/1.1" 200 5')
  unknown('nginx', '2026/11/23 12:00:00 [error] 7#7: *1 open() failed')
})

test('Cowrie and OSSEC', () => {
  fact(
    'cowrie',
    '{"eventid":"cowrie.session.file_download","url":"http://203.0.113.9/m","shasum":"ab","src_ip":"203.0.113.60","session":"s"}',
    {
      'event.action': 'honeypot_file_download',
      'url.full': 'http://203.0.113.9/m',
      'file.hash.sha256': 'ab',
    },
  )
  const hids = { 'event.action': 'hids_alert', 'rule.id': '5712', 'rule.level': 10, 'source.ip': '203.0.113.70' }
  fact(
    undefined,
    'CEF:0|Trend Micro Inc.|OSSEC HIDS|v2.9|5712|SSHD brute force|10|dvc=ossec1 cs1=(web07) 10.0.0.7->/var/log/auth.log cs1Label=Location src=203.0.113.70',
    {
      ...hids,
      'ossec.agent': 'web07',
      'ossec.location': '(web07) 10.0.0.7->/var/log/auth.log',
    },
  )
  fact(
    'ossec',
    'crit=10 id=5712 description="SSHD brute force" component="web07->/var/log/auth.log", classification="sshd," src_ip="203.0.113.70"',
    hids,
  )
  fact(
    'wazuh',
    "Alert Level: 7; Rule: 550 - Integrity checksum changed.; Location: web07->syscheck; Integrity checksum changed for: '/etc/passwd'",
    {
      'rule.id': '550',
      'file.path': '/etc/passwd',
    },
  )
})

test('Windows', () => {
  fact(
    'MSWinEventLog',
    '1#011Security#0115#011x#0114625#011S#011N/A#011N/A#011Failure Audit#011PC1#011Logon#011#011An account failed to log on.#0111',
    {
      'event.action': 'windows_logon',
      'event.outcome': 'failure',
      'host.name': 'PC1',
      'user.name': null,
    },
  )
  fact(
    'MSWinEventLog',
    '1\tSecurity\t5\tx\t4720\tS\tCORP\\adm\tUser\tSuccess Audit\tPC1\tAcc\t\tA user account was created.  New Account:  Account Name:  bob  Account Domain:  CORP',
    {
      'event.action': 'user_added',
      'user.target.name': 'bob',
      'user.name': 'CORP\\adm',
    },
  )
})

test('Cisco', () => {
  fact(
    '%ASA-6-302013',
    'Built outbound TCP connection 5 for outside:192.0.2.9/443 (192.0.2.9/443) to inside:10.1.1.1/5000 (10.1.1.1/5000)',
    {
      'source.ip': '10.1.1.1',
      'destination.ip': '192.0.2.9',
      'destination.port': 443,
      'network.direction': 'outbound',
    },
  )
  fact(
    '%ASA-6-302014',
    'Teardown TCP connection 5 for outside:192.0.2.9/443 to inside:10.1.1.1/5000 duration 0:00:30 bytes 1234 TCP FINs',
    {
      'event.action': 'network_connection_closed',
      'network.bytes': 1234,
      'event.reason': 'TCP FINs',
    },
  )
  fact('%ASA-6-106100', 'access-list acl denied tcp outside/192.0.2.9(4431) -> inside/10.1.1.1(22) hit-cnt 1', {
    'event.action': 'network_denied',
    'source.ip': '192.0.2.9',
    'source.port': 4431,
    'destination.ip': '10.1.1.1',
    'rule.name': 'acl',
  })
  fact('%SEC-6-IPACCESSLOGP', 'list 101 denied tcp 192.0.2.9(1234) -> 10.1.1.1(80), 1 packet', {
    'event.code': 'IPACCESSLOGP',
    'source.ip': '192.0.2.9',
    'destination.port': 80,
  })
  fact('%ASA-6-605004', 'Login denied from 192.0.2.9/51000 to inside:10.1.1.1/ssh for user "admin"', {
    'event.action': 'device_login',
    'event.outcome': 'failure',
    'user.name': 'admin',
    'source.ip': '192.0.2.9',
    'destination.ip': '10.1.1.1',
  })
  fact('%SEC_LOGIN-5-LOGIN_SUCCESS', 'Login Success [user: admin] [Source: 192.0.2.9] [localport: 22] at 12:00:00', {
    'event.outcome': 'success',
    'user.name': 'admin',
    'source.ip': '192.0.2.9',
    'destination.port': 22,
  })
})

test('JSON', () => {
  fact('app', '{"user":"bob","src_ip":"192.0.2.1","a":{"b":5,"c":[1,"x"]},"ok":true,"none":null}', {
    'user.name': 'bob',
    user: 'bob',
    'source.ip': '192.0.2.1',
    'a.b': 5,
    'a.c': ['x'],
    ok: true,
    none: null,
  })
  fact('app', '@cee: {"user":{"name":"bob"},"source":{"ip":"not one"},"process":{"pid":"7"}}', {
    'user.name': 'bob',
    'source.ip': null,
    'process.pid': 7,
  })
  // a sender cannot verify itself
  fact('app', '{"tls.client.subject":"a","tls":{"client":{"subject":"b"}},"fine":1}', {
    'tls.client.subject': null,
    fine: 1,
  })
  const { fields, problems } = extractFields({ appName: 'app', message: '{"cut":"sho' })
  deepEqual([Object.keys(fields), problems], [[], ['the message begins like a JSON object and is not one']])
})

test("braces that are no JSON are nobody's fault", () => {
  for (const message of ['{ id -u; }', '{', '@cee', '@cee: nothing']) {
    deepEqual(
      { ...extractFields({ appName: 'root', message }) },
      extractFields({ appName: 'app', message: '' }),
      message,
    )
  }
})

test('CEF, LEEF and key=value', () => {
  fact(
    undefined,
    'CEF:0|Ex|trap|1.0|100|worm \\| stopped|10|src=10.0.0.1 msg=a=b c d dst=192.0.2.2 spt=1232 act=x \\= y',
    {
      'rule.name': 'worm | stopped',
      'source.ip': '10.0.0.1',
      msg: 'a=b c d',
      'destination.ip': '192.0.2.2',
      'source.port': 1232,
      act: 'x = y',
    },
  )
  fact(undefined, 'LEEF:2.0|Ex|P|1|4000|x5E|src=192.0.2.0^dst=10.0.0.1^usrName=bob', {
    'source.ip': '192.0.2.0',
    'user.name': 'bob',
  })
  fact(undefined, 'LEEF:1.0|Ex|P|1|4000|src=192.0.2.0\tsev=5', { 'event.code': '4000', sev: '5' })
  fact('dockerd', 'time="2026-11-23T10:10:10Z" level=info msg="a \\"b\\" c" n=5', {
    msg: 'a "b" c',
    level: 'info',
    n: '5',
  })
  fact(
    undefined,
    'date=2026-11-23 time=19:45:00 devname="FGT" user="adm in" srcip=192.0.2.60 action="login" status="failed"',
    {
      'host.name': 'FGT',
      'user.name': 'adm in',
      'source.ip': '192.0.2.60',
      action: 'login',
      'event.action': null,
    },
  )
  unknown('app', 'a=b')
  unknown('app', 'event.action=ssh_login user.name=root')
})

test('repeats', () => {
  fact('sudo', 'message repeated 3 times: [ ops : PWD=/tmp ; USER=root ; COMMAND=/usr/bin/id]', {
    'event.repeated': 3,
    'process.command_line': '/usr/bin/id',
  })
  unknown('sshd', 'message repeated many times')
  equal(extractFields({ appName: 'sshd', message: 'message repeated 2 times: [ hello]' }).problems.length, 0)
})
