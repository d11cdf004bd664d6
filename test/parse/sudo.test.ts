import { test } from 'node:test'
import { fact, unknown } from './facts.ts'

const run = {
  'event.action': 'sudo_command',
  'event.outcome': 'success',
  'user.name': 'ops',
  'user.effective.name': 'root',
  'process.working_directory': '/tmp',
  'process.command_line': '/usr/bin/id',
  'event.reason': null,
}

test('allowed', () => {
  fact('sudo', 'ops : TTY=pts/0 ; PWD=/tmp ; USER=root ; COMMAND=/usr/bin/id', { ...run, 'process.tty': 'pts/0' })
  fact('sudo', 'ops : TTY=unknown ; PWD=/tmp ; USER=root ; GROUP=dbas ; ENV=A=1 B=2 ; COMMAND=/usr/bin/id', {
    ...run,
    'group.name': 'dbas',
    'sudo.env': 'A=1 B=2',
  })
  fact('sudo', 'ops : TTY=pts/0 ; PWD=/tmp ; USER=root ; TSID=00000A ; COMMAND=/usr/bin/id', {
    ...run,
    'sudo.session': '00000A',
  })
  fact('sudo', 'ops : PWD=/tmp ; USER=root ; COMMAND=/bin/sh -c a ; COMMAND=b', {
    ...run,
    'process.command_line': '/bin/sh -c a ; COMMAND=b',
  })
  fact('sudo', 'ops : PWD=/a#011b ; USER=root ; COMMAND=/usr/bin/id', { ...run, 'process.working_directory': '/a\tb' })
})

test('refused: there is a reason in front', () => {
  const reason = (text: string): void => {
    fact('sudo', `ops : ${text} ; TTY=pts/0 ; PWD=/tmp ; USER=root ; COMMAND=/usr/bin/id`, {
      ...run,
      'event.outcome': 'failure',
      'event.reason': text,
    })
  }
  reason('1 incorrect password attempt')
  reason('a password is required')
  reason('user not allowed to change directory to /')
  reason('sorry, you must have a tty to run sudo')
})

test('a long command goes on in further records', () => {
  fact('sudo', 'ops : (command continued) x COMMAND=y', {
    'event.action': 'sudo_command_continued',
    'user.name': 'ops',
    'process.command_line': 'x COMMAND=y',
  })
})

test('PAM lines and other lines of sudo', () => {
  fact('sudo', 'pam_unix(sudo-i:session): session opened for user root(uid=0) by (uid=1002)', {
    'event.action': 'session_opened',
    'user.name': 'root',
    'pam.service': 'sudo-i',
    'pam.by.id': '1002',
  })
  unknown('sudo', 'unable to resolve host web01: Name or service not known')
  unknown('sudo', 'ops : unable to open /run/sudo/ts/ops')
})
