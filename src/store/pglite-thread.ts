import { parentPort, workerData } from 'node:worker_threads'
import { PGlite } from '@electric-sql/pglite'
import type { FromThread, ThreadData, ToThread } from './pglite-messages.ts'

/** It has its pages in memory of its own from the start; those of files that are read often the system keeps anyway. */
const startParams = [...PGlite.defaultStartParams, '-c', 'shared_buffers=32MB']

/** PGlite in a thread of its own: a query takes the thread, never the event loop of those who ask. */
async function run(): Promise<void> {
  const { folder } = workerData as ThreadData
  const tell = (message: FromThread) => parentPort?.postMessage(message)
  let database: PGlite
  try {
    database = await PGlite.create(folder, { startParams })
  } catch (error) {
    tell({ kind: 'unopened', message: textOf(error) })
    return
  }
  tell({ kind: 'opened' })
  parentPort?.on('message', async (message: ToThread) => {
    if (message.kind === 'close') {
      await database.close().catch(() => {})
      tell({ kind: 'closed' })
      parentPort?.close()
      return
    }
    const { seq, text, values } = message
    try {
      const rows =
        values === undefined
          ? ((await database.exec(text)).at(-1)?.rows ?? [])
          : (await database.query(text, [...values])).rows
      tell({ kind: 'rows', seq, rows: rows as object[] })
    } catch (error) {
      const { code } = error as { code?: unknown }
      tell({
        kind: 'refused',
        seq,
        message: textOf(error),
        code: typeof code === 'string' ? code : undefined,
      })
    }
  })
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

void run()
