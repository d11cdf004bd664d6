// picket cert init and picket cert server: the CA and the certificate of this Picket, or only the latter.
import { join, resolve } from 'node:path'
import type { Command } from 'commander'
import { authorityDays, certificateDays, makeAuthority, makeCertificate } from './cert-authority.ts'
import { makeInFolder } from './cert-folder.ts'
import { addAddress, addHostName } from './cert-name.ts'
import { authorityFiles, readAuthority, serverFiles } from './cert-paths.ts'
import { picketSection } from './cert-snippets.ts'
import { type Cli, createCommand } from './cli.ts'
import { createOpenssl } from './openssl.ts'

type Options = {
  readonly dir: string
  readonly name: readonly string[]
  readonly ip?: readonly string[]
  readonly force?: true
}

export function certServerCommands({ io }: Cli): readonly Command[] {
  const openssl = createOpenssl(io.env)
  const init = addOptions(
    createCommand('init', 'make a CA and the certificate of this server', [
      ['the name by which senders know this server', 'cert init --dir /etc/picket/tls --name picket.example.com'],
      ['its address too', 'cert init --dir /etc/picket/tls --name picket.example.com --ip 192.0.2.10'],
    ]),
  )
    .addHelpText(
      'after',
      [
        '\nMakes ca.pem, ca.key, server.pem and server.key and prints the lines for picket.yaml. EC keys (P-256), without a',
        `password, mode 0600; the CA is valid for ${authorityDays} days, the certificate for ${certificateDays}. Whoever has ca.key can make certificates`,
        'that Picket trusts: keep it on another machine when no certificate is to be made.',
      ].join('\n'),
    )
    .action(async (options: Options) => {
      const dir = resolve(options.dir)
      const files = [authorityFiles.cert, authorityFiles.key, serverFiles.cert, serverFiles.key]
      await makeInFolder(dir, {
        files,
        force: options.force === true,
        async make(folder) {
          await makeAuthority(openssl, folder, authorityFiles, options.name[0] as string)
          const authority = { cert: join(folder, authorityFiles.cert), key: join(folder, authorityFiles.key) }
          await makeCertificate(openssl, folder, serverFiles, { ...orderOf(options), authority, days: certificateDays })
        },
      })
      await tellMade(dir, files)
    })

  const server = addOptions(
    createCommand('server', 'make a new certificate of this server, signed by the CA of the folder', [
      ['before the old one ends', 'cert server --dir /etc/picket/tls --name picket.example.com --force'],
    ]),
  )
    .addHelpText('after', '\nThe senders keep what they have. `systemctl reload picket.service` takes it into use.')
    .action(async (options: Options) => {
      const dir = resolve(options.dir)
      const files = [serverFiles.cert, serverFiles.key]
      const signing = readAuthority(dir, io.clock.now())
      await makeInFolder(dir, {
        files,
        force: options.force === true,
        make: folder => makeCertificate(openssl, folder, serverFiles, { ...orderOf(options), ...signing }),
      })
      await tellMade(dir, files)
    })
  return [init, server]

  async function tellMade(dir: string, files: readonly string[]): Promise<void> {
    io.err(`picket: made ${files.map(file => join(dir, file)).join(', ')}\n`)
    await io.out(picketSection(dir))
  }
}

function addOptions(command: Command): Command {
  return command
    .requiredOption('--dir <folder>', 'folder of the certificates; made when it is missing')
    .requiredOption('--name <name>', 'name of this server, as senders use it; may be given several times', addHostName)
    .option('--ip <address>', 'address that senders use instead of a name; may be given several times', addAddress)
    .option('--force', 'replace files that exist')
}

function orderOf({ name, ip = [] }: Options) {
  return { dnsNames: name, addresses: ip, usage: 'serverAuth' } as const
}
