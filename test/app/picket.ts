// Starts the real Picket for a test: its own process, its own data folder, free ports.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { RecordJson } from '../../src/model/record.ts'

const root = join(import.meta.dirname, '../..')

/** A line of Picket's own log. */
export type LogLine = { readonly level: number; readonly msg: string; readonly [field: string]: unknown }

export type Picket = AsyncDisposable & {
  readonly process: ChildProcess
  readonly dataDir: string
  readonly udp: number
  readonly tcp: number
  readonly relp: number
  readonly web: string
  readonly setup: string | undefined
  readonly log: readonly LogLine[]
  /** Logs in as the admin of this folder, whom the first call makes. */
  login(): Promise<Client>
  /** Sends the signal and waits for the end; returns the exit code, or null after a signal. */
  stop(signal?: NodeJS.Signals): Promise<number | null>
}

export type Client = {
  get<T>(path: string): Promise<T>
  post<T>(path: string, body?: unknown): Promise<T>
  /** The cookie and CSRF token, for streams and browsers. */
  readonly headers: { readonly cookie: string; readonly 'x-csrf-token': string }
  /** All records that match, newest first. */
  records(q: string): Promise<readonly RecordJson[]>
}

export type PicketOptions = {
  /** Continue on this folder; without it a new one, removed at the end. */
  readonly dataDir?: string | undefined
  /** YAML of further sections (`mail:`, `store:` …). */
  readonly config?: string | undefined
  /** YAML of the receive section. */
  readonly receive?: string | undefined
  readonly env?: NodeJS.ProcessEnv | undefined
  /** Descriptors of bound sockets to hand over as systemd does. */
  readonly sockets?: readonly number[] | undefined
}

const admin = { name: 'admin', password: 'correct horse battery' }

/** Starts Picket and waits until it is ready. Throws with its output when it ends before that. */
export async function startPicket(options: PicketOptions = {}): Promise<Picket> {
  const ownDir = options.dataDir === undefined
  const dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), 'picket-app-'))
  const configFile = join(dataDir, 'picket.yaml')
  const given = options.receive ?? '{ udp: { host: 127.0.0.1, port: 0 }, tcp: { host: 127.0.0.1, port: 0 } }'
  // no test may take the port that another one, running beside it, has by default
  const receive = given.includes('relp:') ? given : given.replace('{', '{ relp: { host: 127.0.0.1, port: 0 },')
  const web = options.config?.includes('web:') === true ? '' : 'web: { port: 0 }\n'
  writeFileSync(configFile, `dataDir: ${dataDir}\nreceive: ${receive}\n${web}${options.config ?? ''}\n`, {
    mode: 0o600,
  })
  const node = [process.execPath, '--max-semi-space-size=2', join(root, 'src/main.ts'), 'serve', '--config', configFile]
  const { sockets = [] } = options
  const inherited = sockets.length === 0 ? {} : { LISTEN_FDS: String(sockets.length) }
  // the shell knows the number of the process that it becomes
  const child = spawn('sh', ['-c', 'LISTEN_PID=$$ exec "$@"', 'sh', ...node], {
    stdio: ['ignore', 'pipe', 'pipe', ...sockets],
    env: { ...process.env, ...inherited, ...options.env },
  })
  const { stdout, stderr } = child
  if (stdout === null || stderr === null) throw new Error('BUG: its output goes nowhere')
  const log: LogLine[] = []
  const output: string[] = []
  const ready = new Promise<LogLine>((resolve, reject) => {
    createInterface({ input: stdout }).on('line', line => {
      output.push(line)
      if (!line.startsWith('{')) return
      const entry = JSON.parse(line) as LogLine
      log.push(entry)
      if (entry.msg === 'ready') resolve(entry)
    })
    stderr.on('data', data => output.push(String(data)))
    child.once('exit', code => reject(new Error(`picket ended with ${code}:\n${output.join('\n')}`)))
  })
  const {
    udp,
    tcp,
    relp,
    web: webUrl,
  } = (await ready) as unknown as { udp: number; tcp: number; relp: number; web: string }
  const setup = await lineWith(log, child, 'setup')
  let client: Promise<Client> | undefined

  const picket: Picket = {
    process: child,
    dataDir,
    udp,
    tcp,
    relp,
    web: webUrl,
    setup,
    log,
    login() {
      client ??=
        setup === undefined
          ? login(webUrl, 'login', admin)
          : login(webUrl, 'setup', { ...admin, token: tokenOf(setup) })
      return client
    },
    async stop(signal = 'SIGTERM') {
      if (child.exitCode !== null || child.signalCode !== null) return child.exitCode
      const exited = once(child, 'exit') as Promise<[number | null]>
      child.kill(signal)
      return (await exited)[0]
    },
    async [Symbol.asyncDispose]() {
      await picket.stop()
      if (ownDir) rmSync(dataDir, { recursive: true, force: true })
    },
  }
  return picket
}

/** The set-up link comes right behind `ready`, when there is no account yet. */
async function lineWith(log: readonly LogLine[], child: ChildProcess, field: string): Promise<string | undefined> {
  for (let turn = 0; turn < 20 && child.exitCode === null; turn++) {
    const found = log.find(line => typeof line[field] === 'string')
    if (found !== undefined) return found[field] as string
    await new Promise(resolve => setTimeout(resolve, 10))
  }
  return undefined
}

function tokenOf(setup: string): string {
  return setup.slice(setup.indexOf('token=') + 'token='.length)
}

async function login(web: string, path: string, body: object): Promise<Client> {
  const origin = { origin: web, 'content-type': 'application/json' }
  const response = await fetch(`${web}/api/v1/${path}`, { method: 'POST', headers: origin, body: JSON.stringify(body) })
  const text = await response.text()
  if (!response.ok) throw new Error(`${path}: ${response.status} ${text}`)
  const { csrf } = JSON.parse(text) as { csrf: string }
  const cookie = response.headers
    .getSetCookie()
    .map(line => line.split(';')[0])
    .join('; ')
  const headers = { cookie, 'x-csrf-token': csrf }

  async function call<T>(method: string, path: string, body?: unknown): Promise<T> {
    const answer = await fetch(`${web}${path}`, {
      method,
      headers: { ...headers, ...(body === undefined ? {} : origin), origin: web },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await answer.text()
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`)
    return (text.startsWith('{') ? JSON.parse(text) : text) as T
  }
  return {
    get: path => call('GET', path),
    post: (path, body = {}) => call('POST', path, body),
    headers,
    async records(q) {
      const found: RecordJson[] = []
      let cursor: string | null = ''
      while (cursor !== null) {
        const page: { records: RecordJson[]; next_cursor: string | null } = await call(
          'GET',
          `/api/v1/records?q=${encodeURIComponent(q)}&limit=1000${cursor && `&cursor=${cursor}`}`,
        )
        found.push(...page.records)
        cursor = page.next_cursor
      }
      return found
    },
  }
}

/** Sends bytes over one TCP connection and closes it. */
export async function sendTcp(port: number, data: string | Uint8Array): Promise<void> {
  const socket = connect(port, '127.0.0.1')
  socket.end(data)
  await once(socket, 'close')
}

/** Asks until `check` gives something, at most `seconds` long. The last error is told. */
export async function eventually<T>(
  check: () => Promise<T | undefined> | T | undefined,
  what: string,
  seconds = 45,
): Promise<T> {
  const deadline = performance.now() + seconds * 1000
  let last: unknown
  while (performance.now() < deadline) {
    try {
      const result = await check()
      if (result !== undefined && result !== false) return result
    } catch (error) {
      last = error
    }
    await new Promise(resolve => setTimeout(resolve, 50))
  }
  throw new Error(`${what}: not within ${seconds} s`, { cause: last })
}
