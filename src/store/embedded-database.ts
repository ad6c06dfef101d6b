import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { packageRoot } from '../io/data-folder.ts'
import { type Database, type Queries, SqlError, type SqlValue, StoreError } from './database.ts'
import { unpackFolder } from './folder-image.ts'
import { lockFolder } from './folder-lock.ts'
import type { FromThread, ThreadData, ToThread } from './pglite-messages.ts'

const OWNER_ONLY = 0o700

/** In `dist`: an empty database, as PGlite makes it. Written by the build. */
export const emptyStore = 'store/empty.br'

/**
 * Opens the database in `folder`, or makes it. One process at a time: a lock file beside the data says whose it is, and
 * that of a process that is gone is taken over. Throws `StoreError`.
 */
export async function openEmbedded(folder: string): Promise<Database> {
  try {
    makeFolder(folder)
  } catch (error) {
    throw unusable(folder, (error as NodeJS.ErrnoException).code ?? 'unknown')
  }
  const unlock = lockFolder(folder)
  try {
    const data = join(folder, 'pgdata')
    if (!existsSync(join(data, 'PG_VERSION'))) await initialise(folder, data)
    return new EmbeddedDatabase(folder, await startThread({ folder: data }), unlock)
  } catch (error) {
    unlock()
    throw error
  }
}

/** Made aside: a process that is killed meanwhile leaves nothing that looks like a database. */
async function initialise(folder: string, data: string): Promise<void> {
  const making = join(folder, 'pgdata.new')
  try {
    rmSync(making, { recursive: true, force: true })
    await unpackFolder(await readFile(join(packageRoot(), 'dist', emptyStore)), making)
    renameSync(making, data)
  } catch (error) {
    throw unusable(folder, (error as NodeJS.ErrnoException).code ?? 'unknown')
  }
}

/** With those above it. `recursive` of Node's never ends below /proc. */
function makeFolder(folder: string): void {
  const attempt = () => mkdirSync(folder, { mode: OWNER_ONLY })
  try {
    attempt()
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EEXIST') return
    if (code !== 'ENOENT' || dirname(folder) === folder) throw error
    makeFolder(dirname(folder))
    attempt()
  }
}

function startThread(workerData: ThreadData): Promise<Worker> {
  return new Promise((resolve, reject) => {
    const thread = new Worker(join(packageRoot(), 'dist/store/pglite-thread.js'), {
      workerData,
      execArgv: [],
    })
    const fail = (message: string) => {
      void thread.terminate()
      reject(
        new StoreError(
          'store-unreadable',
          `the store in ${workerData.folder} cannot be opened: ${message}`,
          'restore a backup with tlsfit store copy, or name another folder',
          workerData.folder,
        ),
      )
    }
    const onError = (error: Error) => fail(error.message)
    thread.once('error', onError)
    thread.once('message', (message: FromThread) => {
      thread.off('error', onError)
      if (message.kind === 'opened') resolve(thread)
      else fail(message.kind === 'unopened' ? message.message : message.kind)
    })
  })
}

interface Asked {
  resolve(rows: object[]): void
  reject(error: Error): void
}

/** One connection: statements wait for the transaction before them. */
class EmbeddedDatabase implements Database {
  readonly kind = 'embedded'
  readonly place: string
  readonly #thread: Worker
  readonly #unlock: () => void
  readonly #asked = new Map<number, Asked>()
  readonly #ended: Promise<void>
  #seq = 0
  #turn: Promise<unknown> = Promise.resolve()
  #closing: Promise<void> | undefined

  constructor(folder: string, thread: Worker, unlock: () => void) {
    this.place = folder
    this.#thread = thread
    this.#unlock = unlock
    thread.on('message', (message: FromThread) => this.#hear(message))
    this.#ended = new Promise((resolve) => {
      const end = (why: string) => {
        for (const { reject } of this.#asked.values()) reject(new SqlError(why, undefined))
        this.#asked.clear()
        resolve()
      }
      thread.on('error', (error) => end(`the store ended: ${error.message}`))
      thread.on('exit', () => end('the store is closed'))
    })
  }

  query<Row extends object>(text: string, values: readonly SqlValue[] = []): Promise<Row[]> {
    return this.#inTurn(() => this.#ask<Row>(text, values))
  }

  script<Row extends object>(text: string): Promise<Row[]> {
    return this.#inTurn(() => this.#ask<Row>(text, undefined))
  }

  transaction<T>(work: (queries: Queries) => Promise<T>): Promise<T> {
    return this.#inTurn(async () => {
      await this.#ask('begin', undefined)
      try {
        const result = await work({
          query: (text, values = []) => this.#ask(text, values),
          script: (text) => this.#ask(text, undefined),
        })
        await this.#ask('commit', undefined)
        return result
      } catch (error) {
        await this.#ask('rollback', undefined).catch(() => {})
        throw error
      }
    })
  }

  close(): Promise<void> {
    this.#closing ??= this.#inTurn(async () => {
      this.#thread.postMessage({ kind: 'close' } satisfies ToThread)
      await this.#ended
      this.#unlock()
    })
    return this.#closing
  }

  #inTurn<T>(act: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(act)
    this.#turn = result.catch(() => {})
    return result
  }

  #ask<Row extends object>(text: string, values: readonly SqlValue[] | undefined): Promise<Row[]> {
    return new Promise((resolve, reject) => {
      const seq = this.#seq++
      this.#asked.set(seq, { resolve: resolve as Asked['resolve'], reject })
      this.#thread.postMessage({ kind: 'query', seq, text, values } satisfies ToThread)
    })
  }

  #hear(message: FromThread): void {
    if (message.kind !== 'rows' && message.kind !== 'refused') return
    const asked = this.#asked.get(message.seq)
    this.#asked.delete(message.seq)
    if (message.kind === 'rows') asked?.resolve(message.rows)
    else asked?.reject(new SqlError(message.message, message.code))
  }
}

function unusable(folder: string, code: string): StoreError {
  return new StoreError(
    'store-unreadable',
    `the folder ${folder} cannot be used (${code})`,
    'name a folder that you may write to, with space left',
    folder,
  )
}
