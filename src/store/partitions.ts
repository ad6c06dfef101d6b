import type { Queries } from './database.ts'

/** Tables that are cut by month: a month that is old enough is dropped whole. */
const partitioned = { probe: 'slot', verdict_history: 'at', snapshot: 'at', change: 'at' } as const
export const partitionedTables = Object.keys(partitioned)

/** Of this act, among advisory locks: `if not exists` alone fails where two processes make the same month. */
const LOCK = 7_160_215

/** Makes the partitions of the months from `from` to `to`, both included. */
export async function makePartitions(queries: Queries, from: Date, to: Date): Promise<void> {
  const statements = [`select pg_advisory_xact_lock(${LOCK})`]
  for (let month = startOfMonth(from); month <= to; month = monthAfter(month)) {
    const next = monthAfter(month)
    for (const table of partitionedTables) {
      statements.push(
        `create table if not exists ${nameOf(table, month)} partition of ${table} ` +
          `for values from ('${month.toISOString()}') to ('${next.toISOString()}')`,
      )
    }
  }
  // Sent as one, it is one transaction.
  await queries.script(statements.join(';\n'))
}

/** Drops the months that ended before `before`; gives the names of their tables. */
export async function dropPartitions(queries: Queries, table: string, before: Date): Promise<string[]> {
  const rows = await queries.query<{ name: string }>(
    `select child.relname as name from pg_inherits
     join pg_class parent on parent.oid = inhparent join pg_class child on child.oid = inhrelid
     where parent.relname = $1 and parent.relnamespace = current_schema()::regnamespace`,
    [table],
  )
  const old = rows.map(({ name }) => name).filter((name) => endOf(name, table) <= before.getTime())
  for (const name of old) await queries.script(`drop table ${name}`)
  return old.sort()
}

function nameOf(table: string, month: Date): string {
  return `${table}_${month.toISOString().slice(0, 7).replace('-', '_')}`
}

/** Of a table's month; never for a name of another form. */
function endOf(name: string, table: string): number {
  const match = /^_(\d{4})_(\d{2})$/.exec(name.slice(table.length))
  return match === null ? Infinity : Date.UTC(Number(match[1]), Number(match[2]))
}

function startOfMonth(date: Date): Date {
  return new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth()))
}

function monthAfter(month: Date): Date {
  return new Date(Date.UTC(month.getUTCFullYear(), month.getUTCMonth() + 1))
}
