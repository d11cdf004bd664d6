// A real interactive bash on a pseudo-terminal, into which a test types lines as a person does.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathOf } from './peers.ts'
import { eventually } from './picket.ts'

const prompt = 'ready> '

export type Shell = AsyncDisposable & {
  readonly pid: number
  /** What was typed to ask for the pid: the first command of the history. */
  readonly firstLine: string
  /** Types one line and waits for the next prompt; returns what the terminal showed since. Lines that open a
   *  construct (`for …`) need `more`: the lines that complete it. */
  type(line: string, ...more: readonly string[]): Promise<string>
}

/** Starts `bash -i` with these start-up lines in place of ~/.bashrc, in an empty folder, with a history of its own. */
export async function startShell(startUp: string, env: NodeJS.ProcessEnv = {}): Promise<Shell> {
  const folder = mkdtempSync(join(tmpdir(), 'picket-shell-'))
  const startFile = join(folder, '.bashrc')
  writeFileSync(startFile, `PS1='${prompt}'; PS2='more> '\n${startUp}\n`)
  // `script` gives bash a terminal: without one it has neither prompt nor history.
  const child = spawn(
    pathOf('script'),
    ['-qfec', `${pathOf('bash')} --noprofile --rcfile ${startFile} -i`, '/dev/null'],
    {
      cwd: folder,
      env: {
        PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
        HOME: folder,
        HISTFILE: join(folder, '.history'),
        USER: 'alice',
        TERM: 'dumb',
        LANG: 'C.UTF-8',
        ...env,
      },
      stdio: ['pipe', 'pipe', 'inherit'],
    },
  )
  let shown = ''
  child.stdout.setEncoding('utf8').on('data', data => {
    shown += data
  })
  const prompts = () => shown.split(`\n${prompt}`).length
  await eventually(() => shown.includes(prompt), 'the first prompt')

  async function type(line: string, ...more: readonly string[]): Promise<string> {
    const before = prompts()
    const from = shown.length
    child.stdin.write(`${[line, ...more].join('\n')}\n`)
    await eventually(() => prompts() > before, `the prompt behind ${line}; the terminal shows ${shown.slice(from)}`)
    return shown.slice(from)
  }
  const firstLine = 'echo pid=$$'
  return {
    pid: Number(/pid=(\d+)/.exec(await type(firstLine))?.[1]),
    firstLine,
    type,
    async [Symbol.asyncDispose]() {
      const exit = once(child, 'exit')
      child.stdin.end('exit\n')
      const timer = setTimeout(() => child.kill('SIGKILL'), 5000)
      await exit
      clearTimeout(timer)
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
