import { mkdir, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'

/**
 * A folder and those above it, each where it is not there. Throws the system's error. Not `recursive` of Node: where a
 * folder is there and says ENOENT for anything new in it, as /proc does, that tries for ever (measured: Node 20.20).
 */
export async function makeFolders(path: string, mode = 0o777): Promise<void> {
  const folder = resolve(path)
  const code = await make(folder, mode)
  if (code !== 'ENOENT' || dirname(folder) === folder) return
  await makeFolders(dirname(folder), mode)
  await mkdir(folder, { mode }).catch(unlessThere(folder))
}

/** `ENOENT` where the folder above may be missing; undefined where it is made, or was there. */
async function make(folder: string, mode: number): Promise<'ENOENT' | undefined> {
  try {
    await mkdir(folder, { mode })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 'ENOENT'
    await unlessThere(folder)(error)
  }
  return undefined
}

/** Of several errors, some systems name another one first where the folder is there: EROFS, EACCES, EISDIR. */
function unlessThere(folder: string): (error: unknown) => Promise<void> {
  return async (error) => {
    const isFolder = await stat(folder).then(
      (stats) => stats.isDirectory(),
      () => false,
    )
    if (!isFolder) throw error
  }
}
