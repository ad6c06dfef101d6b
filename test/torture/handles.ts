import { readdirSync } from 'node:fs'
import { setImmediate as turn } from 'node:timers/promises'
import { awakeMs } from './awake.ts'

/** What a process holds open, by kind. */
export interface Held {
  readonly sockets: number
  readonly descriptors: number
  readonly timers: number
}

const SOCKETS = new Set(['TCPSocketWrap', 'TCPServerWrap', 'TLSWrap', 'TCPConnectWrap', 'PipeWrap'])

export function held(): Held {
  const active = process.getActiveResourcesInfo()
  return {
    sockets: active.filter((kind) => SOCKETS.has(kind)).length,
    descriptors: readdirSync('/proc/self/fd').length,
    timers: active.filter((kind) => kind === 'Timeout').length,
  }
}

/**
 * What is held beyond `before` once all that is under way has ended; undefined where nothing is. The other end of a
 * connection ends it a turn or two later, so that this asks again until `withinMs` of `awakeMs` are over.
 */
export async function leaked(before: Held, withinMs = 5_000): Promise<Partial<Held> | undefined> {
  const endMs = awakeMs() + withinMs
  for (;;) {
    const now = held()
    const more = Object.entries(now).filter(([kind, count]) => count > before[kind as keyof Held])
    if (more.length === 0) return undefined
    if (awakeMs() > endMs) return Object.fromEntries(more)
    await turn()
  }
}

/** Rejections and exceptions of the process that nobody took while `work` ran. */
export async function unhandledIn(work: () => Promise<void>): Promise<unknown[]> {
  const untaken: unknown[] = []
  const note = (error: unknown) => untaken.push(error)
  process.on('unhandledRejection', note)
  process.on('uncaughtException', note)
  try {
    await work()
    await turn()
  } finally {
    process.off('unhandledRejection', note)
    process.off('uncaughtException', note)
  }
  return untaken
}
