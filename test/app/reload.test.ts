// SIGHUP with the real process: rules are read again while messages come in, and what needs a restart is named.
import { deepEqual, equal, match, ok } from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { type Client, eventually, type Picket, sendTcp, startPicket } from './picket.ts'

const options = { timeout: 120_000 }
const folder = mkdtempSync(join(tmpdir(), 'picket-reload-'))
after(() => rmSync(folder, { recursive: true }))
const ruleFile = join(folder, 'own.yml')

const rule = (word: string) =>
  `title: Word ${word}\nid: word-${word}\nlevel: high\nlogsource: {product: linux}\ndetection:\n  s: [${word}]\n  condition: s\n`

/** Sends SIGHUP and waits for the line that ends it. */
async function reload(picket: Picket): Promise<void> {
  const ended = () => picket.log.filter(({ msg }) => msg.startsWith('SIGHUP: the rules')).length
  const before = ended()
  picket.process.kill('SIGHUP')
  await eventually(() => ended() > before || undefined, 'the end of the reload')
}

/** The threads take the rules a moment after the log says so: a line is sent until one is found. */
async function alerted(picket: Picket, client: Client, word: string): Promise<void> {
  await eventually(async () => {
    await sendTcp(picket.tcp, `<13>1 - h a - - - ${word}\n`)
    const answer = await client.get<object>('/api/v1/alerts')
    return JSON.stringify(answer).includes(`word-${word}`) || undefined
  }, `an alert of ${word}`)
}

test(
  'new rules are in use without a restart; a broken file stays as it was; nothing is lost meanwhile',
  options,
  async () => {
    writeFileSync(ruleFile, rule('alpha'))
    await using picket = await startPicket({ config: `rules: { dirs: [${folder}] }` })
    const client = await picket.login()
    const titles = async () => {
      const { rules } = await client.get<{ rules: readonly { title: string; file: string }[] }>('/api/v1/rules')
      return rules.filter(({ file }) => file === 'own.yml').map(({ title }) => title)
    }
    const findings = async () => (await client.get<{ findings: readonly string[] }>('/api/v1/rules')).findings
    await alerted(picket, client, 'alpha')

    const sender = connect(picket.tcp, '127.0.0.1')
    const sent = 20_000
    const sending = (async () => {
      for (let n = 0; n < sent; n += 100) {
        const lines = Array.from({ length: 100 }, (_, i) => `<13>1 - stream app - - - number ${n + i}\n`).join('')
        if (!sender.write(lines)) await once(sender, 'drain')
        await new Promise(resolve => setImmediate(resolve))
      }
      sender.end()
      await once(sender, 'close')
    })()
    writeFileSync(ruleFile, rule('beta'))
    await reload(picket)
    deepEqual(await titles(), ['Word beta'])
    await alerted(picket, client, 'beta')

    writeFileSync(ruleFile, 'title: [\n')
    await reload(picket)
    deepEqual(await titles(), ['Word beta'])
    match((await findings()).join('\n'), /own\.yml:\d+:\d+ .*\(the version before is in use\)/)
    ok(picket.log.some(({ msg }) => /^rule: .*own\.yml:\d+:\d+ /.test(msg)))
    writeFileSync(join(folder, 'second.yml'), rule('gamma'))
    await reload(picket)
    await alerted(picket, client, 'gamma')
    await alerted(picket, client, 'beta')

    await sending
    await eventually(async () => {
      const { total } = await client.get<{ total: number }>('/api/v1/histogram?q=host:stream&buckets=1')
      return total === sent || undefined
    }, 'every line of the stream')
  },
)

test(
  'an option that cannot change while Picket runs is named; a broken configuration changes nothing',
  options,
  async () => {
    writeFileSync(ruleFile, rule('alpha'))
    await using picket = await startPicket()
    const file = join(picket.dataDir, 'picket.yaml')
    const before = readFileSync(file, 'utf8')
    writeFileSync(
      file,
      `${before}log: { level: debug }\nstore: { searchTimeoutSeconds: 7 }\nrules: { dirs: [${folder}] }\n`,
    )
    await reload(picket)
    equal(
      picket.log.findLast(({ msg }) => msg.includes('restart'))?.msg,
      'SIGHUP: needs a restart: store.searchTimeoutSeconds',
    )
    const client = await picket.login()
    await alerted(picket, client, 'alpha')

    writeFileSync(file, `${before}nonsense: 1\n`)
    await reload(picket)
    const line = picket.log.findLast(({ msg }) => msg.includes('was not read again'))
    match(String(line?.['reason']), /picket\.yaml:\d+:\d+ .*nonsense/)
    equal(
      picket.log.findLast(({ msg }) => msg.startsWith('SIGHUP: the rules'))?.msg,
      'SIGHUP: the rules were read again and are the same',
    )
  },
)
