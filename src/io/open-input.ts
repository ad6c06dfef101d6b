import { close, constants, open } from 'node:fs'
import { stat } from 'node:fs/promises'
import { promisify } from 'node:util'
import { within } from './within.ts'

/** A named pipe that nobody writes to by then counts as unreadable. */
const WRITER_TIMEOUT_MS = 10_000

const [openFile, closeFile] = [promisify(open), promisify(close)]

/**
 * Opens a file to be read, and gives its descriptor. The open of a named pipe waits for its writer, on a thread that
 * nothing else gets: within bounds. Rejects with a system error, `ETIMEDOUT` for a pipe without a writer.
 */
export async function openInput(path: string, timeoutMs = WRITER_TIMEOUT_MS): Promise<number> {
  const isPipe = (await stat(path)).isFIFO()
  const opening = openFile(path, 'r')
  if (!isPipe) return opening
  const opened = await within(opening, timeoutMs, undefined)
  if (opened !== undefined) return opened
  await release(path)
  await opening.then(closeFile).catch(() => {})
  throw Object.assign(new Error('nobody writes to the pipe'), { code: 'ETIMEDOUT' })
}

/** A writer that comes and goes ends the wait of the thread. */
async function release(path: string): Promise<void> {
  const writer = await openFile(path, constants.O_WRONLY | constants.O_NONBLOCK).catch(() => undefined)
  if (writer !== undefined) await closeFile(writer)
}
