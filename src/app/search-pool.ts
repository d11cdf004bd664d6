// The search processes: started when needed, one request each at a time, a short queue, killed at their time limit.
import { type ChildProcess, fork } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { isPicketError, PicketError } from '../base/errors.ts'
import type { Metrics } from '../base/metrics.ts'
import type { StoreConfig } from '../config/schema.ts'
import type { SearchAnswer, SearchCall, SearchCalls } from './search-calls.ts'

/** Requests that may wait per process before the next is refused. */
const waitingPerProcess = 8
/** An unused process is ended after this long: it would hold some 60 MB for nothing. */
const idleMs = 60_000
/** A cancelled search may still end by itself for so long: a new process costs more. */
const cancelledMs = 250

export type SearchPool = {
  /** Runs a call in a search process. Errors: SEARCH_BUSY, SEARCH_TIMEOUT, SEARCH_FAILED, and the reader's own;
   *  rejects with the signal's reason when it fires; the process that works on it is killed unless it ends soon. */
  run<M extends keyof SearchCalls>(
    call: Extract<SearchCall, { method: M }>,
    signal?: AbortSignal,
  ): Promise<SearchCalls[M]['result']>
  /** Into how many shares a search over much is worth cutting: one per process that can really run beside the others. */
  readonly shares: number
  /** Starts the processes ahead of their first use. */
  warm(): void
  [Symbol.asyncDispose](): Promise<void>
}

type SearchConfig = Pick<StoreConfig, 'searchTimeoutSeconds' | 'searchMemoryMiB' | 'parallelSearches'>

type Job = {
  readonly call: SearchCall
  readonly resolve: (result: unknown) => void
  readonly reject: (error: unknown) => void
  readonly signal: AbortSignal | undefined
}
type Worker = {
  readonly child: ChildProcess
  job: Job | undefined
  deadline: NodeJS.Timeout | undefined
  idle: NodeJS.Timeout | undefined
}

export function startSearchPool(dataDir: string, config: SearchConfig, metrics: Metrics): SearchPool {
  const workers = new Set<Worker>()
  const waiting: Job[] = []
  let nextId = 1
  let isClosed = false

  function startWorker(): Worker {
    const child = fork(join(import.meta.dirname, 'search.child.ts'), [dataDir], {
      serialization: 'advanced',
      execArgv: [`--max-old-space-size=${config.searchMemoryMiB}`],
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    })
    const worker: Worker = { child, job: undefined, deadline: undefined, idle: undefined }
    child.on('message', (answer: SearchAnswer) => finish(worker, answer))
    // it could not be started, or not be told: then perhaps no 'exit' comes
    child.on('error', error =>
      fail(worker, new PicketError('SEARCH_FAILED', `a search process failed: ${error.message}`)),
    )
    child.on('exit', () => {
      workers.delete(worker)
      clearTimeout(worker.idle)
      clearTimeout(worker.deadline)
      worker.job?.reject(
        new PicketError(
          'SEARCH_FAILED',
          'the search process ended before its answer, perhaps for lack of memory (store.searchMemoryMiB)',
        ),
      )
      worker.job = undefined
      dispatch()
    })
    workers.add(worker)
    rest(worker)
    return worker
  }

  function finish(worker: Worker, answer: SearchAnswer): void {
    const { job } = worker
    if (job === undefined) return
    clearTimeout(worker.deadline)
    worker.job = undefined
    rest(worker)
    if ('error' in answer) job.reject(new PicketError(answer.error.code, answer.error.message))
    else job.resolve(answer.result)
    dispatch()
  }

  function rest(worker: Worker): void {
    worker.idle = setTimeout(() => worker.child.kill(), idleMs).unref()
  }

  function dispatch(): void {
    while (waiting.length > 0 && !isClosed) {
      const free = [...workers].find(
        worker => worker.job === undefined && worker.child.connected && !worker.child.killed,
      )
      if (free === undefined && workers.size >= config.parallelSearches) return
      // people wait for records; counts may come later
      const [job] = waiting.splice(
        Math.max(
          0,
          waiting.findIndex(({ call }) => call.method === 'search'),
        ),
        1,
      )
      if (job === undefined) return
      try {
        give(free ?? startWorker(), job)
      } catch (cause) {
        const { message } = cause as Error
        job.reject(new PicketError('SEARCH_FAILED', `cannot start a search process: ${message}`, { cause }))
      }
    }
  }

  function give(worker: Worker, job: Job): void {
    clearTimeout(worker.idle)
    worker.job = job
    worker.deadline = setTimeout(() => {
      fail(
        worker,
        new PicketError(
          'SEARCH_TIMEOUT',
          `the search took longer than ${config.searchTimeoutSeconds} s; narrow its time range or its words`,
        ),
      )
    }, config.searchTimeoutSeconds * 1000)
    worker.child.send({ id: nextId++, call: job.call })
  }

  /** Rejects the worker's job and kills the process: a query cannot be stopped in any other way. */
  function fail(worker: Worker, error: unknown): void {
    const { job } = worker
    worker.job = undefined
    clearTimeout(worker.deadline)
    workers.delete(worker)
    worker.child.kill('SIGKILL')
    job?.reject(error)
    dispatch()
  }

  function cancel(job: Job, reason: unknown): void {
    const at = waiting.indexOf(job)
    if (at >= 0) {
      waiting.splice(at, 1)
      job.reject(reason)
      return
    }
    for (const worker of workers) {
      if (worker.job !== job) continue
      job.reject(reason)
      clearTimeout(worker.deadline)
      worker.deadline = setTimeout(() => fail(worker, reason), cancelledMs)
    }
  }

  const shares = Math.min(config.parallelSearches, availableParallelism())
  return {
    shares,
    async run(call, signal) {
      signal?.throwIfAborted()
      if (isClosed) throw new PicketError('SEARCH_FAILED', 'Picket is stopping')
      if (waiting.length >= waitingPerProcess * config.parallelSearches) {
        metrics.add('picket_searches_total', { result: 'busy' })
        throw new PicketError('SEARCH_BUSY', `${waiting.length} searches are waiting; try again in a moment`)
      }
      const startedAt = performance.now()
      const { promise, resolve, reject } = Promise.withResolvers<unknown>()
      const job: Job = { call: call as SearchCall, resolve, reject, signal }
      const onAbort = (): void => cancel(job, signal?.reason)
      signal?.addEventListener('abort', onAbort, { once: true })
      waiting.push(job)
      dispatch()
      try {
        // the answer's form is fixed by the method (search-calls.ts); both ends are ours
        const result = (await promise) as never
        metrics.add('picket_searches_total', { result: 'done' })
        return result
      } catch (error) {
        const result = isPicketError(error, 'SEARCH_TIMEOUT')
          ? 'timeout'
          : signal?.aborted === true
            ? 'cancelled'
            : 'failed'
        metrics.add('picket_searches_total', { result })
        throw error
      } finally {
        metrics.observe('picket_search_seconds', {}, (performance.now() - startedAt) / 1000)
        signal?.removeEventListener('abort', onAbort)
      }
    },
    warm() {
      while (!isClosed && workers.size < shares) startWorker()
    },
    async [Symbol.asyncDispose]() {
      isClosed = true
      const stopping = new PicketError('SEARCH_FAILED', 'Picket is stopping')
      for (const job of waiting.splice(0)) job.reject(stopping)
      await Promise.all(
        [...workers].map(async worker => {
          const { child } = worker
          if (child.exitCode !== null || child.signalCode !== null) return
          const exited = new Promise(resolve => child.once('exit', resolve))
          fail(worker, stopping)
          await exited
        }),
      )
    },
  }
}
