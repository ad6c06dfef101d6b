import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { packageRoot } from '../io/data-folder.ts'
import { type Database, type Queries, SqlError, type SqlValue, StoreError } from './database.ts'
import { unpackFolder } from './folder-image.ts'
import { lockFolder } from './folder-lock.ts'
import { PgliteConnection } from './pglite-connection.ts'

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
    return new EmbeddedDatabase(folder, data, await PgliteConnection.open(data, folder), unlock)
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
    rmSync(making, { recursive: true, force: true })
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

/** One connection: statements wait for the transaction before them. One that ends is followed by another. */
class EmbeddedDatabase implements Database {
  readonly kind = 'embedded'
  readonly place: string
  readonly #data: string
  readonly #unlock: () => void
  #connection: PgliteConnection
  #turn: Promise<unknown> = Promise.resolve()
  #closing: Promise<void> | undefined

  constructor(folder: string, data: string, connection: PgliteConnection, unlock: () => void) {
    this.place = folder
    this.#data = data
    this.#connection = connection
    this.#unlock = unlock
  }

  query<Row extends object>(text: string, values: readonly SqlValue[] = []): Promise<Row[]> {
    return this.#inTurn((connection) => connection.ask<Row>(text, values))
  }

  script<Row extends object>(text: string): Promise<Row[]> {
    return this.#inTurn((connection) => connection.ask<Row>(text))
  }

  transaction<T>(work: (queries: Queries) => Promise<T>): Promise<T> {
    return this.#inTurn(async (connection) => {
      await connection.ask('begin')
      const result = await work({
        query: (text, values = []) => connection.ask(text, values),
        script: (text) => connection.ask(text),
      })
      await connection.ask('commit')
      return result
    })
  }

  /** Its thread is this process's own. */
  endSoon(): void {}

  close(): Promise<void> {
    this.#closing ??= this.#turn.then(async () => {
      await this.#connection.close()
      this.#unlock()
    })
    return this.#closing
  }

  /** What throws leaves no transaction behind, be it one that a script began. */
  #inTurn<T>(act: (connection: PgliteConnection) => Promise<T>): Promise<T> {
    if (this.#closing !== undefined)
      return Promise.reject(new SqlError('the store is closed', undefined, this.place))
    const result = this.#turn.then(async () => {
      const connection = await this.#connected()
      try {
        return await act(connection)
      } catch (error) {
        // PGlite 0.5.16 takes nothing any more once the log found no room on the disk: a connection anew does.
        await connection.ask('rollback').catch(() => connection.drop())
        throw error
      }
    })
    this.#turn = result.catch(() => {})
    return result
  }

  async #connected(): Promise<PgliteConnection> {
    if (!this.#connection.isOpen) {
      await this.#connection.ended
      this.#connection = await PgliteConnection.open(this.#data, this.place)
    }
    return this.#connection
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
