// picket cert client: the certificate of a sender, and how its rsyslog uses it.
import { basename, join, resolve } from 'node:path'
import type { Command } from 'commander'
import { PicketError } from '../base/errors.ts'
import { makeCertificate } from './cert-authority.ts'
import { makeInFolder } from './cert-folder.ts'
import { hostName } from './cert-name.ts'
import { authorityFiles, clientFiles, readAuthority, readCertificates, serverFiles } from './cert-paths.ts'
import { rsyslogConfiguration } from './cert-snippets.ts'
import { type Cli, createCommand } from './cli.ts'
import { createOpenssl } from './openssl.ts'

type Options = { readonly dir: string; readonly force?: true }

export function certClientCommand({ io }: Cli): Command {
  return createCommand('client', 'make the certificate of a sender', [
    ['and see how rsyslog uses it', 'cert client web01.example.com --dir /etc/picket/tls'],
    ['into a file for that machine', 'cert client web01.example.com --dir /etc/picket/tls > 60-picket-tls.conf'],
  ])
    .argument('<name>', 'name of the sender, in its certificate and in the records (`tls.client.subject`)', hostName)
    .requiredOption('--dir <folder>', 'folder that `picket cert init` made')
    .option('--force', 'replace files that exist')
    .addHelpText('after', '\nMakes clients/NAME.pem and clients/NAME.key and prints the configuration for rsyslog.')
    .action(async (name: string, options: Options) => {
      const dir = resolve(options.dir)
      const signing = readAuthority(dir, io.clock.now())
      const server = serverName(dir)
      const made = clientFiles(name)
      await makeInFolder(dir, {
        files: [made.cert, made.key],
        force: options.force === true,
        make(folder) {
          const inFolder = { cert: basename(made.cert), key: basename(made.key) }
          const order = { ...signing, dnsNames: [name], addresses: [], usage: 'clientAuth' } as const
          return makeCertificate(createOpenssl(io.env), folder, inFolder, order)
        },
      })
      const files = [made.cert, made.key, authorityFiles.cert].map(file => join(dir, file))
      io.err(`picket: made ${files[0]}, ${files[1]}\n`)
      await io.out(rsyslogConfiguration({ name, server, files }))
    })
}

/** What the senders call this server: the first name in its certificate. */
function serverName(dir: string): string {
  const file = join(dir, serverFiles.cert)
  const name = /(?:^|, )DNS:([a-z0-9.-]+)/.exec(readCertificates(file)[0]?.subjectAltName ?? '')?.[1]
  if (name === undefined)
    throw new PicketError(
      'BAD_REQUEST',
      `${file} has no name that senders could verify; make it with picket cert server`,
    )
  return name
}
