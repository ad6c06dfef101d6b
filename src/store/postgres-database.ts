import pg from 'pg'
import { type Database, type Queries, SqlError, type SqlValue, StoreError } from './database.ts'

/** Connections of one process: probes end in short transactions, and the API reads beside them. */
const CONNECTIONS = 8
const CONNECT_TIMEOUT_MS = 10_000
const KEEP_ALIVE_MS = 30_000
const INT8 = 20

/** `url`: `postgres://user:password@host:5432/name`. Throws `StoreError` where it cannot be reached. */
export async function openPostgres(url: string): Promise<Database> {
  const place = placeOf(url)
  const types = new pg.TypeOverrides()
  types.setTypeParser(INT8, Number)
  const pool = new pg.Pool({
    connectionString: url,
    max: CONNECTIONS,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    // A server that is gone without a word is noticed in minutes, not in hours.
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
    application_name: 'tlsfit',
    types,
  })
  // Of an idle connection: the next query opens another, or says what is wrong.
  pool.on('error', () => {})
  // Of one in a transaction, between two statements: the next statement fails with it.
  pool.on('connect', (client) => client.on('error', () => {}))
  const database = new PostgresDatabase(pool, place)
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

class PostgresDatabase implements Database {
  readonly kind = 'postgres'
  readonly place: string
  readonly #pool: pg.Pool
  #closing: Promise<void> | undefined

  constructor(pool: pg.Pool, place: string) {
    this.#pool = pool
    this.place = place
  }

  query<Row extends object>(text: string, values: readonly SqlValue[] = []): Promise<Row[]> {
    return ask<Row>(this.#pool, this.place, text, values)
  }

  script<Row extends object>(text: string): Promise<Row[]> {
    return ask<Row>(this.#pool, this.place, text)
  }

  async transaction<T>(work: (queries: Queries) => Promise<T>): Promise<T> {
    const client = await this.#pool.connect().catch((error: unknown) => {
      throw sqlError(error, this.place)
    })
    let broken: Error | undefined
    try {
      await ask(client, this.place, 'begin')
      const result = await work({
        query: (text, values = []) => ask(client, this.place, text, values),
        script: (text) => ask(client, this.place, text),
      })
      await ask(client, this.place, 'commit')
      return result
    } catch (error) {
      await client.query('rollback').catch((failed: Error) => {
        broken = failed
      })
      throw error
    } finally {
      client.release(broken)
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#pool.end()
    return this.#closing
  }
}

async function ask<Row extends object>(
  on: pg.Pool | pg.PoolClient,
  place: string,
  text: string,
  values?: readonly SqlValue[],
): Promise<Row[]> {
  try {
    // Without values several statements are allowed, and each has a result.
    const result: unknown = values === undefined ? await on.query(text) : await on.query(text, [...values])
    const last = Array.isArray(result) ? result.at(-1) : result
    return (last as pg.QueryResult<Row>).rows ?? []
  } catch (error) {
    throw sqlError(error, place)
  }
}

function sqlError(error: unknown, place: string): SqlError {
  const { message, code } = error as Error & { code?: string }
  return new SqlError(message, code, place)
}
