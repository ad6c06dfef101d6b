import { useCallback, useEffect, useState } from 'preact/hooks'
import { AskError, ask } from './ask.ts'

export interface Answer<T> {
  /** Stays while the next one is on its way, so that nothing jumps. */
  readonly data: T | undefined
  readonly error: AskError | undefined
  readonly loading: boolean
  readonly reload: () => void
}

/** `undefined` asks nothing. */
export function useAnswer<T>(path: string | undefined): Answer<T> {
  const [round, setRound] = useState(0)
  const [had, setHad] = useState<{
    path?: string | undefined
    data?: T | undefined
    error?: AskError | undefined
  }>({})
  useEffect(() => {
    if (path === undefined) return
    const abort = new AbortController()
    ask<T>(path, { signal: abort.signal }).then(
      (data) => {
        setHad({ path, data })
      },
      (error: unknown) => {
        if (abort.signal.aborted) return
        const fault = error instanceof AskError ? error : new AskError(0, String(error))
        setHad((before) => ({ path, error: fault, ...(before.path === path ? { data: before.data } : {}) }))
      },
    )
    return () => abort.abort()
  }, [path, round])
  const reload = useCallback(() => setRound((last) => last + 1), [])
  const current = had.path === path
  return {
    data: current ? had.data : undefined,
    error: current ? had.error : undefined,
    loading: path !== undefined && !current,
    reload,
  }
}
