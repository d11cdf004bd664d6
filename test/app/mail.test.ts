// From a datagram to the mail in the hands of a real SMTP server that is not written in our language.
import { deepEqual, equal, match, ok } from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { makeCertificate, readMail, type SmtpServer, startSmtpServer } from '../notify/smtp-server.ts'
import { peersMissing } from './peers.ts'
import { eventually, sendTcp, startPicket } from './picket.ts'

const options = { skip: peersMissing('smtp'), timeout: 60_000 }
const auth = { user: 'picket', password: 'a long password' }
const line =
  '<14>Nov 23 12:00:00 web01 bash: HISTORY:PID=4711 PPID=4710 SID=4711 USER=alice CMD=chattr +i /srv/www/x.php\n'

test('an alert arrives by STARTTLS and says rule, why, host, user, record and link', options, async () => {
  using certificate = makeCertificate()
  await using server = await startSmtpServer({ tls: 'starttls', ...certificate, auth })
  await using picket = await startPicket({ config: mailConfig(server, certificate.cert) })
  const client = await picket.login()
  await sendTcp(picket.tcp, line)
  await server.waitFor(1)
  const [received] = server.received
  ok(received)
  equal(received.isTls, true)
  equal(received.user, auth.user)
  equal(received.mailFrom, 'picket@example.com')
  deepEqual(received.rcptTo, ['sec@example.com'])

  const { headers, text, html } = readMail(received.raw)
  deepEqual(headers['subject'], ['MEDIUM: Immutable or append-only flag changed with chattr on web01'])
  match(headers['from']?.[0] ?? '', /^Picket <picket@example\.com>$/)
  deepEqual(headers['auto-submitted'], ['auto-generated'])
  equal(headers['message-id']?.length, 1)
  ok(Math.abs(Date.parse(headers['date']?.[0] ?? '') - Date.now()) < 60_000)

  const { alerts } = await client.get<{ alerts: readonly { id: number }[] }>('/api/v1/alerts')
  equal(alerts.length, 1)
  const link = `https://picket.example.com/alerts/${alerts[0]?.id}`
  for (const [part, said] of [
    ['text', text],
    ['html', html],
  ] as const) {
    const flat = said.replace(/\s+/g, ' ')
    for (const wanted of [
      'Immutable or append-only flag changed with chattr',
      'Intruders lock what they dropped',
      'web01',
      'alice',
      'CMD=chattr +i /srv/www/x.php',
      'Run lsattr on the named file',
      'T1222.002',
      link,
    ])
      ok(flat.includes(wanted), `${part}: ${wanted}\n${said}`)
  }
  await eventually(
    async () => (await client.get<string>('/metrics')).includes('\npicket_mails_total{result="sent"} 1\n'),
    'the mail in the metrics',
  )
})

test('what senders write cannot become a header, a link or HTML', options, async () => {
  using certificate = makeCertificate()
  await using server = await startSmtpServer({ tls: 'starttls', ...certificate, auth })
  await using picket = await startPicket({ config: mailConfig(server, certificate.cert) })
  const user = '<img/src=x>'
  const frame = `<14>1 2026-11-23T12:00:00Z web01\u202e bash - - - HISTORY:PID=1 PPID=2 SID=3 USER=${user} CMD=chattr +i x\r\nBcc: evil@example.com\r\n\r\n<script>1</script> \u202ecod.exe`
  const bytes = Buffer.from(frame)
  await sendTcp(picket.tcp, Buffer.concat([Buffer.from(`${bytes.length} `), bytes]))
  await server.waitFor(1)
  const [received] = server.received
  deepEqual(received?.rcptTo, ['sec@example.com'])
  const { headers, text, html } = readMail(received?.raw ?? '')
  equal(headers['bcc'], undefined)
  match(headers['subject']?.[0] ?? '', /^[ -~]+$/)
  ok(!text.includes('\u202e') && !html.includes('\u202e'), 'a bidirectional control character as it was sent')
  ok(!/^Bcc:/m.test(text), text)
  ok(!/<(?:script|img)/i.test(html), html)
  ok(html.includes('&#60;script&#62;'), html)
})

test('a mail waits while the server is away, and is sent once it is back, also over a restart', options, async () => {
  using certificate = makeCertificate()
  const server = await startSmtpServer({ tls: 'starttls', ...certificate, auth })
  const { port } = server
  await server[Symbol.asyncDispose]()
  await using picket = await startPicket({ config: mailConfig({ port }, certificate.cert) })
  await sendTcp(picket.tcp, line)
  const client = await picket.login()
  await eventually(
    async () => /\npicket_mails_total\{result="retry"\} [1-9]/.test(await client.get<string>('/metrics')),
    'a failed attempt',
  )
  equal(await picket.stop(), 0)
  await using back = await startSmtpServer({ port, tls: 'starttls', ...certificate, auth })
  await using again = await startPicket({
    dataDir: picket.dataDir,
    config: mailConfig({ port }, certificate.cert),
  })
  await eventually(() => back.received.length > 0, 'the mail', 40)
  equal(await again.stop(), 0)
  equal(back.received.length, 1)
})

/** `mail:` and the public address, the password in a file beside the certificate. */
function mailConfig({ port }: Pick<SmtpServer, 'port'>, cert: string): string {
  const passwordFile = join(dirname(cert), 'password')
  writeFileSync(passwordFile, auth.password, { mode: 0o600 })
  return `web: { port: 0, publicUrl: https://picket.example.com }
mail:
  server: smtp://${auth.user}@127.0.0.1:${port}
  passwordFile: ${passwordFile}
  tlsCa: ${cert}
  from: picket@example.com
  to: [sec@example.com]`
}
