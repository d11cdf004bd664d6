// Runs numbered-writer.ts, in a folder of its own, and checks what it left.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { type Checked, checkNumbered, readAcknowledged } from './numbered.ts'
import type { WriterPlan } from './numbered-writer.ts'
import { makeScratch } from './scratch.ts'

export type Lab = Disposable & {
  readonly dataDir: string
  readonly ackFile: string
  start(plan: WriterPlan, env?: NodeJS.ProcessEnv): ChildProcess
  /** Runs it to its end, however that comes. */
  run(plan: WriterPlan, env?: NodeJS.ProcessEnv): Promise<Ended>
  check(): Checked
}

export type Ended = { readonly code: number | null; readonly signal: NodeJS.Signals | null; readonly errors: string }

/** Compiled sources: a start takes half as long, and there are many. */
const compiled = join(import.meta.dirname, '../../node_modules/.cache/picket')

/** `dataDir` and `ackFile` may lie elsewhere: then they stay at the end. */
export function createLab(folders?: { readonly dataDir: string; readonly ackFile: string }): Lab {
  const own = folders === undefined ? makeScratch('lab') : undefined
  const { dataDir, ackFile } = folders ?? { dataDir: join(own as string, 'data'), ackFile: join(own as string, 'ack') }
  mkdirSync(dataDir, { recursive: true })
  const start: Lab['start'] = (plan, env = {}) =>
    spawn(process.execPath, [join(import.meta.dirname, 'numbered-writer.ts'), dataDir, ackFile, JSON.stringify(plan)], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, NODE_COMPILE_CACHE: compiled, ...env },
    })
  return {
    dataDir,
    ackFile,
    start,
    async run(plan, env) {
      const child = start(plan, env)
      let errors = ''
      child.stderr?.on('data', data => (errors += String(data)))
      const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null]
      return { code, signal, errors }
    },
    check: () => checkNumbered(dataDir, readAcknowledged(ackFile)),
    [Symbol.dispose]() {
      if (own !== undefined) rmSync(own, { recursive: true, force: true })
    },
  }
}
