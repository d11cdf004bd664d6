// Loading for components: what came last stays on screen while the next answer is under way.
import { useCallback, useEffect, useRef, useState } from 'preact/hooks'
import { ApiError } from './request.ts'

export type Resource<T> = {
  readonly data: T | undefined
  readonly error: ApiError | undefined
  readonly loading: boolean
  readonly reload: () => void
}

type State<T> = { readonly data: T | undefined; readonly error: ApiError | undefined; readonly loading: boolean }

/** Loads when `key` changes, dropping the answer to an older key; undefined loads nothing. */
export function useResource<T>(key: string | undefined, load: (signal: AbortSignal) => Promise<T>): Resource<T> {
  const [state, setState] = useState<State<T>>({ data: undefined, error: undefined, loading: key !== undefined })
  const [round, setRound] = useState(0)
  const latest = useRef(load)
  latest.current = load
  useEffect(() => {
    if (key === undefined) return
    const abort = new AbortController()
    setState(before => ({ ...before, loading: true }))
    latest.current(abort.signal).then(
      data => {
        if (!abort.signal.aborted) setState({ data, error: undefined, loading: false })
      },
      (error: unknown) => {
        if (abort.signal.aborted) return
        setState(before => ({ data: before.data, error: asApiError(error), loading: false }))
      },
    )
    return () => abort.abort()
  }, [key, round])
  const reload = useCallback(() => setRound(before => before + 1), [])
  return { ...state, reload }
}

/** Calls `run` every `everyMs` while the page is visible; 0 stops. */
export function useEvery(everyMs: number, run: () => void): void {
  const latest = useRef(run)
  latest.current = run
  useEffect(() => {
    if (everyMs === 0) return
    const timer = setInterval(() => {
      if (!document.hidden) latest.current()
    }, everyMs)
    return () => clearInterval(timer)
  }, [everyMs])
}

export function asApiError(error: unknown): ApiError {
  return error instanceof ApiError ? error : new ApiError(0, 'UNEXPECTED', String(error))
}
