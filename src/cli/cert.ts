// picket cert init|server|client|show

import type { Command } from 'commander'
import { certClientCommand } from './cert-client.ts'
import { certServerCommands } from './cert-server.ts'
import { certShowCommand } from './cert-show.ts'
import { type Cli, createCommand } from './cli.ts'

export function certCommand(cli: Cli): Command {
  const command = createCommand('cert', 'a small CA for TLS, certificates of Picket and its senders', [
    ['a CA and the certificate of this server', 'cert init --dir /etc/picket/tls --name picket.example.com'],
    [
      'a certificate for a sender, and its rsyslog configuration',
      'cert client web01.example.com --dir /etc/picket/tls',
    ],
    ['what stands in a certificate', 'cert show /etc/picket/tls/server.pem'],
  ])
  for (const child of certServerCommands(cli)) command.addCommand(child)
  return command.addCommand(certClientCommand(cli)).addCommand(certShowCommand(cli))
}
