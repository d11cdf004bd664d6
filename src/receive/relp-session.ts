// One RELP session: frames → sink, and an answer for each as soon as it is stored, in the order of the frames.
//
//   sender ── 1 open ─────────► 200 OK at once
//          ── 2 syslog, 3 … ──► sink.frame() = the batch that holds it ··· stored(batch) ──► 2 rsp 200 OK, 3 rsp …
//          ── 9 close ────────► after the answers before it: 9 rsp, serverclose, end
//
// Never 500 to a syslog frame of an open session: librelp throws a frame away when the answer is not 200. What cannot be
// stored is not answered; the sender keeps it and sends it again. (RFC of the protocol: librelp doc/relp.md.)
import { createRelpFramer, type RelpFrame } from '../syslog-parser/relp-framing.ts'
import type { Link, Reader } from './connection.ts'
import type { RelpError, Source } from './listener.ts'
import { isOpenOffer } from './relp-offer.ts'
import type { Repeats } from './relp-repeats.ts'

/** Takes the frames of RELP sessions. */
export interface StoringSink {
  /** Called for each frame, synchronously from the socket's event; copy what is kept. Returns the number of the batch
   *  that will hold it: batches are stored in the order of their numbers, and RelpListener.stored tells of it. */
  frame(bytes: Uint8Array, start: number, end: number, source: Source): number
}

export type RelpSessionOptions = {
  readonly sink: StoringSink
  readonly maxFrameBytes: number
  /** Recognises what a sender sends again after a broken session. */
  readonly repeats: Repeats
  readonly monotonic: () => number
  /** The first frame of this session waits to be stored. */
  readonly onWaiting: (session: RelpSession) => void
  /** The sender did what RELP does not allow; the session ends. */
  readonly onError: (error: RelpError) => void
}

export type RelpSession = Reader & {
  /** Every batch up to this one is stored: answers for its frames. True while frames still wait. */
  stored(batch: number): boolean
  close(): Promise<void>
}

/** A sender with so many unanswered frames is not read until answers went out. librelp has 128 underway by itself. */
const maxUnanswered = 8192
/** The first answer that is owed so long will not come soon: the sender should try a new session. librelp waits 90 s. */
const answerWithinMs = 120_000
/** A sender that does not take its answers for so long is gone. */
const readWithinMs = 60_000
/** A sender that was told that the session is over gets so long to close its end. */
const closeWithinMs = 2000

const maxTxnr = 999_999_999
const serverClose = '0 serverclose 0\n'
const openAnswer = '200 OK\nrelp_version=0\nrelp_software=picket\ncommands=syslog'

/** Makes the reader of one connection. */
export function createRelpSession(link: Link, options: RelpSessionOptions): RelpSession {
  const { socket, source, counters } = link
  const { sink, monotonic, onError } = options
  const repeats = options.repeats.start(source.peer)
  const repeatSource: Source = { ...source, repeat: true }
  /** Frames that wait for their batch, in order. Their transaction numbers follow each other. */
  const waiting: { readonly batch: number; frames: number }[] = []
  let unanswered = 0
  let oldestAt = 0
  let nextTxnr = 1
  /** Of the next answer to a syslog frame. */
  let answerTxnr = 1
  let isOpen = false
  let hasSpoken = false
  /** Said when all frames are answered; then the session ends. */
  let last: string | undefined
  let isOver = false
  let output = ''
  let stuckSince: number | undefined

  const framer = createRelpFramer({
    maxDataBytes: options.maxFrameBytes,
    onFrame: takeFrame,
    onInvalid: () => fail('invalid_frame'),
  })
  socket.on('drain', () => {
    stuckSince = undefined
    holdOrRelease()
  })
  const closed = new Promise<void>(resolve => socket.once('close', () => resolve()))

  function takeFrame(frame: RelpFrame): void {
    if (frame.txnr === 0) return // a hint: nothing that we have to act on
    if (frame.txnr !== nextTxnr) return fail('invalid_txnr')
    nextTxnr = behind(nextTxnr)
    switch (frame.command) {
      case 'syslog':
        return isOpen ? takeMessage(frame) : refuse(frame, 'not_open', '500 command disabled')
      case 'open':
        return open(frame)
      case 'close':
        return finish(`${frame.txnr} rsp 0\n${serverClose}`)
      default:
        return failWith(frame, 'unknown_command', '500 unknown command')
    }
  }

  function open(frame: RelpFrame): void {
    if (isOpen) return failWith(frame, 'second_open', '500 connection already open')
    if (!isOpenOffer(frame.bytes.subarray(frame.start, frame.end))) {
      return failWith(frame, 'invalid_offer', '500 required command not supported by client')
    }
    isOpen = true
    hasSpoken = true
    answer(frame.txnr, openAnswer)
  }

  function takeMessage({ txnr, bytes, start, end, isCut }: RelpFrame): void {
    const newest = waiting.at(-1)
    if (newest === undefined) {
      answerTxnr = txnr
      oldestAt = monotonic()
    }
    unanswered++
    counters.received++
    const isRepeat = repeats.isRepeat(bytes, start, end)
    if (start === end) {
      counters.dropped.empty++
      // nothing to store, but its turn comes behind what is still to be stored
      if (newest !== undefined) newest.frames++
      else answerFrames(1)
      return
    }
    counters.frames++
    if (isCut) counters.flaws.oversize++
    if (isRepeat) counters.repeats++
    const batch = sink.frame(bytes, start, end, isRepeat ? repeatSource : source)
    if (newest?.batch === batch) newest.frames++
    else waiting.push({ batch, frames: 1 })
    if (newest === undefined) options.onWaiting(session)
  }

  /** Answers to the next frames whose answers are owed. */
  function answerFrames(count: number): void {
    for (let n = 0; n < count; n++) {
      answer(answerTxnr, '200 OK')
      answerTxnr = behind(answerTxnr)
    }
    unanswered -= count
    repeats.answered(count)
  }

  function answer(txnr: number, text: string): void {
    output += `${txnr} rsp ${text.length} ${text}\n`
  }

  function refuse({ txnr }: RelpFrame, error: RelpError, text: string): void {
    onError(error)
    answer(txnr, text)
  }

  function fail(error: RelpError): void {
    onError(error)
    finish(serverClose)
  }

  function failWith({ txnr }: RelpFrame, error: RelpError, text: string): void {
    onError(error)
    finish(`${txnr} rsp ${text.length} ${text}\n${serverClose}`)
  }

  /** Nothing more is read; `text` goes out behind the last answer that is owed. */
  function finish(text: string): void {
    if (last !== undefined) return
    last = text
    framer.stop()
  }

  /** Everything that there is to say now, in one write. */
  function flush(): void {
    const isEnd = last !== undefined && waiting.length === 0 && !isOver
    if (isEnd) output += last
    if (output !== '' && socket.writable && !socket.write(output) && stuckSince === undefined) stuckSince = monotonic()
    output = ''
    if (isEnd) {
      isOver = true
      socket.end()
      setTimeout(() => socket.destroy(), closeWithinMs).unref()
    }
    holdOrRelease()
  }

  /** Once the session is over the sender's rest is read and thrown away, so that its close is seen. */
  function holdOrRelease(): void {
    if (!isOver && (unanswered >= maxUnanswered || stuckSince !== undefined)) link.hold()
    else link.release()
  }

  function giveUp(error: RelpError): void {
    onError(error)
    isOver = true
    socket.destroy()
  }

  const session: RelpSession = {
    get hasSpoken() {
      return hasSpoken
    },
    push(chunk) {
      framer.push(chunk)
      flush()
    },
    idle() {},
    end() {
      repeats.end()
      if (last === undefined && framer.isInside) onError('incomplete')
      finish('')
      flush()
    },
    stored(batch) {
      let count = 0
      while (waiting[0] !== undefined && waiting[0].batch <= batch) count += waiting.shift()?.frames ?? 0
      oldestAt = monotonic()
      answerFrames(count)
      flush()
      return waiting.length > 0
    },
    sweep(now) {
      if (isOver) return
      if (unanswered > 0 && now - oldestAt >= answerWithinMs) giveUp('unanswered')
      else if (stuckSince !== undefined && now - stuckSince >= readWithinMs) giveUp('unread')
    },
    async close() {
      finish(serverClose)
      flush()
      await closed
    },
  }
  return session
}

/** The transaction number that follows. */
function behind(txnr: number): number {
  return txnr === maxTxnr ? 1 : txnr + 1
}
