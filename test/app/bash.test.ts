// A person at a real interactive bash whose commands go to the real process: by the article's PROMPT_COMMAND as it
// stands, and by the corrected one that Picket ships.
import { deepEqual, equal } from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Alert } from '../../src/model/alert.ts'
import { peersMissing } from './peers.ts'
import { type Client, eventually, startPicket } from './picket.ts'
import { startRsyslogd } from './rsyslogd.ts'
import { startShell } from './shell.ts'

const root = join(import.meta.dirname, '../..')
const options = { skip: peersMissing('bash', 'script', 'logger'), timeout: 60_000 }
const withRsyslogd = { skip: peersMissing('bash', 'script', 'logger', 'rsyslogd'), timeout: 60_000 }

/** The article's line; `$LOGGER_OPTIONS` says where logger sends to. */
const articleHook = `PROMPT_COMMAND='{ echo "HISTORY:PID=$$ PPID=$PPID SID=$$ USER=\${USER} CMD=$( history 1 | tr -s [[:blank:]] |cut -d" " -f 3-100)" ; } | logger -p user.info $LOGGER_OPTIONS'`
const shippedHook = readFileSync(join(root, 'packaging/client/picket-history.sh'), 'utf8')
/** The shipped one writes to /dev/log, which a test must not own. */
const toUdp = (port: number) => `logger() { command logger -n 127.0.0.1 -P ${port} -d "$@"; }\n`

/** The ten of the article: each as typed (`false &&` keeps it from doing anything) and the rules that it meets. */
const dangerous = [
  ['false && chattr +i /srv/www/shell.php', 'Immutable or append-only flag changed with chattr'],
  ['false && touch -r /bin/ls /srv/www/shell.php', 'File time set back or copied with touch'],
  [`false && python -c 'import pty; pty.spawn("/bin/sh")'`, 'Shell upgraded to a terminal'],
  ['false && nc -l 4444', 'Netcat listens or runs a program'],
  ['false && cat /etc/passwd', 'Account or password file read or copied'],
  ['false && python -m SimpleHTTPServer 8000', 'Web server started with Python 2 (SimpleHTTPServer)'],
  ['false && python3 -m http.server 8000', 'Ad-hoc web server started'],
  ['false && ssh -D 1080 bob@198.51.100.9', 'Tunnel through ssh'],
  ['false && bash -i', 'Shell started as interactive by hand'],
  ['false && useradd -m mallory', 'Account created by command'],
] as const

/** What people type all day and what only looks like the ten. */
const harmless = [
  'echo rechattr +i',
  'false && man chattr',
  'false && touch -c report.txt',
  'false && rsync -l here there',
  'false && ls /etc/passwd.d',
  'false && ssh bob@198.51.100.9 uptime',
  'false && bash install.sh',
  'false && useradd --help',
] as const

const hooks = {
  'of the article': (port: number) => `LOGGER_OPTIONS='-n 127.0.0.1 -P ${port} -d'\n${articleHook}`,
  'that Picket ships': (port: number) => toUdp(port) + shippedHook,
}
for (const [name, hook] of Object.entries(hooks)) {
  test(`the hook ${name}: the ten dangerous commands alert, near misses do not`, options, async () => {
    await using picket = await startPicket()
    const client = await picket.login()
    await using shell = await startShell(hook(picket.udp))
    for (const line of harmless) await shell.type(line)
    for (const [line] of dangerous) await shell.type(line)
    await shell.type('echo the end')
    await eventually(async () => (await commands(client)).includes('echo the end'), 'the last command')

    const typed = [...harmless, ...dangerous.map(([line]) => line), 'echo the end']
    deepEqual((await commands(client)).slice(-typed.length), typed)
    const records = await client.records('cmd:chattr user:alice -cmd:man')
    equal(records.length, 1)
    deepEqual(pick(records[0]?.fields, ['process.pid', 'process.session_leader.pid', 'user.name', 'event.action']), [
      shell.pid,
      shell.pid,
      'alice',
      'bash_command',
    ])
    equal(records[0]?.facility, 1)
    equal(records[0]?.severity, 6)

    const alerts = await alertsOf(client)
    deepEqual(
      alerts.map(alert => [alert.rule.title, alert.user, alert.count]).toSorted(),
      dangerous.map(([, title]) => [title, 'alice', 1]).toSorted(),
    )
    for (const [line, title] of dangerous) {
      const record = alerts.find(alert => alert.rule.title === title)?.last_record
      equal(record?.fields['process.command_line'], line)
    }
  })
}

test('the hook of the article through the socket of a real rsyslogd', withRsyslogd, async () => {
  await using picket = await startPicket()
  const client = await picket.login()
  await using rsyslogd = await startRsyslogd(
    `action(type="omfwd" target="127.0.0.1" port="${picket.tcp}" protocol="tcp")`,
    { hostname: 'web07', timeZone: 'UTC' },
  )
  await using shell = await startShell(`LOGGER_OPTIONS='-u ${rsyslogd.socket}'\n${articleHook}`)
  await shell.type('false && chattr -i /etc/resolv.conf')
  const [alert] = await eventually(async () => notEmpty(await alertsOf(client)), 'an alert')
  deepEqual([alert?.hostname, alert?.user, alert?.count], ['web07', 'alice', 1])
  equal(alert?.last_record.fields['process.command_line'], 'false && chattr -i /etc/resolv.conf')
})

test('the shipped hook tells exit code, folder, several lines and long lines, and nothing twice', options, async () => {
  await using picket = await startPicket()
  const client = await picket.login()
  const earlier = `echo 'false && chattr +i of-an-earlier-session' > "$HISTFILE"; history -r\n`
  await using shell = await startShell(earlier + toUdp(picket.udp) + shippedHook)
  await shell.type('mkdir "two words"')
  await shell.type('cd "two words"')
  await shell.type('(exit 7)')
  await shell.type('')
  await shell.type('for i in 1 2', 'do', `  echo "a\\\\b  c $i"`, 'done')
  await shell.type("echo 'first", "second'")
  const long = `: ${'long '.repeat(300)}end`
  await shell.type(long)
  await shell.type('echo the end')
  const records = await eventually(async () => {
    const found = (await client.records('cmd:*')).toReversed()
    return found.at(-1)?.fields['process.command_line'] === 'echo the end' ? found : undefined
  }, 'the last command')
  const told = records.map(({ fields }) =>
    pick(fields, ['process.command_line', 'process.exit_code', 'process.working_directory']),
  )
  equal(told[0]?.[0], shell.firstLine)
  const folder = String(told[0]?.[2])
  const inside = `${folder}/two words`
  deepEqual(told.slice(1), [
    ['mkdir "two words"', 0, folder],
    ['cd "two words"', 0, inside],
    ['(exit 7)', 7, inside],
    ['for i in 1 2; do   echo "a\\\\b  c $i"; done', 0, inside], // as bash keeps it: cmdhist
    ["echo 'first\nsecond'", 0, inside],
    [long, 0, inside],
    ['echo the end', 0, inside],
  ])
})

type AlertJson = Pick<Alert, 'hostname' | 'user' | 'count'> & {
  readonly rule: { readonly title: string }
  readonly last_record: Alert['lastRecord']
}

async function alertsOf(client: Client): Promise<readonly AlertJson[]> {
  return (await client.get<{ alerts: readonly AlertJson[] }>('/api/v1/alerts?limit=100')).alerts
}

/** Every recorded command, oldest first. */
async function commands(client: Client): Promise<readonly unknown[]> {
  return (await client.records('cmd:*')).map(record => record.fields['process.command_line']).toReversed()
}

function pick(fields: { readonly [name: string]: unknown } | undefined, names: readonly string[]): readonly unknown[] {
  return names.map(name => fields?.[name])
}

function notEmpty<T>(list: readonly T[]): readonly T[] | undefined {
  return list.length > 0 ? list : undefined
}
