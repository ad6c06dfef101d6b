import { useEffect, useState } from 'preact/hooks'
import { formatAway, formatMinute } from '../words/figures.ts'

/** How long ago, or how far ahead; the instant itself for who points at it, and for programs. */
export function Away({ at }: { readonly at: string }) {
  const now = useNow()
  return (
    <time dateTime={at} title={`${formatMinute(at)} UTC`}>
      {formatAway(at, now)}
    </time>
  )
}

export function Minute({ at }: { readonly at: string }) {
  return (
    <time class="figure" dateTime={at} title="UTC">
      {formatMinute(at)}
    </time>
  )
}

/** One clock for all of them. */
const watchers = new Set<(now: number) => void>()
let timer: ReturnType<typeof setInterval> | undefined

function useNow(): number {
  const [now, setNow] = useState(Date.now)
  useEffect(() => {
    watchers.add(setNow)
    timer ??= setInterval(() => {
      for (const watcher of watchers) watcher(Date.now())
    }, 20_000)
    return () => {
      watchers.delete(setNow)
      if (watchers.size > 0) return
      clearInterval(timer)
      timer = undefined
    }
  }, [])
  return now
}
