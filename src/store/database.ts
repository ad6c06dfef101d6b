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
  /** A server that leaves one more call unanswered is asked nothing after it: whoever ends does not wait for each. */
  endSoon(): void
  /** Resolves when what was asked is answered and nothing is held any more. Idempotent. */
  close(): Promise<void>
}

/** What the database refused; `code` is its SQLSTATE, or the system's; undefined where the connection is gone. */
export class SqlError extends Error {
  readonly code: string | undefined
  /** Of `Database`. */
  readonly place: string

  constructor(message: string, code: string | undefined, place: string) {
    super(message)
    this.name = 'SqlError'
    this.code = code
    this.place = place
  }
}

/** Whether the same again may well do: others were faster, the connection is gone, there was no room or no time. */
export function mayPass({ code }: SqlError): boolean {
  return code === undefined || /^(40|08|53|57|55)/.test(code) || !/^[0-9A-Z]{5}$/.test(code)
}

/** For people, where an operation ends with it: a store that failed, with its place and what mends it. Others as they are. */
export function storeFailed(error: unknown): unknown {
  if (!(error instanceof SqlError) || !mayPass(error)) return error
  const { message, code, place } = error
  const hint = code?.startsWith('53')
    ? 'make room where the store lies, and do it again'
    : 'do it again; where it stays, look at the server and its log'
  const what = code === undefined ? message : `${message} (${code})`
  return new StoreError('store-failed', `the store at ${place} failed: ${what}`, hint, place)
}

/** The store cannot be used as it is, and what mends it. */
export class StoreError extends Error {
  readonly code:
    | 'store-failed'
    | 'store-in-use'
    | 'store-unreachable'
    | 'store-unreadable'
    | 'store-newer'
    | 'store-invalid'
    | 'backup-unwritable'
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
