// Death at each named place of the code (src/base/fault-point.ts), then again at the same place while it recovers, then a run
// that ends: nothing acknowledged is lost, nothing is doubled, the chain is whole.
import { deepEqual, equal, ok } from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { type FaultPoint, faultPoints } from '../../src/base/fault-point.ts'
import { openAppender } from '../../src/store/sqlite/append.ts'
import { verifyStore } from '../../src/store/sqlite/integrity/verify.ts'
import { openState } from '../../src/store/sqlite/state.ts'
import { eventually, sendTcp, startPicket } from '../app/picket.ts'
import { makeCertificate, startSmtpServer } from '../notify/smtp-server.ts'
import { numberedBatch } from './numbered.ts'
import { makeScratch } from './scratch.ts'
import { createShim, EIO } from './shim.ts'
import { createLab } from './writer-process.ts'

export type PointFigures = {
  readonly point: FaultPoint
  readonly deaths: number
  readonly stored: number
  readonly lost: number
  readonly what: string
}

/** Points that the appending program does not pass, and what drives them. */
const drivers: Partial<Record<FaultPoint, (point: FaultPoint) => Promise<PointFigures>>> = {
  'after-commit-before-answer': dieInService,
  'outbox-inserted': dieInService,
  'smtp-accepted-before-mark': dieInService,
  'backup-written-before-rename': dieInBackup,
  reopened: dieReopening,
}

/** Passings before the death: the first one, and one in the middle of things. */
const passings = [1, 4]
const plan = { commits: 230, rollEvery: 30, keepDays: 2, sealEvery: 20 }

/** Throws on the first broken promise. */
export async function dieAtPoints(
  points: readonly FaultPoint[] = faultPoints,
  log: (line: string) => void = () => undefined,
): Promise<readonly PointFigures[]> {
  const figures: PointFigures[] = []
  for (const point of points) {
    const found = await (drivers[point] ?? dieAppending)(point)
    ok(found.deaths > 0, `${point} was not passed`)
    figures.push(found)
    log(`${point.padEnd(32)} ${found.deaths} deaths, ${found.stored} stored, ${found.lost} lost: ${found.what}`)
  }
  return figures
}

async function dieAppending(point: FaultPoint): Promise<PointFigures> {
  let deaths = 0
  let stored = 0
  for (const nth of passings) {
    using lab = createLab()
    for (const again of [nth, 1, 2]) {
      const { signal, code, errors } = await lab.run(plan, { PICKET_FAULT: `${point}:${again}` })
      ok(signal === 'SIGKILL' || code === 0, `${point}:${again}: ${errors}`)
      if (signal === 'SIGKILL') deaths++
    }
    const last = await lab.run({ ...plan, commits: 10 })
    equal(last.code, 0, `${point}: ${last.errors}`)
    const checked = lab.check()
    equal(checked.lost, 0, point)
    deepEqual(checked.verification.findings, [], point)
    stored += checked.stored
  }
  return { point, deaths, stored, lost: 0, what: 'chain intact, hits by their records' }
}

/** With the disk failing once, so that the file is opened anew. */
async function dieReopening(point: FaultPoint): Promise<PointFigures> {
  using lab = createLab()
  const shim = createShim()
  let deaths = 0
  for (const skip of [20, 60]) {
    shim.set({ operation: 'fsync', skip, count: 1, value: EIO, match: '.db-wal' })
    const { signal } = await lab.run(plan, { ...shim.env, PICKET_FAULT: `${point}:1` })
    if (signal === 'SIGKILL') deaths++
  }
  shim.heal()
  equal((await lab.run({ ...plan, commits: 10 })).code, 0)
  const { stored, lost, verification } = lab.check()
  equal(lost, 0, point)
  deepEqual(verification.findings, [], point)
  return { point, deaths, stored, lost, what: 'chain intact, hits by their records' }
}

/** The whole service: each matching line has its alert once, and its mail with one Message-ID. */
async function dieInService(point: FaultPoint): Promise<PointFigures> {
  const dataDir = makeScratch('point')
  using certificate = makeCertificate()
  await using server = await startSmtpServer({ tls: 'starttls', ...certificate })
  const config = `mail: { server: "smtp://127.0.0.1:${server.port}", tlsCa: ${certificate.cert}, from: picket@example.com, to: [sec@example.com] }`
  let deaths = 0
  let sent = 0
  try {
    // the last life is allowed to end
    for (const env of [{ PICKET_FAULT: `${point}:1` }, { PICKET_FAULT: `${point}:1` }, { PICKET_FAULT: '' }]) {
      const picket = await startPicket({ dataDir, config, env }).catch(() => undefined)
      if (picket === undefined) {
        deaths++ // what the life before left was enough
        continue
      }
      const life = sent++
      await sendTcp(picket.tcp, hit(life)).catch(() => undefined)
      if (env.PICKET_FAULT !== '') {
        if (picket.process.signalCode === null && picket.process.exitCode === null) await once(picket.process, 'exit')
        equal(picket.process.signalCode, 'SIGKILL', point)
        deaths++
        continue
      }
      const alerts = await eventually(() => alertsAndMails(dataDir, life), `${point}: the last alert and its mail`)
      equal(await picket.stop(), 0)
      equal(new Set(alerts.keys).size, alerts.keys.length, 'no alert twice')
      equal(alerts.keys.length, alerts.hosts.size, 'one alert a stored line')
    }
    const { records, findings } = verifyStore(dataDir)
    deepEqual(findings, [], point)
    const ids = server.received.map(({ raw }) => /^message-id: (.*)$/im.exec(raw)?.[1])
    const repeats = ids.length - new Set(ids).size
    ok(repeats === 0 || point === 'smtp-accepted-before-mark', `${point}: ${repeats} mails twice`)
    return { point, deaths, stored: records, lost: 0, what: `alerts once, ${repeats} mails repeated under their id` }
  } finally {
    rmSync(dataDir, { recursive: true, force: true })
  }
}

function hit(life: number): string {
  return `<14>Nov 23 12:00:00 life${life} root: HISTORY:PID=1 PPID=2 SID=1 USER=u CMD=chattr +i /x\n`
}

function alertsAndMails(
  dataDir: string,
  life: number,
): { readonly keys: readonly string[]; readonly hosts: ReadonlySet<string> } | undefined {
  const state = openState(join(dataDir, 'picket.db'))
  try {
    const alerts = state.alerts.list({ limit: 100 })
    if (!alerts.some(({ hostname }) => hostname === `life${life}`) || state.outbox.counts().pending > 0)
      return undefined
    return { keys: alerts.map(({ key }) => key), hosts: new Set(alerts.map(({ hostname }) => hostname ?? '')) }
  } finally {
    state.close()
  }
}

async function dieInBackup(point: FaultPoint): Promise<PointFigures> {
  const folder = makeScratch('point')
  const [dataDir, backup, restored] = ['data', 'backup', 'restored'].map(name => join(folder, name)) as [
    string,
    string,
    string,
  ]
  const picket = async (args: readonly string[], fault = ''): Promise<NodeJS.Signals | null> => {
    const main = join(import.meta.dirname, '../../src/main.ts')
    const child = spawn(process.execPath, [main, ...args], {
      stdio: 'ignore',
      env: { ...process.env, PICKET_FAULT: fault },
    })
    const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null]
    ok(signal !== null || code === 0, `${args[0]} ended with ${code}`)
    return signal
  }
  let deaths = 0
  mkdirSync(dataDir)
  try {
    const append = (day: number): void => {
      const at = Date.UTC(2026, 10, 23 + day, 12)
      const appender = openAppender(dataDir, () => at)
      appender.append([numberedBatch(day, 0, 99, at)])
      appender.close()
    }
    for (const [day, nth] of [1, 1, 2, 3].entries()) {
      append(day)
      if ((await picket(['backup', backup, '--data', dataDir], `${point}:${nth}`)) === 'SIGKILL') deaths++
    }
    equal(await picket(['backup', backup, '--data', dataDir]), null)
    equal(await picket(['restore', backup, '--data', restored]), null)
    const { records, findings } = verifyStore(restored)
    deepEqual([records, findings], [400, []], point)
    return { point, deaths, stored: records, lost: 0, what: 'the next backup is whole and restores' }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
