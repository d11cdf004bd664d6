// Recognises the frames that a RELP sender sends again. After a broken session it sends what was not answered, first and
// in order (librelp relpSessTryReestablish), so the new session begins with a part that ended an older one:
//
//   older session   a b c d e f         c is the first frame without an answer: the repeats begin there or earlier
//   new session         c d e f g h     c d e f are marked, g is new
//
// Only a mark comes of it, never a loss: a frame that is taken for a repeat by mistake is stored like any other.

export type Repeats = {
  /** A new session of this peer. */
  start(peer: string): SessionRepeats
}

type SessionRepeats = {
  /** Takes the next frame of the session. True when it repeats one of an older session. */
  isRepeat(bytes: Uint8Array, start: number, end: number): boolean
  /** The sender was told of so many more frames, in order. */
  answered(frames: number): void
  /** The session is over. */
  end(): void
}

/** The last frames of a session, by number from its first one. */
type Tail = {
  /** A ring: frame n at n modulo its size. */
  readonly hashes: number[]
  frames: number
  answered: number
  isOver: boolean
}

/** A place in an older session that the new one may have begun to repeat. */
type Place = { readonly tail: Tail; next: number }

const framesKept = 1024
/** Sessions that are over and still remembered, of one peer and in all (8 KiB each at most). */
const maxOverPerPeer = 16
const maxOver = 1024

export function createRepeats(): Repeats {
  const tails = new Map<string, Tail[]>()
  /** Tails of sessions that are over, the oldest first, with their peers. */
  const over = new Map<Tail, string>()

  function forget(tail: Tail, peer: string): void {
    over.delete(tail)
    const left = (tails.get(peer) ?? []).filter(other => other !== tail)
    if (left.length > 0) tails.set(peer, left)
    else tails.delete(peer)
  }

  function remember(tail: Tail, peer: string): void {
    tail.isOver = true
    over.set(tail, peer)
    const ofPeer = (tails.get(peer) ?? []).filter(({ isOver }) => isOver)
    if (ofPeer.length > maxOverPerPeer) forget(ofPeer[0] as Tail, peer)
    const [oldest] = over
    if (over.size > maxOver && oldest !== undefined) forget(...oldest)
  }

  function start(peer: string): SessionRepeats {
    const own: Tail = { hashes: [], frames: 0, answered: 0, isOver: false }
    let places: readonly Place[] = []

    /** Goes on at the places that the frame fits. One that reached the end of its tail is done, and so is its tail. */
    function follow(hash: number): boolean {
      const fitting = places.filter(({ tail, next }) => hashAt(tail, next) === hash)
      for (const place of fitting) place.next++
      const done = new Set(fitting.filter(({ tail, next }) => next === tail.frames).map(({ tail }) => tail))
      for (const tail of done) if (tail.isOver) forget(tail, peer)
      places = fitting.filter(({ tail }) => !done.has(tail))
      return fitting.length > 0
    }

    return {
      isRepeat(bytes, from, to) {
        const hash = hashOf(bytes, from, to)
        if (own.frames === 0) {
          const older = tails.get(peer) ?? []
          places = older.flatMap(placesIn)
          tails.set(peer, [...older, own])
        }
        own.hashes[own.frames++ % framesKept] = hash
        return places.length > 0 && follow(hash)
      },
      answered(frames) {
        own.answered += frames
      },
      end() {
        if (own.frames > 0 && !own.isOver) remember(own, peer)
      },
    }
  }
  return { start }
}

/** Where repeats of this session can begin: at its first unanswered frame or before. */
function placesIn(tail: Tail): readonly Place[] {
  const first = Math.max(0, tail.frames - framesKept)
  const last = Math.min(tail.answered, tail.frames - 1)
  return Array.from({ length: Math.max(0, last + 1 - first) }, (_, n) => ({ tail, next: first + n }))
}

function hashAt({ hashes, frames }: Tail, frame: number): number | undefined {
  return frame < frames && frame >= frames - framesKept ? hashes[frame % framesKept] : undefined
}

/** FNV-1a (32 bits) and the length: enough for a mark, and a fraction of a microsecond for a usual frame. */
function hashOf(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0x811c9dc5
  for (let i = start; i < end; i++) hash = Math.imul(hash ^ (bytes[i] as number), 0x01000193)
  return (hash >>> 0) * 2 ** 18 + (end - start)
}
