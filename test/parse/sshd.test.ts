import { test } from 'node:test'
import { fact, unknown } from './facts.ts'

const peer = { 'source.ip': '198.51.100.9', 'source.port': 41388 }

test('logins', () => {
  const ok = { 'event.action': 'ssh_login', 'event.outcome': 'success', 'user.name': 'ops', ...peer }
  fact('sshd', 'Accepted password for ops from 198.51.100.9 port 41388 ssh2', {
    ...ok,
    'ssh.method': 'password',
    'ssh.key_type': null,
  })
  fact('sshd-session', 'Accepted keyboard-interactive/pam for ops from 198.51.100.9 port 41388 ssh2', {
    ...ok,
    'ssh.method': 'keyboard-interactive/pam',
  })
  fact(
    'sshd',
    'Accepted publickey for ops from 198.51.100.9 port 41388 ssh2: RSA-CERT SHA256:abc ID ops (serial 0) CA RSA SHA256:def',
    {
      ...ok,
      'ssh.key_type': 'RSA-CERT',
      'ssh.fingerprint': 'SHA256:abc',
    },
  )
  const failed = { ...ok, 'event.outcome': 'failure' }
  fact('sshd', 'Failed none for invalid user ops from 198.51.100.9 port 41388 ssh2', {
    ...failed,
    'ssh.invalid_user': true,
  })
  fact('sshd', 'message repeated 5 times: [ Failed password for ops from 198.51.100.9 port 41388 ssh2]', {
    ...failed,
    'event.repeated': 5,
    'ssh.invalid_user': null,
  })
})

test('the address is the last one, whatever the user name says', () => {
  const name = 'root from 203.0.113.1 port 22 ssh2'
  fact('sshd', `Failed password for invalid user ${name} from 198.51.100.9 port 41388 ssh2`, {
    'user.name': name,
    ...peer,
  })
  fact('sshd', `Invalid user ${name} from 198.51.100.9 port 41388`, { 'user.name': name, ...peer })
  fact('sshd', `Connection closed by invalid user ${name} 198.51.100.9 port 41388 [preauth]`, {
    'user.name': name,
    ...peer,
  })
  fact('sshd', 'Failed password for invalid user a from b from 198.51.100.9 port 41388 ssh2', {
    'user.name': 'a from b',
    ...peer,
  })
  fact('sshd', 'Failed password for invalid user  from 198.51.100.9 port 41388 ssh2', { 'user.name': null, ...peer })
  fact('sshd', 'Invalid user  from 198.51.100.9 port 41388', {
    'event.action': 'ssh_invalid_user',
    'user.name': null,
    ...peer,
  })
})

test('connections that end', () => {
  const closed = { 'event.action': 'ssh_connection_closed', ...peer }
  fact('sshd', 'Connection closed by 198.51.100.9 port 41388', { ...closed, 'user.name': null, 'event.outcome': null })
  fact('sshd', 'Connection reset by 198.51.100.9 port 41388 [preauth]', { ...closed, 'ssh.preauth': true })
  fact('sshd', 'Connection closed by invalid user ops 198.51.100.9 port 41388 [preauth]', {
    ...closed,
    'user.name': 'ops',
    'ssh.invalid_user': true,
  })
  fact('sshd', 'Connection closed by UNKNOWN port 65535', {
    'source.ip': null,
    'source.domain': null,
    'source.port': 65535,
  })
  fact('sshd', 'fatal: Timeout before authentication for 198.51.100.9 port 41388', closed)
  fact('sshd', 'Timeout before authentication for connection from 198.51.100.9 to 192.0.2.1, pid = 5', {
    'event.action': 'ssh_connection_closed',
    'source.ip': '198.51.100.9',
  })
  const disconnect = { 'event.action': 'ssh_disconnect', ...peer }
  fact('sshd', 'Received disconnect from 198.51.100.9 port 41388:11: Bye Bye [preauth]', {
    ...disconnect,
    'event.reason': 'Bye Bye',
  })
  fact('sshd', 'Received disconnect from 198.51.100.9: 11: disconnected by user', {
    'source.ip': '198.51.100.9',
    'event.reason': '11: disconnected by user',
  })
  fact('sshd', 'Disconnected from authenticating user root 198.51.100.9 port 41388 [preauth]', {
    ...disconnect,
    'user.name': 'root',
  })
})

test('refused', () => {
  fact('sshd', 'User ops from 198.51.100.9 not allowed because not listed in AllowUsers', {
    'event.action': 'ssh_user_denied',
    'user.name': 'ops',
    'source.ip': '198.51.100.9',
    'event.reason': 'not listed in AllowUsers',
  })
  fact('sshd', 'User ops not allowed because account is locked', { 'user.name': 'ops', 'source.ip': null })
  const max = { 'event.action': 'ssh_max_auth_attempts', 'event.outcome': 'failure', 'user.name': 'root', ...peer }
  fact(
    'sshd',
    'error: maximum authentication attempts exceeded for root from 198.51.100.9 port 41388 ssh2 [preauth]',
    max,
  )
  fact(
    'sshd',
    'Disconnecting authenticating user root 198.51.100.9 port 41388: Too many authentication failures [preauth]',
    max,
  )
})

test('what speaks no SSH', () => {
  const broken = { 'event.action': 'ssh_protocol_error', 'event.outcome': 'failure' }
  fact(
    'sshd',
    'Unable to negotiate with 198.51.100.9 port 41388: no matching host key type found. Their offer: ssh-dss [preauth]',
    {
      ...broken,
      ...peer,
      'event.reason': 'no matching host key type found. Their offer: ssh-dss',
    },
  )
  fact('sshd', 'banner exchange: Connection from 198.51.100.9 port 41388: invalid format', { ...broken, ...peer })
  fact('sshd', 'Did not receive identification string from 198.51.100.9 port 41388', { ...broken, ...peer })
  fact('sshd', "Bad protocol version identification 'x from 1.1.1.1 port 2' from 198.51.100.9 port 41388", {
    ...broken,
    ...peer,
  })
  fact('sshd', 'error: kex_exchange_identification: read: Connection reset by peer', { ...broken, 'source.ip': null })
  fact('sshd', 'ssh_dispatch_run_fatal: Connection from user root 198.51.100.9 port 41388: Broken pipe [preauth]', {
    ...broken,
    ...peer,
  })
})

test('other lines of sshd', () => {
  fact('sshd', 'Connection from 198.51.100.9 port 41388 on 192.0.2.1 port 22', {
    ...peer,
    'destination.ip': '192.0.2.1',
    'destination.port': 22,
  })
  unknown('sshd', 'Server listening on :: port 22.')
  unknown('sshd', 'Failed password for')
  unknown('login', 'Failed password for root from 198.51.100.9 port 41388 ssh2')
})
