// The command tree, and how a run ends: what went wrong on standard error in one line, and the exit code.
import { styleText } from 'node:util'
import { Command, CommanderError } from 'commander'
import { isPicketError } from '../base/errors.ts'
import { visibleLines } from '../base/visible.ts'
import { alertsCommand } from './alerts.ts'
import { backupCommand } from './backup.ts'
import { certCommand } from './cert.ts'
import { checkCommand } from './check.ts'
import { checkpointCommand } from './checkpoint.ts'
import type { Cli } from './cli.ts'
import { countCommand } from './count.ts'
import { doctorCommand } from './doctor.ts'
import { type Engine, engine as realEngine } from './engine.ts'
import { type ExitCode, exitCodeOf } from './exit-code.ts'
import { exportCommand } from './export.ts'
import { type Io, processIo } from './io.ts'
import { ledgerCommand } from './ledger.ts'
import { parseCommand } from './parse.ts'
import { restoreCommand } from './restore.ts'
import { rulesCommand } from './rules.ts'
import { sealCommand } from './seal.ts'
import { searchCommand } from './search.ts'
import { serveCommand } from './serve.ts'
import { tailCommand } from './tail.ts'
import { userCommand } from './user.ts'
import { verifyCommand } from './verify.ts'
import { version, versionCommand } from './version.ts'

/** Runs `picket ARGS` and returns its exit code. Never throws for what a person can cause. */
export async function main(
  args: readonly string[],
  io: Io = processIo(),
  engine: Engine = realEngine,
): Promise<ExitCode> {
  let code: ExitCode = 0
  const cli: Cli = {
    io,
    engine,
    exit(ended) {
      code = ended
    },
  }
  try {
    await createProgram(cli).parseAsync(args, { from: 'user' })
    return code
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    if (!isPicketError(error)) {
      io.err(
        `picket: this is a mistake in Picket, please report it\n${visibleLines(error instanceof Error ? (error.stack ?? error.message) : String(error))}\n`,
      )
      return 3
    }
    io.err(`picket: ${visibleLines(error.message)}\n`)
    return exitCodeOf(error.code)
  }
}

/** The tree of all commands; `docs/commands.md` and the completions are made from it. */
export function createProgram(cli: Cli): Command {
  const program = new Command('picket')
    .description('A syslog receiver for server security audit: receive, store, search, detect, mail.')
    .version(version(), '-V, --version', 'print the version')
    .helpCommand('help [command]', 'how to use a command')
    .addHelpText(
      'after',
      '\nExamples:\n  # a working instance, data under ./data\n  picket serve\n  # help for one command\n  picket search --help',
    )
    .addHelpText(
      'after',
      '\nExit codes: 0 done; 1 findings, or no match where that is the question; 2 bad usage or input; 3 the environment.',
    )
  const commands = [
    serveCommand(cli),
    checkCommand(cli),
    parseCommand(cli),
    searchCommand(cli),
    countCommand(cli),
    tailCommand(cli),
    rulesCommand(cli),
    alertsCommand(cli),
    userCommand(cli),
    verifyCommand(cli),
    checkpointCommand(cli),
    ledgerCommand(cli),
    sealCommand(cli),
    backupCommand(cli),
    restoreCommand(cli),
    exportCommand(cli),
    certCommand(cli),
    doctorCommand(cli),
    versionCommand(cli),
  ]
  for (const command of commands) program.addCommand(command)
  configure(program, cli.io)
  return program
}

/** The same output, errors and colours for the whole tree. */
function configure(command: Command, io: Io): void {
  const bold = (text: string) => (io.color ? styleText('bold', text, { validateStream: false }) : text)
  command
    .exitOverride()
    .showHelpAfterError(`(picket ${path(command)}--help shows the options)`)
    .configureOutput({
      // Help is short: it need not wait for the reader.
      writeOut: text => void io.out(text),
      writeErr: text => io.err(text),
      getOutHasColors: () => io.color,
    })
    .configureHelp({ styleTitle: bold, sortSubcommands: false })
  for (const child of command.commands) configure(child, io)
}

function path(command: Command): string {
  return command.parent === null ? '' : `${path(command.parent)}${command.name()} `
}
