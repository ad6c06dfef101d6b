import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { packageRoot } from '../io/data-folder.ts'
import { SqlError, type SqlValue, StoreError } from './database.ts'
import type { FromThread, ThreadData, ToThread } from './pglite-messages.ts'

interface Asked {
  resolve(rows: object[]): void
  reject(error: Error): void
}

/** A thread with PGlite in it: one connection, which may end before it is closed. */
export class PgliteConnection {
  /** Resolves when the thread is gone, and with it all that it held open. */
  readonly ended: Promise<void>
  readonly #thread: Worker
  readonly #place: string
  readonly #asked = new Map<number, Asked>()
  #end: string | undefined
  #seq = 0

  private constructor(thread: Worker, place: string) {
    this.#thread = thread
    this.#place = place
    thread.on('message', (message: FromThread) => this.#hear(message))
    thread.on('error', (error) => this.#over(`the store ended: ${error.message}`))
    this.ended = new Promise((resolve) => {
      thread.once('exit', () => {
        this.#over('the store ended')
        resolve()
      })
    })
  }

  /** `folder`: with a database in it; `place`: of the store. Throws `StoreError`, when the thread is gone. */
  static open(folder: string, place: string): Promise<PgliteConnection> {
    return new Promise((resolve, reject) => {
      const thread = new Worker(join(packageRoot(), 'dist/store/pglite-thread.js'), {
        workerData: { folder } satisfies ThreadData,
        execArgv: [],
      })
      let why = 'its thread ended'
      const fail = () => reject(unopened(place, why))
      const onError = (error: Error) => {
        why = error.message
      }
      thread.once('error', onError)
      thread.once('exit', fail)
      thread.once('message', (message: FromThread) => {
        if (message.kind === 'opened') {
          thread.off('error', onError)
          thread.off('exit', fail)
          resolve(new PgliteConnection(thread, place))
          return
        }
        if (message.kind === 'unopened') why = message.message
        void thread.terminate()
      })
    })
  }

  get isOpen(): boolean {
    return this.#end === undefined
  }

  /** Without `values`, `text` may be several statements. Rejects with `SqlError`, at once where the thread is gone. */
  ask<Row extends object>(text: string, values?: readonly SqlValue[]): Promise<Row[]> {
    return new Promise((resolve, reject) => {
      if (this.#end !== undefined) {
        reject(new SqlError(this.#end, undefined, this.#place))
        return
      }
      const seq = this.#seq++
      this.#asked.set(seq, { resolve: resolve as Asked['resolve'], reject })
      this.#tell({ kind: 'query', seq, text, values })
    })
  }

  /** Ends in order. */
  async close(): Promise<void> {
    if (this.isOpen) this.#tell({ kind: 'close' })
    await this.ended
  }

  /** Ends as it is: what was not committed is not there. */
  async drop(): Promise<void> {
    this.#over('the store ended: it took nothing any more')
    await this.#thread.terminate()
  }

  #tell(message: ToThread): void {
    this.#thread.postMessage(message)
  }

  #over(why: string): void {
    this.#end ??= why
    for (const { reject } of this.#asked.values()) reject(new SqlError(this.#end, undefined, this.#place))
    this.#asked.clear()
  }

  #hear(message: FromThread): void {
    if (message.kind !== 'rows' && message.kind !== 'refused') return
    const asked = this.#asked.get(message.seq)
    this.#asked.delete(message.seq)
    if (message.kind === 'rows') asked?.resolve(message.rows)
    else asked?.reject(new SqlError(message.message, message.code, this.#place))
  }
}

function unopened(place: string, why: string): StoreError {
  return new StoreError(
    'store-unreadable',
    `the store in ${place} cannot be opened: ${why}`,
    'restore a backup with tlsfit store restore, or name another folder',
    place,
  )
}
