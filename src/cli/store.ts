import { existsSync } from 'node:fs'
import { type Database, storeFailed } from '../store/database.ts'
import { openStore } from '../store/open-store.ts'
import { exitCodes, usageError } from './cli-error.ts'
import type { CliIo } from './cli-io.ts'
import type { Command } from './command.ts'

const usage =
  'write tlsfit store copy FROM TO, tlsfit store backup STORE FILE, or tlsfit store restore FILE STORE'

/** `tlsfit store copy|backup|restore`: what a watch keeps, moved as a whole. */
export const storeCommand: Command = {
  args: {
    act: {
      type: 'positional',
      description: 'copy, backup or restore',
      words: ['copy', 'backup', 'restore'],
    },
    from: { type: 'positional', description: 'a store: a folder or a PostgreSQL URL; of restore a file' },
    to: { type: 'positional', description: 'an empty store; of backup a file' },
  },
  run: async ({ io, parsed }) => {
    const [act, from, to] = parsed.positionals
    if (from === undefined || to === undefined)
      throw usageError('argument-missing', 'from where to where', usage)
    if (act === 'copy') {
      const { copyStore } = await import('../store/copy-store.ts')
      return withStore(from, io, (source) => {
        return withStore(to, io, async (target) =>
          told(await copyStore(source, target, io.now()), target, io),
        )
      })
    }
    const { restoreBackup, writeBackup } = await import('../store/backup-file.ts')
    if (act === 'backup') {
      return withStore(from, io, async (source) => {
        io.stderr.write(`${await writeBackup(source, to)} rows written to ${to}\n`)
        return exitCodes.done
      })
    }
    if (act === 'restore') {
      if (!existsSync(from)) throw usageError('file-missing', `there is no file ${from}`, usage, from)
      return withStore(to, io, async (target) =>
        told(await restoreBackup(target, from, io.now()), target, io),
      )
    }
    throw usageError('act-unknown', `store has no ${act}`, usage)
  },
}

async function withStore(
  where: string,
  io: CliIo,
  use: (database: Database) => Promise<number>,
): Promise<number> {
  const database = await openStore(where, io.now())
  try {
    return await use(database)
  } catch (error) {
    throw storeFailed(error)
  } finally {
    await database.close()
  }
}

function told(rows: number, { place }: Database, io: CliIo): number {
  io.stderr.write(`${rows} rows written to ${place}\n`)
  return exitCodes.done
}
