import { once } from 'node:events'
import { createReadStream, createWriteStream, renameSync, rmSync } from 'node:fs'
import type { Stream } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip, createGzip } from 'node:zlib'
import { type Database, StoreError } from './database.ts'
import { readStore, type TransferPart, unreadable, writeStore } from './transfer.ts'

const SCHEMA = 'tlsfit/store@1'
const OWNER_ONLY = 0o600

interface Line {
  readonly schema?: string
  readonly end?: number
  readonly table?: string
  readonly row?: string
}

/** gzip of JSON lines: a header, a line for each row, and an end that counts them. Whole, or not there. Throws `StoreError`. */
export async function writeBackup(database: Database, file: string): Promise<number> {
  const partial = `${file}.partial`
  const gzip = createGzip()
  const output = createWriteStream(partial, { mode: OWNER_ONLY })
  const written = pipeline(gzip, output)
  // What fails while rows are read is told by the next line.
  written.catch(() => {})
  const line = async (value: Line) => {
    if (!gzip.write(`${JSON.stringify(value)}\n`)) await Promise.race([once(gzip, 'drain'), written])
  }
  try {
    let count = 0
    await line({ schema: SCHEMA })
    await readStore(database, async ({ table, rows }) => {
      for (const row of rows) await line({ table, row })
      count += rows.length
    })
    await line({ end: count })
    gzip.end()
    await written
    renameSync(partial, file)
    return count
  } catch (error) {
    gzip.destroy()
    await closed(output)
    rmSync(partial, { force: true })
    throw isOfFile(error) ? unwritable(file, error.code) : error
  }
}

/** Into an empty store, all or nothing. Throws `StoreError` for what is no whole backup. */
export function restoreBackup(database: Database, file: string, now: Date): Promise<number> {
  return writeStore(database, partsOf(file), now)
}

const ROWS_AT_ONCE = 500

async function* partsOf(file: string): AsyncGenerator<TransferPart> {
  let part: { table: string; rows: string[] } | undefined
  let count = 0
  let end: number | undefined
  let isFirst = true
  try {
    for await (const text of linesOf(file)) {
      const line = JSON.parse(text) as Line
      if (isFirst && line.schema !== SCHEMA) throw unreadable('its first line says nothing of it')
      isFirst = false
      if (line.end !== undefined) end = line.end
      if (line.table === undefined || line.row === undefined) continue
      if (part !== undefined && (part.table !== line.table || part.rows.length >= ROWS_AT_ONCE)) {
        yield part
        part = undefined
      }
      part ??= { table: line.table, rows: [] }
      part.rows.push(line.row)
      count++
    }
  } catch (error) {
    if (error instanceof StoreError) throw error
    throw unreadable(error instanceof Error ? error.message : String(error))
  }
  if (part !== undefined) yield part
  if (end !== count)
    throw unreadable(`it holds ${count} rows of ${end ?? 'an unknown number'}: it was cut off`)
}

/** Whoever stops early lets go of the file. */
async function* linesOf(file: string): AsyncGenerator<string> {
  const input = createReadStream(file)
  const text = createGunzip().setEncoding('utf8')
  // What fails of it ends the text, and is told there.
  pipeline(input, text).catch(() => {})
  let rest = ''
  try {
    for await (const piece of text) {
      const lines = (rest + piece).split('\n')
      rest = lines.pop() ?? ''
      yield* lines
    }
    if (rest !== '') yield rest
  } finally {
    text.destroy()
    await closed(input)
  }
}

function closed(stream: Stream & { readonly closed: boolean }): Promise<void> {
  return new Promise((resolve) => {
    if (stream.closed) resolve()
    else stream.once('close', resolve)
  })
}

function isOfFile(error: unknown): error is Error & { code: string } {
  const { code, syscall } = error as NodeJS.ErrnoException
  return code !== undefined && syscall !== undefined
}

function unwritable(file: string, code: string): StoreError {
  return new StoreError(
    'backup-unwritable',
    `the backup ${file} cannot be written (${code})`,
    'name a file in a folder that you may write to, with space left',
    file,
  )
}
