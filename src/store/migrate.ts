import { type Database, StoreError } from './database.ts'

export interface Migration {
  /** From the name of its file: `0001-watch.sql` is 1. */
  readonly number: number
  readonly name: string
  readonly sql: string
}

/** Any number: whoever holds it migrates. */
const LOCK = 7_160_214

/**
 * Brings the store to the newest form, one transaction for all of it; several processes may start at once. Gives the names of
 * what was done. Throws `StoreError` for a store of a newer tlsfit.
 */
export async function migrate(
  database: Database,
  migrations: readonly Migration[],
  now: Date,
): Promise<string[]> {
  return database.transaction(async (queries) => {
    await queries.query('select pg_advisory_xact_lock($1)', [LOCK])
    await queries.script(
      'create table if not exists migration (number integer primary key, name text not null, done_at timestamptz not null)',
    )
    const done = await queries.query<{ number: number }>('select number from migration order by number')
    const newest = migrations.at(-1)?.number ?? 0
    const ahead = done.find(({ number }) => number > newest)
    if (ahead !== undefined) {
      throw new StoreError(
        'store-newer',
        `the store in ${database.place} is of a newer tlsfit (form ${ahead.number}, this one knows ${newest})`,
        'update tlsfit on this machine',
        database.place,
      )
    }
    const known = new Set(done.map(({ number }) => number))
    const missing = migrations.filter(({ number }) => !known.has(number))
    for (const { number, name, sql } of missing) {
      await queries.script(sql)
      await queries.query('insert into migration values ($1, $2, $3)', [number, name, now])
    }
    return missing.map(({ name }) => name)
  })
}
