import { useCallback, useEffect, useRef, useState } from 'preact/hooks'
import type { Overview, OverviewRow } from '../../src/api/contract.ts'
import { AskError, ask } from '../api/ask.ts'

/** Rows of the heat map, asked for by pages as they come into sight. */
export interface RowPages {
  /** The newest answer, whatever rows it has: counts, fleets, total. */
  readonly head: Overview | undefined
  readonly row: (index: number) => OverviewRow | undefined
  /** These are in sight. */
  readonly show: (first: number, end: number) => void
  /** Asks again for what is in sight. What is out of sight is asked for when it comes. */
  readonly reload: () => void
  readonly error: AskError | undefined
}

export const pageRows = 100

/** `query` without `offset` and `limit`; another one starts anew. */
export function useRowPages(query: string): RowPages {
  const [head, setHead] = useState<Overview>()
  const [error, setError] = useState<AskError>()
  const [, draw] = useState(0)
  const held = useRef({ query: '', pages: new Map<number, Page>(), first: 0, end: 1 })

  const load = useCallback((page: number) => {
    const now = held.current
    const kept = now.pages.get(page)
    const asked: Page = { rows: kept?.rows ?? [], state: 'asked' }
    now.pages.set(page, asked)
    const parts = [now.query, `offset=${page * pageRows}`, `limit=${pageRows}`].filter((part) => part !== '')
    ask<Overview>(`/overview?${parts.join('&')}`).then(
      (answer) => {
        if (held.current.pages.get(page) !== asked) return
        now.pages.set(page, { rows: answer.rows, state: 'had' })
        setHead(answer)
        setError(undefined)
        draw((count) => count + 1)
      },
      (fault: unknown) => {
        if (held.current.pages.get(page) !== asked) return
        now.pages.set(page, { rows: asked.rows, state: 'failed' })
        setError(fault instanceof AskError ? fault : new AskError(0, String(fault)))
      },
    )
  }, [])

  const fill = useCallback(() => {
    const { first, end, pages } = held.current
    for (let page = Math.floor(first / pageRows); page * pageRows < Math.max(end, 1); page += 1) {
      const state = pages.get(page)?.state
      if (state === undefined || state === 'old') load(page)
    }
  }, [load])

  useEffect(() => {
    held.current = { query, pages: new Map(), first: 0, end: 1 }
    fill()
  }, [query, fill])

  const show = useCallback(
    (first: number, end: number) => {
      held.current.first = first
      held.current.end = end
      fill()
    },
    [fill],
  )
  const reload = useCallback(() => {
    for (const [page, { rows }] of held.current.pages) held.current.pages.set(page, { rows, state: 'old' })
    fill()
  }, [fill])
  const row = (index: number) => held.current.pages.get(Math.floor(index / pageRows))?.rows[index % pageRows]
  return { head, row, show, reload, error }
}

interface Page {
  readonly rows: readonly OverviewRow[]
  readonly state: 'asked' | 'had' | 'failed' | 'old'
}
