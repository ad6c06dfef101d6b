import { readdirSync, readlinkSync } from 'node:fs'
import { setImmediate as turn } from 'node:timers/promises'

/** What a process holds. Sizes in bytes. */
export interface Sample {
  readonly rssBytes: number
  /** Objects and buffers that are left after a collection. */
  readonly heapBytes: number
  /** Without those of the store's own files: PostgreSQL keeps the files of its tables open once they were used. */
  readonly descriptors: number
  readonly sockets: number
  readonly timers: number
  /** Connections served, or probes done, since the start. */
  readonly operations: number
  readonly failures: number
  /** What lies on disk: the cache, or the store. */
  readonly storeBytes: number
}

/** Of this process, after a full collection; it needs `--expose-gc`. `store`: a folder of a database. */
export async function takeSample(
  counted: Pick<Sample, 'operations' | 'failures' | 'storeBytes'>,
  store?: string,
): Promise<Sample> {
  // What is freed by finalizers goes a turn later, and what it held with the collection after that.
  for (let times = 0; times < 2; times++) {
    globalThis.gc?.()
    await turn()
  }
  const { rss, heapUsed, external } = process.memoryUsage()
  const active = process.getActiveResourcesInfo()
  return {
    rssBytes: rss,
    heapBytes: heapUsed + external,
    descriptors: descriptorsBut(store),
    sockets: active.filter((kind) => /^(TCP|TLS|Pipe).*Wrap$/.test(kind)).length,
    timers: active.filter((kind) => kind === 'Timeout').length,
    ...counted,
  }
}

function descriptorsBut(store: string | undefined): number {
  return readdirSync('/proc/self/fd').filter((fd) => store === undefined || !leadsTo(fd, store)).length
}

function leadsTo(fd: string, folder: string): boolean {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`).startsWith(folder)
  } catch {
    // That of the listing itself, closed by now.
    return false
  }
}
