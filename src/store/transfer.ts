import { type Database, type Queries, StoreError } from './database.ts'
import { makePartitions, partitionedTables } from './partitions.ts'

/** Rows of one table, as JSON text. */
export interface TransferPart {
  readonly table: string
  readonly rows: readonly string[]
}

const ROWS_AT_ONCE = 500
/** Of the form, or of the time being: jobs are planned anew, and whoever listened asks again. */
const left: ReadonlySet<string> = new Set(['migration', 'worker', 'event', 'session'])

/** All that is kept, as it is at one moment. `take` gets one part after the other. */
export async function readStore(
  database: Database,
  take: (part: TransferPart) => Promise<void>,
): Promise<void> {
  await database.transaction(async (queries) => {
    await queries.script('set transaction isolation level repeatable read read only')
    for (const table of await tablesOf(queries)) {
      await queries.script(
        `declare rows_of_table no scroll cursor for select row_to_json(t)::text as row from ${table} t`,
      )
      for (;;) {
        const rows = await queries.script<{ row: string }>(`fetch ${ROWS_AT_ONCE} from rows_of_table`)
        if (rows.length === 0) break
        await take({ table, rows: rows.map(({ row }) => row) })
      }
      await queries.script('close rows_of_table')
    }
  })
}

/** Into an empty store, all or nothing. Gives how many rows there are. Throws `StoreError` where it is not empty. */
export async function writeStore(
  database: Database,
  parts: AsyncIterable<TransferPart>,
  now: Date,
): Promise<number> {
  return database.transaction(async (queries) => {
    const tables = new Set(await tablesOf(queries))
    for (const table of tables) {
      const [row] = await queries.query(`select 1 as one from ${table} limit 1`)
      if (row !== undefined) throw notEmpty(database, table)
    }
    const months = new Set<string>()
    let count = 0
    for await (const { table, rows } of parts) {
      if (!tables.has(table)) throw unreadable(`a part of a table that there is none of, ${table}`)
      if (partitionedTables.includes(table)) await makeMonths(queries, rows, months)
      await queries.query(
        `insert into ${table} overriding system value select * from json_populate_recordset(null::${table}, $1::json)`,
        [`[${rows.join(',')}]`],
      )
      count += rows.length
    }
    for (const { table, sequence } of await sequencesOf(queries)) {
      await queries.query(`select setval($1::regclass, greatest((select max(id) from ${table}), 1))`, [
        sequence,
      ])
    }
    // What was under way there is planned here.
    await queries.query('update standing set queued_slot = null')
    await queries.query('update endpoint set due_at = least(due_at, $1)', [now])
    return count
  })
}

/** Parents before children; partitions with their parents. */
async function tablesOf(queries: Queries): Promise<string[]> {
  const rows = await queries.query<{ name: string }>(
    `select relname as name from pg_class where relnamespace = current_schema()::regnamespace
     and relkind in ('r', 'p') and not relispartition order by relname`,
  )
  const names = rows.map(({ name }) => name).filter((name) => !left.has(name))
  return [...names.filter((name) => name !== 'delivery'), ...names.filter((name) => name === 'delivery')]
}

async function sequencesOf(queries: Queries): Promise<{ table: string; sequence: string }[]> {
  const tables = await tablesOf(queries)
  const rows = await queries.query<{ table: string; sequence: string }>(
    `select table_name as table, pg_get_serial_sequence(quote_ident(table_name), column_name) as sequence
     from information_schema.columns where table_schema = current_schema() and is_identity = 'YES'`,
  )
  return rows.filter(({ table }) => tables.includes(table))
}

/** Rows tell their month in `slot` or `at`. */
async function makeMonths(queries: Queries, rows: readonly string[], made: Set<string>): Promise<void> {
  for (const row of rows) {
    const { slot, at } = JSON.parse(row) as { slot?: string; at?: string }
    const time = new Date(slot ?? at ?? '')
    const month = time.toISOString().slice(0, 7)
    if (made.has(month)) continue
    made.add(month)
    await makePartitions(queries, time, time)
  }
}

function notEmpty(database: Database, table: string): StoreError {
  return new StoreError(
    'store-invalid',
    `the store in ${database.place} is not empty: it has rows of ${table}`,
    'name a new folder, or a new database',
    database.place,
  )
}

export function unreadable(what: string): StoreError {
  return new StoreError(
    'store-unreadable',
    `this is no backup of a store: ${what}`,
    'give a file of tlsfit store backup',
  )
}
