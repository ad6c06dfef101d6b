/** What a query takes: JSON goes in as text with a cast (`$1::jsonb`), so that arrays stay arrays of SQL. */
export type SqlValue =
  | string
  | number
  | boolean
  | Date
  | Uint8Array
  | null
  | readonly string[]
  | readonly Uint8Array[]

/** Statements of one connection, or of a transaction. Rejects with `SqlError` for what the database refuses. */
export interface Queries {
  /** Rows of one statement. `timestamptz` is a `Date`, `bytea` a `Uint8Array`, `bigint` a number, `jsonb` its value. */
  query<Row extends object>(text: string, values?: readonly SqlValue[]): Promise<Row[]>
  /** Several statements without values, as of a migration; gives the rows of the last. */
  script<Row extends object>(text: string): Promise<Row[]>
}

/** The same SQL on PGlite and on PostgreSQL. */
export interface Database extends Queries {
  readonly kind: 'embedded' | 'postgres'
  /** For people, without a password: a folder, or host and name of a database. */
  readonly place: string
  /** Commits what `work` did, or nothing of it where it throws. */
  transaction<T>(work: (queries: Queries) => Promise<T>): Promise<T>
  /** Resolves when what was asked is answered and nothing is held any more. Idempotent. */
  close(): Promise<void>
}

/** What the database refused; `code` is its SQLSTATE. */
export class SqlError extends Error {
  readonly code: string | undefined

  constructor(message: string, code: string | undefined) {
    super(message)
    this.name = 'SqlError'
    this.code = code
  }
}

/** The store cannot be used as it is, and what mends it. */
export class StoreError extends Error {
  readonly code: 'store-in-use' | 'store-unreachable' | 'store-unreadable' | 'store-newer' | 'store-invalid'
  readonly hint: string
  readonly at: string | undefined

  constructor(code: StoreError['code'], message: string, hint: string, at?: string) {
    super(message)
    this.name = 'StoreError'
    this.code = code
    this.hint = hint
    this.at = at
  }
}
