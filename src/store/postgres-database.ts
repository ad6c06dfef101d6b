import { Socket } from 'node:net'
import pg from 'pg'
import { type Database, type Queries, SqlError, type SqlValue, StoreError } from './database.ts'
import { answered, defaultPatience, noAnswer, type Patience } from './postgres-patience.ts'

/** Connections of one process: probes end in short transactions, and the API reads beside them. */
const CONNECTIONS = 8
const CONNECT_TIMEOUT_MS = 10_000
const KEEP_ALIVE_MS = 30_000
/** A server that does not close what was ended has so long for it. */
const GOODBYE_MS = 1_000
const INT8 = 20

/** `url`: `postgres://user:password@host:5432/name`. Throws `StoreError` where it cannot be reached. */
export async function openPostgres(url: string, patience: Patience = defaultPatience): Promise<Database> {
  const place = placeOf(url)
  const types = new pg.TypeOverrides()
  types.setTypeParser(INT8, Number)
  const sockets = new Set<Socket>()
  const config = {
    ...{ connectionString: url, application_name: 'tlsfit', types },
    stream: () => heldIn(sockets),
  }
  const pool = new pg.Pool({
    ...config,
    max: CONNECTIONS,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    // A connection that nothing is asked on and whose server is gone is noticed in minutes, not in hours.
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
  })
  // Of an idle connection: the next query opens another, or says what is wrong.
  pool.on('error', () => {})
  // Of one in a transaction, between two statements: the next statement fails with it.
  pool.on('connect', (client) => client.on('error', () => {}))
  const ask: Ask = async (client, text, values) => {
    try {
      // Without values several statements are allowed, and each has a result.
      const asked: Promise<unknown> =
        values === undefined ? client.query(text) : client.query(text, [...values])
      const result = await answered(client, asked, config, patience)
      const last = Array.isArray(result) ? result.at(-1) : result
      return (last as pg.QueryResult).rows ?? []
    } catch (error) {
      throw sqlError(error, place)
    }
  }
  const database = new PostgresDatabase({ pool, sockets, place, ask })
  try {
    await database.query('select 1')
  } catch (error) {
    await pool.end()
    const { code, message } = error as Error & { code?: string }
    throw new StoreError(
      'store-unreachable',
      `PostgreSQL at ${place} cannot be used: ${code === undefined ? message : `${message} (${code})`}`,
      'look at the server and at the user, password and database of the URL',
      place,
    )
  }
  return database
}

/** Without user and password. Throws `StoreError` for what is no such URL. */
function placeOf(url: string): string {
  try {
    const { protocol, host, pathname } = new URL(url)
    if (/^postgres(ql)?:$/.test(protocol)) return `${host}${pathname}`
  } catch {
    // Said below.
  }
  throw new StoreError(
    'store-invalid',
    'the store is no PostgreSQL URL',
    'write postgres://user@host:5432/name; the password may stand in PGPASSWORD',
    '--store',
  )
}

/** Until it is closed. */
function heldIn(sockets: Set<Socket>): Socket {
  const socket = new Socket()
  sockets.add(socket)
  socket.once('close', () => sockets.delete(socket))
  return socket
}

/** Rows of the last statement. Throws `SqlError`. */
type Ask = <Row extends object>(
  client: pg.PoolClient,
  text: string,
  values?: readonly SqlValue[],
) => Promise<Row[]>

interface Connections {
  readonly pool: pg.Pool
  /** All that were opened and are not closed, those that the pool let go of too. */
  readonly sockets: ReadonlySet<Socket>
  readonly place: string
  readonly ask: Ask
}

class PostgresDatabase implements Database {
  readonly kind = 'postgres'
  readonly place: string
  readonly #connections: Connections
  #isEnding = false
  #isLost = false
  #closing: Promise<void> | undefined

  constructor(connections: Connections) {
    this.#connections = connections
    this.place = connections.place
  }

  query<Row extends object>(text: string, values: readonly SqlValue[] = []): Promise<Row[]> {
    return this.#once<Row>(text, values)
  }

  script<Row extends object>(text: string): Promise<Row[]> {
    return this.#once<Row>(text)
  }

  async transaction<T>(work: (queries: Queries) => Promise<T>): Promise<T> {
    const { ask } = this.#connections
    const client = await this.#connected()
    let broken: Error | undefined
    try {
      await ask(client, 'begin')
      const result = await work({
        query: (text, values = []) => ask(client, text, values),
        script: (text) => ask(client, text),
      })
      await ask(client, 'commit')
      return result
    } catch (error) {
      await ask(client, 'rollback').catch((failed: Error) => {
        broken = failed
      })
      throw this.#seen(error)
    } finally {
      client.release(broken)
    }
  }

  endSoon(): void {
    this.#isEnding = true
  }

  close(): Promise<void> {
    this.#closing ??= this.#closed()
    return this.#closing
  }

  async #closed(): Promise<void> {
    const { pool, sockets } = this.#connections
    await pool.end()
    const late = setTimeout(() => {
      for (const socket of sockets) socket.destroy()
    }, GOODBYE_MS)
    await Promise.all([...sockets].map((socket) => new Promise((resolve) => socket.once('close', resolve))))
    clearTimeout(late)
  }

  async #once<Row extends object>(text: string, values?: readonly SqlValue[]): Promise<Row[]> {
    const client = await this.#connected()
    try {
      const rows = await this.#connections.ask<Row>(client, text, values)
      client.release()
      return rows
    } catch (error) {
      // A script may have begun a transaction: it ends with its connection.
      client.release(error as Error)
      throw this.#seen(error)
    }
  }

  async #connected(): Promise<pg.PoolClient> {
    if (this.#isLost) throw new SqlError('it answers no more', noAnswer, this.place)
    try {
      return await this.#connections.pool.connect()
    } catch (error) {
      const failed = sqlError(error, this.place)
      // node-postgres has no code for a connection that is not had in time.
      this.#isLost ||= this.#isEnding && failed.code === undefined
      throw failed
    }
  }

  #seen(error: unknown): unknown {
    this.#isLost ||= this.#isEnding && error instanceof SqlError && error.code === noAnswer
    return error
  }
}

function sqlError(error: unknown, place: string): SqlError {
  const { message, code } = error as Error & { code?: string }
  return new SqlError(message, code, place)
}
