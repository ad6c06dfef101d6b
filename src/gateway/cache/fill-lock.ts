import { readFile, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'

/** A lock that its holder has not renewed for so long is nobody's. */
const STALE_MS = 10_000
const RENEW_MS = 2_000

/** Locks of this process: after a restart in a container the new process may have the id of the old one. */
const held = new Set<string>()

/**
 * That one process fills a version. It saves fetching twice and no more: where two hold it, they write the same blocks.
 */
export class FillLock {
  readonly #path: string
  readonly #renewal: NodeJS.Timeout

  private constructor(path: string) {
    this.#path = path
    held.add(path)
    this.#renewal = setInterval(() => {
      const now = new Date()
      utimes(path, now, now).catch(() => {})
    }, RENEW_MS)
    this.#renewal.unref()
  }

  /** Undefined where another holds it. Throws where the disk fails. */
  static async take(path: string): Promise<FillLock | undefined> {
    for (let attempt = 0; attempt < 2; attempt++) {
      try {
        await writeFile(path, `${hostname()} ${process.pid}`, { flag: 'wx', mode: 0o600 })
        return new FillLock(path)
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') {
          // Begun and not written: it would be taken for another's.
          await rm(path, { force: true }).catch(() => {})
          throw error
        }
      }
      if (await isHeld(path)) return undefined
      await rm(path, { force: true })
    }
    return undefined
  }

  async release(): Promise<void> {
    clearInterval(this.#renewal)
    held.delete(this.#path)
    await rm(this.#path, { force: true }).catch(() => {})
  }
}

export async function isHeld(path: string): Promise<boolean> {
  const renewed = await stat(path).catch(() => undefined)
  if (renewed === undefined || Date.now() - renewed.mtimeMs > STALE_MS) return false
  const [host, pid] = (await readFile(path, 'utf8').catch(() => '')).split(' ')
  if (host !== hostname() || pid === undefined) return true
  return Number(pid) === process.pid ? held.has(path) : isAlive(Number(pid))
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
