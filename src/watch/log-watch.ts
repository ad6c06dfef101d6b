import { open } from 'node:fs/promises'
import { type LogFeed, type LoggedCertificate, parseLogFeed } from '../fleet/log-feed.ts'
import type { Transparency } from '../fleet/watch-config.ts'
import type { WatchLog } from './watch-log.ts'

/** The end of a feed that grows, and all of an answer. */
const feedBytes = 32 * 1024 * 1024
const answerMs = 30_000

export interface LogWatchOptions {
  readonly log: WatchLog
  /** There are certificates that were not there before, or not with these issuers. */
  readonly onNews: (news: readonly LoggedCertificate[]) => Promise<void>
}

/** What Certificate Transparency has logged, from the file or the URL that `watch.yaml` names; read again in turns. */
export class LogWatch {
  readonly #options: LogWatchOptions
  #where: Transparency | undefined
  #logged: readonly LoggedCertificate[] = []
  #known = new Set<string>()
  #stamp = ''
  #timer: NodeJS.Timeout | undefined
  #reading: Promise<void> | undefined

  constructor(options: LogWatchOptions) {
    this.#options = options
  }

  get logged(): readonly LoggedCertificate[] {
    return this.#logged
  }

  /** Reads it for the first time, and from then on in turns. What cannot be read is told in the log. */
  async watch(where: Transparency | undefined): Promise<void> {
    if (JSON.stringify(where) === JSON.stringify(this.#where)) return
    clearInterval(this.#timer)
    await this.#reading
    this.#where = where
    this.#stamp = ''
    if (where === undefined) {
      this.#logged = []
      this.#known.clear()
      return
    }
    await this.read()
    this.#timer = setInterval(() => void this.read(), where.everySeconds * 1_000)
    this.#timer.unref()
  }

  /** Never rejects. */
  read(): Promise<void> {
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined
    })
    return this.#reading
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer)
    await this.#reading
  }

  async #read(): Promise<void> {
    const where = this.#where
    if (where === undefined) return
    try {
      const text = 'file' in where ? await this.#changedFile(where.file) : await answerOf(where.url)
      if (text !== undefined) await this.#take(parseLogFeed(text))
    } catch (error) {
      const said = error instanceof Error ? error.message : String(error)
      this.#options.log.note('transparency not read', { error: said })
    }
  }

  async #take({ logged, withoutCertificate, broken, leftOut }: LogFeed): Promise<void> {
    const news = logged.filter((entry) => !this.#known.has(keyOf(entry)))
    this.#logged = logged
    this.#known = new Set(logged.map(keyOf))
    const counts = { withoutCertificate, broken, leftOut }
    this.#options.log.note('transparency read', { logged: logged.length, news: news.length, ...counts })
    if (news.length > 0) await this.#options.onNews(news)
  }

  /** Undefined where it is as before. Of a long one the last whole lines. */
  async #changedFile(path: string): Promise<string | undefined> {
    const file = await open(path)
    try {
      const { size, mtimeMs, ino } = await file.stat()
      const stamp = `${size} ${mtimeMs} ${ino}`
      if (stamp === this.#stamp) return undefined
      const start = Math.max(0, size - feedBytes)
      const bytes = Buffer.alloc(size - start)
      const { bytesRead } = await file.read(bytes, 0, bytes.length, start)
      this.#stamp = stamp
      const text = bytes.subarray(0, bytesRead).toString('utf8')
      return start === 0 ? text : text.slice(text.indexOf('\n') + 1)
    } finally {
      await file.close()
    }
  }
}

/** With other issuers beside it, what could not be told before may be now. */
function keyOf({ certificate, issuers }: LoggedCertificate): string {
  return [certificate.sha256, ...issuers.map(({ sha256 }) => sha256).sort()].join(' ')
}

async function answerOf(url: string): Promise<string> {
  const response = await fetch(url, { redirect: 'error', signal: AbortSignal.timeout(answerMs) })
  if (!response.ok) throw new Error(`the feed answers with HTTP status ${response.status}`)
  const parts: Uint8Array[] = []
  let length = 0
  for await (const part of response.body ?? []) {
    parts.push(part as Uint8Array)
    length += (part as Uint8Array).length
    if (length > feedBytes) throw new Error(`the feed has more than ${feedBytes} bytes`)
  }
  return Buffer.concat(parts).toString('utf8')
}
