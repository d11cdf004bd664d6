// picket user add|passwd|list|remove: the accounts of the web UI.
import { userInfo } from 'node:os'
import { type Command, Option } from 'commander'
import { PicketError } from '../base/errors.ts'
import { visible } from '../base/visible.ts'
import { type People, type Role, roles } from '../store/store.ts'
import { type Cli, createCommand } from './cli.ts'
import { addDataOptions, type ConfigOptions } from './config-option.ts'
import { withState } from './with-state.ts'

type AddOptions = ConfigOptions & { readonly role: Role }
type ListOptions = ConfigOptions & { readonly json?: true }

export function userCommand(cli: Cli): Command {
  return createCommand('user', 'accounts of the web UI', [
    ['a new analyst; the password is asked for', 'user add alice --role analyst'],
    ['from a script', 'user add alice --role viewer < password.txt'],
  ])
    .addCommand(addCommand(cli))
    .addCommand(passwdCommand(cli))
    .addCommand(listCommand(cli))
    .addCommand(removeCommand(cli))
}

function addCommand(cli: Cli): Command {
  const command = createCommand('add', 'a new account', [['an admin', 'user add alice --role admin']])
    .argument('<name>', 'letters, digits, . _ @ -', accountName)
    .addOption(
      new Option('--role <role>', 'viewer: read; analyst: also alerts; admin: everything')
        .choices(roles)
        .default('viewer'),
    )
  return addDataOptions(command).action((name: string, { role, ...options }: AddOptions) =>
    withState(cli, options, async ({ people }) => {
      if (people.findUser(name) !== undefined) throw new PicketError('CONFLICT', `the account ${name} exists already`)
      const passwordHash = await newPassword(name, cli)
      people.addUser({ name, role, createdAt: cli.io.clock.now(), passwordHash })
      audit(people, cli, 'user.add', `${name} ${role}`)
    }),
  )
}

function passwdCommand(cli: Cli): Command {
  const command = createCommand('passwd', 'a new password; ends the sessions of the account', [
    ['of alice', 'user passwd alice'],
  ]).argument('<name>', 'the account', accountName)
  return addDataOptions(command).action((name: string, options: ConfigOptions) =>
    withState(cli, options, async ({ people }) => {
      if (people.findUser(name) === undefined) throw noUser(name)
      people.setPassword(name, await newPassword(name, cli))
      people.removeSessionsOf(name)
      audit(people, cli, 'user.passwd', name)
    }),
  )
}

function listCommand(cli: Cli): Command {
  const { io } = cli
  const command = createCommand('list', 'all accounts', [['all', 'user list']]).option(
    '--json',
    'one JSON object per line',
  )
  return addDataOptions(command).action((options: ListOptions) =>
    withState(cli, options, async ({ people }) => {
      for (const { name, role, createdAt } of people.users()) {
        const created = new Date(createdAt).toISOString()
        const json = JSON.stringify({ name, role, created_at: created })
        await io.out(options.json ? `${json}\n` : `${visible(name)} ${role} since ${created}\n`)
      }
    }),
  )
}

function removeCommand(cli: Cli): Command {
  const command = createCommand('remove', 'delete an account with its sessions and tokens', [
    ['alice', 'user remove alice'],
  ]).argument('<name>', 'the account', accountName)
  return addDataOptions(command).action((name: string, options: ConfigOptions) =>
    withState(cli, options, async ({ people }) => {
      if (!people.removeUser(name)) throw noUser(name)
      audit(people, cli, 'user.remove', name)
    }),
  )
}

/** The hash of a password that was asked for and is good enough. */
async function newPassword(name: string, { io, engine }: Cli): Promise<string> {
  const password = await io.secret(`Password for ${name}: `)
  const problem = await engine.passwordProblem(password, name)
  if (problem !== undefined) throw new PicketError('BAD_REQUEST', problem)
  return engine.hashPassword(password)
}

function accountName(name: string): string {
  if (!/^[\w.@-]{1,64}$/.test(name)) {
    throw new PicketError('BAD_REQUEST', 'a name has 1 to 64 letters, digits, dots, underscores, hyphens or @')
  }
  return name
}

function noUser(name: string): PicketError {
  return new PicketError('NOT_FOUND', `there is no account ${name}`)
}

function audit(people: People, { io }: Cli, action: string, object: string): void {
  people.audit({ at: io.clock.now(), by: `cli:${userInfo().username}`, from: 'cli', action, object })
}
