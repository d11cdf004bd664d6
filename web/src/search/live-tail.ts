// New records as they arrive, newest first, from the server's event stream. Held back while somebody reads.
import { useEffect, useRef, useState } from 'preact/hooks'
import type { RecordJson } from '../api/answers.ts'
import { apiUrl, get } from '../api/request.ts'
import { t } from '../i18n/i18n.ts'

/** More would make the page slow and nobody scrolls back so far: the search is for that. */
const keptRecords = 1000
/** Reports faster than this cannot be read; they are put together. */
const showEveryMs = 250

export type LiveTail = {
  readonly records: readonly RecordJson[]
  /** Waiting because the tail is held. */
  readonly waiting: number
  /** Left out by the server because they came faster than they could be sent. */
  readonly skipped: number
  readonly connected: boolean
  /** Why the server ended the stream. */
  readonly ended: string | undefined
}

const nothing: LiveTail = { records: [], waiting: 0, skipped: 0, connected: false, ended: undefined }

/** Follows `q` while `enabled`; `held` keeps what is on screen where it is. */
export function useLiveTail(q: string, enabled: boolean, held: boolean): LiveTail {
  const [state, setState] = useState(nothing)
  const heldNow = useRef(held)
  heldNow.current = held
  useEffect(() => {
    setState(nothing)
    if (!enabled) return
    const source = new EventSource(apiUrl('tail', { q }))
    let waiting: RecordJson[] = []
    let skipped = 0
    const show = () => {
      if (heldNow.current) {
        const count = waiting.length
        setState(before =>
          before.waiting === count && before.skipped === skipped ? before : { ...before, waiting: count, skipped },
        )
        return
      }
      if (waiting.length === 0) return
      const arrived = waiting.toReversed()
      waiting = []
      setState(before => ({
        ...before,
        records: [...arrived, ...before.records].slice(0, keptRecords),
        waiting: 0,
        skipped,
      }))
    }
    const timer = setInterval(show, showEveryMs)
    source.addEventListener('open', () => setState(before => ({ ...before, connected: true, ended: undefined })))
    source.addEventListener('error', () => {
      setState(before => ({ ...before, connected: false }))
      if (source.readyState !== EventSource.CLOSED) return // the browser connects again by itself
      setState(before => ({ ...before, ended: t('live.lost') }))
      void get('me').catch(() => undefined) // an expired session shows itself here
    })
    source.addEventListener('records', event => {
      const data = JSON.parse(event.data) as { records: readonly RecordJson[]; skipped: number } // docs/api.md, tail
      waiting = [...waiting, ...data.records]
      if (waiting.length > keptRecords) {
        skipped += waiting.length - keptRecords
        waiting = waiting.slice(-keptRecords)
      }
      skipped += data.skipped
    })
    source.addEventListener('end', event => {
      const data = JSON.parse((event as MessageEvent<string>).data) as { error: { message: string } } // docs/api.md, tail
      setState(before => ({ ...before, connected: false, ended: data.error.message }))
      source.close()
    })
    return () => {
      clearInterval(timer)
      source.close()
    }
  }, [q, enabled])
  return state
}
