import { test } from 'node:test'
import type { Want } from './facts.ts'
import { fact, unknown } from './facts.ts'

const base = {
  'event.action': 'bash_command',
  'process.pid': 1,
  'process.parent.pid': 2,
  'process.session_leader.pid': 3,
  'user.name': 'alice',
  'process.command_line': 'ls -la',
}

test('spellings: blank behind the colon, order and case of keys, names of keys', () => {
  fact('root', 'HISTORY:PID=1 PPID=2 SID=3 USER=alice CMD=ls -la', {
    ...base,
    'history.logger_tag': 'root',
    'history.flags': null,
  })
  fact('root', 'HISTORY: PID=1 PPID=2 SID=3 USER=alice CMD=ls -la', base)
  fact('root', 'HISTORY:  PID=1  PPID=2  SID=3  User=alice  CMD=ls -la', base)
  fact('root', 'history: sid=3 user=alice pid=1 ppid=2 cmd=ls -la', base)
  fact('root', 'HISTORY : USER=alice SID=3 PPID=2 PID=1 Cmd=ls -la', base)
  fact('root', 'HISTORY: VMIP=10.0.0.9 PID=1 PPID=2 SID=3 LOGIN=alice COMMAND=ls -la', {
    ...base,
    'host.ip': '10.0.0.9',
  })
  fact('root', 'HISTORY: PID=1 FOO=x PPID=2 SID=3 BAR= USER=alice CMD=ls -la', base)
  fact(undefined, 'HISTORY:PID=1 PPID=2 SID=3 USER=alice CMD=ls -la', { ...base, 'history.logger_tag': null })
})

test('the program HISTORY: the header parser took the word for a tag', () => {
  fact('HISTORY', 'PID=1 PPID=2 SID=3 USER=alice CMD=ls -la', base)
  fact('HISTORY', 'PID=7 UID=0 ls -la', {
    'process.pid': 7,
    'user.id': '0',
    'process.command_line': 'ls -la',
    'user.name': null,
  })
  fact('HISTORY', 'PID=123 (ls) UID=0 CMD=x', { 'history.flags': null })
  unknown('HISTORY', 'of the world')
})

test('CMD is last and greedy: pairs behind the first CMD= belong to the command', () => {
  fact('root', 'HISTORY:PID=1 PPID=2 SID=3 USER=alice CMD=make CMD=x USER=root PID=9', {
    ...base,
    'process.command_line': 'make CMD=x USER=root PID=9',
  })
  fact('root', 'HISTORY:PID=1 PPID=2 SID=3 USER=alice CMD=ls -la ', { ...base, 'process.command_line': 'ls -la ' })
})

test("bash's own form", () => {
  const native = { 'event.action': 'bash_command', 'process.pid': 812, 'user.id': '1000' }
  fact('bash', 'HISTORY: PID=812 UID=1000 ls -la', { ...native, 'process.command_line': 'ls -la', 'user.name': null })
  fact('-bash', 'HISTORY: PID=812 UID=1000 make CMD=x', {
    ...native,
    'process.command_line': 'make CMD=x',
    'user.name': null,
  })
  fact('bash', 'HISTORY: PID=812 UID=1000 FOO=1 CMD=2 ./run', {
    ...native,
    'process.command_line': 'FOO=1 CMD=2 ./run',
  })
  fact('bash', 'HISTORY: PID=812 UID=1000 -l 4444', {
    ...native,
    'process.command_line': '-l 4444',
    'history.flags': null,
  })
  fact('bash', 'HISTORY (TRUNCATED): PID=812 UID=1000 echo aaa', {
    ...native,
    'process.command_line': 'echo aaa',
    'history.flags': ['truncated'],
  })
  fact('alice', 'HISTORY: PID=812 UID=1000 id', { ...native, 'user.name': 'alice', 'history.flags': ['user_from_tag'] })
})

test('a record cut short before CMD', () => {
  fact('root', 'HISTORY:PID=1 PPID=2 SID', { 'process.pid': 1, 'process.parent.pid': 2, 'process.command_line': 'SID' })
  fact('root', 'HISTORY:PID=1 PPID=2 SID=3 USER=alice', {
    'user.name': 'alice',
    'process.command_line': null,
    'history.flags': ['cut_short'],
  })
})

test('HISTTIMEFORMAT in front of the command', () => {
  const at = (command: string, want: Want): void => {
    fact('root', `HISTORY:PID=1 PPID=2 SID=3 USER=alice CMD=${command}`, { ...base, 'history.flags': null, ...want })
  }
  at('2026-11-23 12:55:49 ls -la', { 'history.timestamp': '2026-11-23T12:55:49.000Z' })
  at('2026-11-23T13:35:42+0100|ls -la', { 'history.timestamp': '2026-11-23T12:35:42.000Z' })
  at('2026-11-23T13:35:42Z ls -la', { 'history.timestamp': '2026-11-23T13:35:42.000Z' })
  at('[2026-11-23 13:35:42] ls -la', { 'history.timestamp': '2026-11-23T13:35:42.000Z' })
  at('[23/11/26 12:55:49] ls -la', { 'history.timestamp': null })
  at('23/11/2026 12:55 ls -la', { 'history.timestamp': null })
  at('1795438549 ls -la', { 'history.timestamp': '2026-11-23T12:55:49.000Z' })
  at('2026-13-45 12:55:49 ls -la', { 'history.timestamp': null })
  at('[ -f /x ] && y', { 'process.command_line': '[ -f /x ] && y' })
  at('7z x a.7z', { 'process.command_line': '7z x a.7z' })
})

test('flags: nothing typed, head lost, user from the tag, key given twice', () => {
  const at = (pairs: string, want: Want): void => fact('bob', `HISTORY:PID=1 PPID=2 SID=3 ${pairs}`, want)
  at('USER=alice CMD=', { 'process.command_line': '', 'history.flags': ['empty_command'] })
  at('USER=alice CMD=-l 4444', { 'process.command_line': '-l 4444', 'history.flags': ['head_lost'] })
  at('USER=alice CMD=http://203.0.113.9/a', { 'history.flags': ['head_lost'] })
  at('USER=alice CMD=httpd -k start', { 'history.flags': null })
  at('USER= CMD=id', { 'user.name': 'bob', 'history.flags': ['user_from_tag'] })
  at('CMD=id', { 'user.name': 'bob', 'history.flags': ['user_from_tag'] })
  at('USER=x UID=0 UID=1000 CMD=id', { 'user.id': '0', 'history.flags': ['duplicate_key'] })
  fact('logger', 'HISTORY:PID=1 USER= CMD=id', { 'user.name': null })
})

test('N= says that the command is escaped', () => {
  const at = (command: string, want: string): void => {
    const line = `HISTORY:PID=1 PPID=2 SID=3 USER=alice UID=0 N=7 RC=127 PWD=/tmp/a\\ b CMD=${command}`
    fact('root', line, {
      ...base,
      'process.command_line': want,
      'process.exit_code': 127,
      'process.working_directory': '/tmp/a b',
    })
  }
  at('echo "a\\nb"', 'echo "a\nb"')
  at('echo tabx \\\\n', 'echo tabx \\n')
  at('echo \\\\\\\\ \\\\\\n', 'echo \\\\ \\\n')
  at('echo \\t end\\', 'echo \\t end\\')
  at('-l 4444', '-l 4444')
  at('2026-11-23 12:55:49 x', '2026-11-23 12:55:49 x')
})

test('control characters that a relay wrote as #ooo', () => {
  const at = (command: string, want: string): void => {
    fact('root', `HISTORY:PID=1 PPID=2 SID=3 USER=alice CMD=${command}`, { 'process.command_line': want })
  }
  at('echo a#012nc -l 4444', 'echo a\nnc -l 4444')
  at('printf x#011y', 'printf x\ty')
  at('echo #123 #1 # #09', 'echo #123 #1 # #09')
  at('echo #177#033[1m', 'echo \u007f\u001b[1m')
})

test('values with blanks go on to the next pair', () => {
  fact('root', 'HISTORY:PID=1 PPID=2 SID=3 USER=alice PWD=/home/a b c CMD=ls -la', {
    ...base,
    'process.working_directory': '/home/a b c',
  })
  fact('root', 'HISTORY:PID=1 PPID=2 SID=3 USER=alice SSH_CLIENT=203.0.113.7 51234 22 CMD=ls -la', {
    ...base,
    'source.ip': '203.0.113.7',
  })
})

test('user, pid, command and exit code in brackets', () => {
  const want = {
    'event.action': 'bash_command',
    'process.pid': 1234,
    'process.command_line': 'ls [a]',
    'process.exit_code': 0,
  }
  fact('alice', 'alice [1234]: ls [a] [0]', { ...want, 'user.name': 'alice' })
  fact(undefined, 'alice [1234]: ls [a] [0]', { ...want, 'user.name': 'alice' }, { facility: 22 })
  fact('alice', '[1234]: ls [a] [0]', { ...want, 'user.name': 'alice' }, { facility: 22 })
  unknown(undefined, 'alice [1234]: ls [a] [0]', { facility: 1 })
  unknown('app', 'alice [1234]: ls [a] [0]')
  unknown('alice', 'alice [1234]: ls [a] [no]')
})

test("rsyslog's annotation is taken off, text that could hide a command is not", () => {
  const line = 'HISTORY: PID=812 UID=0 id'
  fact('bash', `${line} @[_PID=812 _UID=0 _GID=0 _COMM=bash _EXE=/usr/bin/bash _CMDLINE="-bash"]`, {
    'process.command_line': 'id',
  })
  const hidden = `; @[_PID=812 _UID=0 _GID=0 _COMM=bash _EXE=/usr/bin/bash _CMDLINE="$(nc -l 4444)"]`
  fact('bash', line + hidden, { 'process.command_line': `id${hidden}` })
})

test('what is no record', () => {
  unknown('root', 'has words')
  unknown('root', 'HISTORY')
  unknown('root', 'HISTORY:')
  unknown('root', 'HISTORY: of the world')
  unknown('root', 'x HISTORY:PID=1 PPID=1 SID=1 USER=root CMD=fake')
})
