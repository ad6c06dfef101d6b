import { readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { formatRun, parseRun, runFileLimit } from '../plan/run-file.ts'
import type { RunRecord } from '../plan/run-record.ts'
import { InputError } from './input-error.ts'
import { unreadable } from './input-file.ts'
import { makeFolders } from './make-folders.ts'

/** What a run kept; undefined where the file is not there. Throws `InputError`, `DataFileError`. */
export async function readLastRun(file: string): Promise<RunRecord | undefined> {
  try {
    const stats = await stat(file)
    // A pipe without a writer would be waited for.
    if (!stats.isFile()) {
      throw new InputError('file-unreadable', `${file} is no file`, 'name another: last-run: FILE', file)
    }
    const { size } = stats
    if (size > runFileLimit) {
      throw new InputError('file-too-large', `${file} has ${size} bytes, no last run`, 'delete it', file)
    }
    return parseRun(await readFile(file, 'utf8'), file)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return undefined
    if (typeof code === 'string' && /^E[A-Z]+$/.test(code))
      throw unreadable(file, error, 'a file of tlsfit check')
    throw error
  }
}

/** Keeps what is in a folder of our own out of git; what stands there is left alone. Throws `InputError`. */
export async function ignoreFolder(folder: string): Promise<void> {
  const file = join(folder, '.gitignore')
  try {
    await writeFile(file, '*\n', { flag: 'wx' })
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown'
    if (code === 'EEXIST') return
    throw new InputError(
      'last-run-unwritable',
      `${file} cannot be written: ${code}`,
      'name another: last-run: FILE',
      file,
    )
  }
}

/** Whole or not at all: a run that is killed leaves the file of before. Throws `InputError`. */
export async function writeLastRun(file: string, record: RunRecord): Promise<void> {
  const fresh = `${file}.${process.pid}.new`
  try {
    await makeFolders(dirname(file))
    await writeFile(fresh, formatRun(record))
    await rename(fresh, file)
  } catch (error) {
    await rm(fresh, { force: true }).catch(() => {})
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown'
    throw new InputError(
      'last-run-unwritable',
      `${file} cannot be written: ${code}`,
      'name another: last-run: FILE',
      file,
    )
  }
}
