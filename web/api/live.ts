import { useEffect, useState } from 'preact/hooks'
import type { LiveEvent } from '../../src/api/contract.ts'
import { apiUrl } from './ask.ts'
import { parseAnswer } from './parse-answer.ts'

export type LiveState = 'waiting' | 'live' | 'lost'

const kinds = ['probe', 'verdict', 'change', 'alert', 'settings'] as const

/** One stream for the whole page, open while anybody listens. */
const listeners = new Set<(event: LiveEvent) => void>()
const watchers = new Set<(state: LiveState) => void>()
let source: EventSource | undefined
let state: LiveState = 'waiting'

export function openLive(): void {
  if (source !== undefined) return
  const opened = new EventSource(apiUrl('/events'), { withCredentials: true })
  source = opened
  opened.onopen = () => tell('live')
  // The browser opens it again by itself, and names the last event that it had.
  opened.onerror = () => {
    tell('lost')
    if (opened.readyState === EventSource.CLOSED && source === opened) {
      source = undefined
      setTimeout(openLive, reopenMs)
    }
  }
  for (const kind of kinds) opened.addEventListener(kind, (event) => pass(kind, event))
}

const reopenMs = 10_000

export function useLiveState(): LiveState {
  const [now, setNow] = useState(state)
  useEffect(() => {
    setNow(state)
    watchers.add(setNow)
    return () => {
      watchers.delete(setNow)
    }
  }, [])
  return now
}

/** Calls at most once in `everyMs`, the first time at once, and once more for what came in between. */
export function useLive(concerns: (event: LiveEvent) => boolean, act: () => void, everyMs = 1500): void {
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined
    let again = false
    const run = () => {
      act()
      again = false
      timer = setTimeout(() => {
        timer = undefined
        if (again) run()
      }, everyMs)
    }
    const listener = (event: LiveEvent) => {
      if (!concerns(event)) return
      if (timer === undefined) run()
      else again = true
    }
    listeners.add(listener)
    return () => {
      clearTimeout(timer)
      listeners.delete(listener)
    }
  })
}

function pass(kind: LiveEvent['kind'], event: MessageEvent): void {
  try {
    const heard = { kind, ...(parseAnswer(String(event.data)) as object) } as LiveEvent
    for (const listener of listeners) listener(heard)
  } catch {
    // Not of this version: the next answer has it all the same.
  }
}

function tell(next: LiveState): void {
  state = next
  for (const watcher of watchers) watcher(next)
}
