// A sink and a log that record what they were given, and promises for what is still to come.
import { EventEmitter, once } from 'node:events'
import { connect, type Socket } from 'node:net'
import type { Log } from '../../src/base/log.ts'
import type { FrameSink, Source } from '../../src/receive/listener.ts'

export type Recorded = { readonly text: string; readonly source: Source; readonly flaw: string | undefined }

export type Recorder = FrameSink & {
  readonly frames: Recorded[]
  /** Called with each frame, for tests that push back. */
  onFrame: (() => void) | undefined
  texts(): readonly string[]
  /** Resolves when at least `count` frames have come. */
  until(count: number): Promise<void>
}

export function createRecorder(): Recorder {
  const frames: Recorded[] = []
  const arrived = new EventEmitter()
  const recorder: Recorder = {
    frames,
    onFrame: undefined,
    frame(bytes, start, end, source, flaw) {
      frames.push({ text: Buffer.from(bytes.subarray(start, end)).toString('latin1'), source, flaw })
      recorder.onFrame?.()
      arrived.emit('frame')
    },
    texts: () => frames.map(({ text }) => text),
    async until(count) {
      while (frames.length < count) await once(arrived, 'frame')
    },
  }
  return recorder
}

export type RecordedLog = Log & { readonly lines: readonly string[] }

/** Keeps `message key=value …` of each line. */
export function recordLog(): RecordedLog {
  const lines: string[] = []
  const keep = (fields: object, message: string) => {
    lines.push([message, ...Object.entries(fields).map(([key, value]) => `${key}=${String(value)}`)].join(' '))
  }
  return { lines, debug: keep, info: keep, warn: keep, error: keep }
}

/** A connected TCP client. Its errors are the test's business only by the 'close' event. */
export async function dial(port: number, host = '127.0.0.1', localAddress?: string): Promise<Socket> {
  const socket = connect({ port, host, ...(localAddress === undefined ? {} : { localAddress }) })
  socket.on('error', () => {})
  socket.resume()
  await once(socket, 'connect')
  return socket
}

/** Lets the event loop turn until the condition holds. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise(setImmediate)
}
