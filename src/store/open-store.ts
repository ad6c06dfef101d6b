import { type Database, StoreError, storeFailed } from './database.ts'
import { migrate } from './migrate.ts'
import { readMigrations } from './migration-files.ts'
import { makePartitions } from './partitions.ts'

/**
 * `where`: a folder, or a PostgreSQL URL. Opens it and brings it to this form. Throws `StoreError`.
 */
export async function openStore(where: string, now: Date): Promise<Database> {
  const database = await openDatabase(where)
  try {
    await migrate(database, readMigrations(), now)
    await makePartitions(database, now, inMonths(now, 1))
    return database
  } catch (error) {
    await database.close()
    throw storeFailed(error)
  }
}

/** As it is. */
export async function openDatabase(where: string): Promise<Database> {
  if (/^postgres(ql)?:/.test(where)) return (await import('./postgres-database.ts')).openPostgres(where)
  if (/^[a-z][a-z0-9+.-]+:\/\//.test(where)) {
    throw new StoreError(
      'store-invalid',
      'the store is neither a folder nor a PostgreSQL URL',
      'write --store ./data or --store postgres://user@host:5432/name',
      '--store',
    )
  }
  return (await import('./embedded-database.ts')).openEmbedded(where)
}

function inMonths(date: Date, months: number): Date {
  return new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + months, 1))
}
