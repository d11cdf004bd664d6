import { test } from 'node:test'
import { fact, unknown } from './facts.ts'

const done = { 'event.outcome': 'success' }

test('users', () => {
  fact('useradd', 'new user: name=mallory, UID=1001, GID=1001, home=/home/mallory, shell=/bin/bash, from=none', {
    ...done,
    'event.action': 'user_added',
    'user.target.name': 'mallory',
    'process.tty': null,
  })
  fact('useradd', "failed adding user 'mallory', exit code: 9", {
    'event.action': 'user_added',
    'event.outcome': 'failure',
  })
  fact('userdel', "delete user 'bob2'\n", { ...done, 'event.action': 'user_deleted', 'user.target.name': 'bob2' })
  fact('userdel', "delete user `bob2'", { ...done, 'event.action': 'user_deleted', 'user.target.name': 'bob2' })
  fact('usermod', "unlock user 'bob1' password", {
    ...done,
    'event.action': 'user_unlocked',
    'user.target.name': 'bob1',
  })
})

test('changes of a user', () => {
  const changed = (line: string, field: string, from: string | null, to: string | null): void => {
    fact('usermod', line, {
      ...done,
      'event.action': 'user_modified',
      'user.target.name': 'm',
      'user.changes.field': field,
      'user.changes.from': from,
      'user.changes.to': to,
    })
  }
  changed("change user 'm' home from '/home/m' to '/home/m2'", 'home', '/home/m', '/home/m2')
  changed("change user 'm' shell from '/bin/bash' to '/bin/sh'", 'shell', '/bin/bash', '/bin/sh')
  changed("change user 'm' expiration from 'never' to '2027-01-01'", 'expiration', 'never', '2027-01-01')
  changed("change user 'm' GID from '5' to '0'", 'GID', '5', '0')
  changed("changed user 'm' shell to '/bin/bash'", 'shell', null, '/bin/bash')
  changed("changed user 'm' information", 'information', null, null)
  changed('changed password expiry for m', 'password expiry', null, null)
})

test('passwords', () => {
  const changed = { ...done, 'event.action': 'password_changed', 'user.target.name': 'm' }
  fact('usermod', "change user 'm' password", changed)
  fact('passwd', "password for 'm' changed by 'root'", { ...changed, 'user.name': 'root' })
  fact('passwd', 'password for m changed by root', { ...changed, 'user.name': 'root' })
  fact('passwd', 'pam_unix(passwd:chauthtok): password changed for m', { ...changed, 'pam.service': 'passwd' })
})

test('groups', () => {
  const added = { ...done, 'event.action': 'user_added_to_group', 'user.target.name': 'm', 'group.name': 'sudo' }
  fact('usermod', "add 'm' to shadow group 'sudo'", added)
  fact('usermod', "add `m' to group `sudo'", added)
  fact('gpasswd', 'user m added by root to group sudo', { ...added, 'user.name': 'root' })
  const removed = { ...added, 'event.action': 'user_removed_from_group' }
  fact('gpasswd', 'user m removed by root from group sudo', { ...removed, 'user.name': 'root' })
  fact('userdel', "delete 'm' from group 'sudo'", removed)
  fact('groupadd', 'group added to /etc/group: name=dbas, GID=4242', {
    ...done,
    'event.action': 'group_added',
    'group.name': 'dbas',
    'group.id': '4242',
  })
  fact('groupdel', "group 'dbas' removed\n", { ...done, 'event.action': 'group_deleted', 'group.name': 'dbas' })
  fact('groupdel', "group 'dbas' removed from /etc/gshadow", { 'event.action': 'group_deleted', 'group.name': 'dbas' })
  fact('userdel', "removed group 'm' owned by 'm'", { 'event.action': 'group_deleted', 'group.name': 'm' })
  fact('userdel', "removed shadow group 'm' owned by 'm'", { 'event.action': 'group_deleted', 'group.name': 'm' })
})

test('what these programs do not say', () => {
  unknown('usermod', "change user 'm")
  unknown('useradd', 'new user: ')
  unknown('passwd', 'hello')
  unknown('chatty', "delete user 'bob'")
})
