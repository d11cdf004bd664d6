// Answers that stay open (live tail): how many there may be, and how they end when a session ends or the server stops.

/** One account's browser tabs, and everybody's. */
const maxPerAccount = 12
const maxTotal = 200

export interface LiveStreams {
  /** A place for one stream, or undefined when there is none; `end` gives it back. */
  open(account: string, sessionHash: string | undefined): LiveStream | undefined
  /** Ends the streams of a session, or all. */
  close(sessionHash?: string): void
  readonly count: number
}

type LiveStream = { readonly signal: AbortSignal; readonly end: () => void }

/** No stream yet. */
export function liveStreams(): LiveStreams {
  const open = new Set<{
    readonly account: string
    readonly sessionHash: string | undefined
    readonly controller: AbortController
  }>()
  return {
    open(account, sessionHash) {
      const ofAccount = [...open].filter(stream => stream.account === account).length
      if (open.size >= maxTotal || ofAccount >= maxPerAccount) return undefined
      const stream = { account, sessionHash, controller: new AbortController() }
      open.add(stream)
      return {
        signal: stream.controller.signal,
        end: () => {
          open.delete(stream)
          stream.controller.abort()
        },
      }
    },
    close(sessionHash) {
      for (const stream of open) {
        if (sessionHash === undefined || stream.sessionHash === sessionHash) stream.controller.abort()
      }
    },
    get count() {
      return open.size
    },
  }
}
