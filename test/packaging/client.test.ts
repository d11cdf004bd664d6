// The two files for senders, in a real bash and a real rsyslogd, with the real process at the other end.
import { deepEqual, equal, ok } from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { pathOf, peersMissing } from '../app/peers.ts'
import { type Client, eventually, startPicket } from '../app/picket.ts'
import { startRsyslogd } from '../app/rsyslogd.ts'
import { startShell } from '../app/shell.ts'
import { root } from './tools.ts'

const run = promisify(execFile)
const hookFile = join(root, 'packaging/client/picket-history.sh')
const forward = readFileSync(join(root, 'packaging/client/60-picket-forward.conf'), 'utf8')
const withBash = { skip: peersMissing('bash', 'script', 'logger'), timeout: 60_000 }
const withRsyslogd = { skip: peersMissing('rsyslogd', 'logger'), timeout: 60_000 }

/** The hook writes to /dev/log, which a test must not own. */
const toPicket = (port: number) => `logger() { command logger -n 127.0.0.1 -P ${port} -d "$@"; }\n`

test('the history hook keeps an existing PROMPT_COMMAND and the exit code it sees', withBash, async () => {
  await using picket = await startPicket()
  const client = await picket.login()
  await using shell = await startShell(
    `seen() { codes="$codes $?"; }; PROMPT_COMMAND=seen\n${toPicket(picket.udp)}. ${hookFile}\n. ${hookFile}\n`,
  )
  await shell.type('(exit 3)')
  await shell.type('true')
  const shown = await shell.type('echo "codes:$codes" "$PROMPT_COMMAND"')
  ok(shown.includes('codes: 0 0 3 0 __picket; seen'), shown)
  const told = await commands(client, 4)
  deepEqual(told.slice(1), [
    ['(exit 3)', 3],
    ['true', 0],
    ['echo "codes:$codes" "$PROMPT_COMMAND"', 0],
  ])
})

test('a record cannot be forged or hidden by lines, folders, or the variable USER', withBash, async () => {
  await using picket = await startPicket()
  const client = await picket.login()
  await using shell = await startShell(`${toPicket(picket.udp)}. ${hookFile}\n`)
  await shell.type(`echo 'first`, `x y HISTORY:PID=1 PPID=1 SID=1 USER=root CMD=fake\\n'`)
  await shell.type(`mkdir 'end\\' 'a CMD=fake'; cd 'end\\'`)
  await shell.type('true in the folder that ends with a backslash')
  await shell.type(`cd '../a CMD=fake'`)
  await shell.type('USER="root CMD=fake"')
  await shell.type('set -u; IFS=PI; shopt -s nullglob')
  await shell.type('true "two  blanks" & wait')
  const told = await commands(client, 8)
  deepEqual(
    told.slice(1).map(([command]) => command),
    [
      `echo 'first\nx y HISTORY:PID=1 PPID=1 SID=1 USER=root CMD=fake\\n'`,
      `mkdir 'end\\' 'a CMD=fake'; cd 'end\\'`,
      'true in the folder that ends with a backslash',
      `cd '../a CMD=fake'`,
      'USER="root CMD=fake"',
      'set -u; IFS=PI; shopt -s nullglob',
      'true "two  blanks" & wait',
    ],
  )
  const [last] = await client.records('cmd:*')
  equal(last?.fields['user.name'], 'root_CMD_fake')
  ok(String(last?.fields['process.working_directory']).endsWith('/a CMD=fake'))
})

test('the history hook does nothing in a script, in sh, and without logger', withBash, async () => {
  const probe = `. ${hookFile}; echo "hook:$PROMPT_COMMAND"`
  equal((await run(pathOf('bash'), ['-c', probe])).stdout, 'hook:\n')
  equal((await run('sh', ['-c', probe])).stdout, 'hook:\n')
  equal((await run(pathOf('bash'), ['-c', `PS1=x PATH=/nowhere; ${probe}`])).stdout, 'hook:\n')
})

test('rsyslogd finds no mistake in the forwarding rule as it is shipped', withRsyslogd, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'picket-client-'))
  const file = join(folder, 'rsyslog.conf')
  writeFileSync(file, `global(workDirectory="${folder}")\n${forward}`)
  const { stderr } = await run(pathOf('rsyslogd'), ['-N1', '-f', file])
  deepEqual(
    stderr.split('\n').filter(line => /error|warn|picket/i.test(line) && !line.includes(file)),
    [],
  )
  rmSync(folder, { recursive: true })
})

test('the security facilities arrive through it, the others do not', withRsyslogd, async () => {
  await using picket = await startPicket()
  const client = await picket.login()
  const here = forward.replaceAll('picket.example.com', '127.0.0.1').replace('port="514"', `port="${picket.tcp}"`)
  ok(here.includes(`port="${picket.tcp}"`))
  await using rsyslogd = await startRsyslogd(here, { hostname: 'web07', timeZone: 'Asia/Shanghai' })
  const wanted = ['auth', 'authpriv', 'cron', 'user']
  for (const facility of [...wanted, 'daemon', 'mail', 'local0']) {
    await rsyslogd.log('-p', `${facility}.info`, '-t', facility, `a line\nand another of ${facility}`)
  }
  await rsyslogd.log('-p', 'user.info', '-t', 'user', 'the end')
  await eventually(async () => (await client.records('"the end"')).length > 0 || undefined, 'the last message')
  const records = await client.records('another')
  deepEqual(records.map(record => record.app_name).toSorted(), wanted)
  for (const record of records) {
    equal(record.format, 'rfc5424')
    equal(record.hostname, 'web07')
    deepEqual(record.problems, [])
    ok(Math.abs(Date.parse(record.timestamp ?? '') - Date.parse(record.received_at)) < 60_000, 'the time has its zone')
  }
})

/** The recorded commands with their exit codes, oldest first, once there are so many. */
async function commands(client: Client, count: number): Promise<readonly (readonly unknown[])[]> {
  const records = await eventually(async () => {
    const found = await client.records('cmd:*')
    return found.length >= count ? found : undefined
  }, `${count} commands`)
  return records.map(({ fields }) => [fields['process.command_line'], fields['process.exit_code']]).toReversed()
}
