import { test } from 'node:test'
import { fact, unknown } from './facts.ts'

test('sessions', () => {
  const opened = {
    'event.action': 'session_opened',
    'event.outcome': 'success',
    'pam.module': 'pam_unix',
    'pam.type': 'session',
  }
  fact('su', 'pam_unix(su:session): session opened for user root by ops(uid=1000)', {
    ...opened,
    'user.name': 'root',
    'user.id': null,
    'pam.by.name': 'ops',
    'pam.by.id': '1000',
  })
  fact('login', 'pam_unix(login:session): session opened for user root(uid=0) by LOGIN(uid=0)', {
    'user.id': '0',
    'pam.by.name': 'LOGIN',
  })
  fact('sshd', 'pam_unix(sshd:session): session closed for user ops', {
    'event.action': 'session_closed',
    'user.name': 'ops',
  })
  fact('su(pam_unix)', 'session opened for user root by ops(uid=500)', { 'user.name': 'root', 'pam.service': 'su' })
})

test('failures', () => {
  const failed = { 'event.action': 'auth_failure', 'event.outcome': 'failure' }
  fact(
    'sshd',
    'pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=198.51.100.9  user=a rhost=1.2.3.4 user=b',
    {
      ...failed,
      'user.name': 'a rhost=1.2.3.4 user=b',
      'source.ip': '198.51.100.9',
    },
  )
  fact(
    'sshd',
    'pam_sss(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=host.example user=bob',
    {
      ...failed,
      'user.name': 'bob',
      'source.ip': null,
      'source.domain': 'host.example',
    },
  )
  fact(
    'sshd',
    'PAM 2 more authentication failures; logname= uid=0 euid=0 tty=ssh ruser= rhost=198.51.100.9  user=root',
    {
      ...failed,
      'pam.count': 2,
      'user.name': 'root',
      'source.ip': '198.51.100.9',
    },
  )
  fact('sshd', 'PAM 1 more authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=198.51.100.9 ', {
    ...failed,
    'pam.count': 1,
    'user.name': null,
    'source.ip': '198.51.100.9',
  })
  fact('su', 'pam_succeed_if(su:auth): requirement "uid >= 1000" not met by user "root"', {
    ...failed,
    'user.name': 'root',
  })
  fact('sshd', 'pam_sss(sshd:auth): received for user bob: 7 (Authentication failure)', {
    ...failed,
    'user.name': 'bob',
  })
  fact('sshd', 'pam_faillock(sshd:auth): Consecutive login failures for user bob account temporarily locked', {
    'event.action': 'account_locked',
    'user.target.name': 'bob',
  })
  fact('sshd', 'pam_tally2(sshd:auth): user root (0) tally 4, deny 3', {
    'event.action': 'account_locked',
    'user.target.name': 'root',
  })
})

test('other PAM lines give the module only', () => {
  fact('sshd', 'pam_env(sshd:session): deprecated reading of user environment enabled', {
    'pam.module': 'pam_env',
    'pam.service': 'sshd',
    'event.action': null,
  })
  unknown('sshd', 'pam_unix: something')
})

test('su', () => {
  const su = { 'event.action': 'su', 'event.outcome': 'success', 'user.name': 'ops', 'user.effective.name': 'root' }
  fact('su', '(to root) ops on pts/0', { ...su, 'process.tty': 'pts/0' })
  fact('su', '(to root) ops on none', { ...su, 'process.tty': null })
  fact('su', 'FAILED SU (to root) ops on none', { ...su, 'event.outcome': 'failure' })
  fact('su', 'Successful su for root by ops', su)
  fact('su', 'FAILED su for root by ops', { ...su, 'event.outcome': 'failure' })
  fact('su', '+ /dev/pts/1 ops:root', { ...su, 'process.tty': '/dev/pts/1' })
  fact('su', '- pts/1 ops:root', { ...su, 'event.outcome': 'failure' })
  fact('su', 'ops to root on /dev/pts/0', { ...su, 'process.tty': '/dev/pts/0' })
  fact('su', 'BAD SU ops to root on /dev/pts/0', { ...su, 'event.outcome': 'failure' })
  unknown('su', 'something else to say')
})
