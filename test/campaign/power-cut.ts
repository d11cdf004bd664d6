// The power fails at a random moment: ext4 on a loop device over a file in tmpfs; the writer is stopped, and what the file
// holds then is what had been pushed to the disk. A copy of it is mounted and checked. Needs root, loop devices and tmpfs.
import { deepEqual, equal, ok } from 'node:assert/strict'
import type { ChildProcess } from 'node:child_process'
import { execFileSync, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { verifyStore } from '../../src/store/sqlite/integrity/verify.ts'
import { eventually, sendTcp, startPicket } from '../app/picket.ts'
import { checkNumbered, readAcknowledged } from './numbered.ts'
import type { WriterPlan } from './numbered-writer.ts'
import { createLab } from './writer-process.ts'

export type CutFigures = {
  readonly cuts: number
  readonly acknowledged: number
  readonly lost: number
  readonly runsWithLoss: number
}

/** Rolls, retention, seals and merges all happen within a second of writing. */
const plan: WriterPlan = { rollEvery: 20, keepDays: 2, sealEvery: 15, markEvery: 3 }
const imageBytes = 160 * 1024 * 1024

/** Why this machine cannot do it, or false. */
export function cannotCutPower(): string | false {
  if (process.getuid?.() !== 0) return 'power cuts need root'
  if (spawnSync('mkfs.ext4', ['-V']).status !== 0) return 'power cuts need mkfs.ext4 (e2fsprogs)'
  try {
    using _disk = createDisk()
    return false
  } catch (error) {
    return `power cuts need tmpfs and loop devices: ${(error as Error).message.split('\n')[0]}`
  }
}

/** Cuts the power of a writing program so often. With FULL a loss ends the run; the control with NORMAL must lose. */
export async function cutPower(
  cuts: number,
  { control }: { readonly control: boolean },
  log: (line: string) => void = () => undefined,
): Promise<CutFigures> {
  const sum = { cuts: 0, acknowledged: 0, lost: 0, runsWithLoss: 0 }
  for (let cut = 0; cut < cuts; cut++) {
    using disk = createDisk()
    const ackFile = join(disk.folder, 'ack')
    const lab = createLab({ dataDir: join(disk.mounted, 'data'), ackFile })
    // a life before, so that some cuts hit a start that recovers
    if (cut % 3 === 2) {
      const first = await stopAt(lab.start(plan), ackFile, 10)
      first.kill('SIGKILL')
      await once(first, 'close')
    }
    // the control checkpoints rarely: that is the only time when NORMAL syncs
    const child = await stopAt(
      lab.start(control ? { ...plan, rollEvery: 0, synchronousNormal: true } : plan),
      ackFile,
      3,
    )
    copyFileSync(ackFile, `${ackFile}.cut`)
    using after = disk.cut()
    child.kill('SIGKILL')
    await once(child, 'close')
    const acknowledged = readAcknowledged(`${ackFile}.cut`)
    const checked = checkNumbered(join(after.mounted, 'data'), acknowledged)
    sum.cuts++
    sum.acknowledged += checked.acknowledged
    sum.lost += checked.lost
    if (checked.lost > 0) sum.runsWithLoss++
    log(`cut ${cut}: ${checked.acknowledged} acknowledged, ${checked.stored} there, ${checked.lost} lost`)
    if (control) continue
    equal(checked.lost, 0, `cut ${cut}: acknowledged and lost`)
    deepEqual(checked.verification.findings, [], `cut ${cut}`)
    // and it goes on from there
    const next = createLab({ dataDir: join(after.mounted, 'data'), ackFile: `${ackFile}.cut` })
    equal((await next.run({ ...plan, commits: 25 })).code, 0)
    const again = next.check()
    deepEqual([again.lost, again.verification.findings], [0, []], `cut ${cut}, after the start`)
  }
  if (control) ok(sum.runsWithLoss > 0, 'the control lost nothing: this machine cannot show what a power cut does')
  return sum
}

/** The same with the whole service under TCP load; what /metrics said to be stored must be there. */
export async function cutService(cuts: number, log: (line: string) => void = () => undefined): Promise<CutFigures> {
  const sum = { cuts: 0, acknowledged: 0, lost: 0, runsWithLoss: 0 }
  for (let cut = 0; cut < cuts; cut++) {
    using disk = createDisk()
    const dataDir = join(disk.mounted, 'data')
    mkdirSync(dataDir)
    const picket = await startPicket({ dataDir })
    let committed = 0
    for (let round = 0; committed < 2000 + 3000 * (cut % 3); round++) {
      await sendTcp(
        picket.tcp,
        `${Array.from({ length: 500 }, (_, n) => `<13>Nov 23 12:00:00 h app: r${round} n${n}`).join('\n')}\n`,
      )
      committed = await storedTotal(picket.web)
    }
    picket.process.kill('SIGSTOP')
    using after = disk.cut()
    await picket.stop('SIGKILL')
    const { records, findings } = verifyStore(join(after.mounted, 'data'))
    deepEqual(findings, [], `cut ${cut}`)
    const lost = Math.max(0, committed - records)
    equal(lost, 0, `cut ${cut}: ${committed} were committed, ${records} are there`)
    {
      const next = await startPicket({ dataDir: join(after.mounted, 'data') })
      equal(await next.stop(), 0)
    }
    log(`cut ${cut}: ${committed} committed, ${records} there`)
    sum.cuts++
    sum.acknowledged += committed
  }
  return sum
}

type Disk = Disposable & {
  /** Not on the disk that is cut. */
  readonly folder: string
  readonly mounted: string
  /** The disk as it is at this moment without its power. */
  cut(): Disposable & { readonly mounted: string }
}

function createDisk(): Disk {
  const folder = mkdtempSync(join(tmpdir(), 'picket-cut-'))
  const undo = new DisposableStack()
  undo.defer(() => rmSync(folder, { recursive: true, force: true }))
  const run = (program: string, ...args: string[]): string =>
    execFileSync(program, args, { encoding: 'utf8', stdio: 'pipe' }).trim()
  function mount(image: string, name: string, stack: DisposableStack): string {
    const device = run('losetup', '-f', '--show', image)
    stack.defer(() => run('losetup', '-d', device))
    const mounted = join(folder, name)
    mkdirSync(mounted)
    // a long interval: the journal is not written behind our back while the copy is made
    run('mount', '-o', 'commit=300', device, mounted)
    stack.defer(() => run('umount', '-l', mounted))
    return mounted
  }
  try {
    const memory = join(folder, 'memory')
    mkdirSync(memory)
    run('mount', '-t', 'tmpfs', '-o', `size=${3 * imageBytes}`, 'tmpfs', memory)
    undo.defer(() => run('umount', '-l', memory))
    const image = join(memory, 'disk')
    run('truncate', '-s', String(imageBytes), image)
    run('mkfs.ext4', '-q', '-F', image)
    const mounted = mount(image, 'mounted', undo)
    run('sync', '-f', mounted)
    return {
      folder,
      mounted,
      cut() {
        run('cp', '--sparse=always', image, join(memory, 'copy'))
        const stack = new DisposableStack()
        const after = mount(join(memory, 'copy'), 'after', stack)
        return { mounted: after, [Symbol.dispose]: () => stack.dispose() }
      },
      [Symbol.dispose]: () => undo.dispose(),
    }
  } catch (error) {
    undo.dispose()
    throw error
  }
}

/** Lets it write at least so many acknowledgements and then a random time more, and stops it where it stands. */
async function stopAt(child: ChildProcess, ackFile: string, least: number): Promise<ChildProcess> {
  const before = countLines(ackFile)
  await eventually(
    () => countLines(ackFile) >= before + least || child.exitCode !== null || undefined,
    'the writer writes',
  )
  await sleep(Math.random() * 900)
  equal(child.exitCode, null, 'the writer ended by itself')
  child.kill('SIGSTOP')
  return child
}

function countLines(ackFile: string): number {
  return existsSync(ackFile) ? readAcknowledged(ackFile).ranges.length : 0
}

async function storedTotal(web: string): Promise<number> {
  const text = await (await fetch(`${web}/metrics`)).text()
  return Number(/^picket_records_stored_total (\d+)$/m.exec(text)?.[1] ?? 0)
}
