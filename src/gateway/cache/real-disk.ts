import { randomBytes } from 'node:crypto'
import { open, rename, rm, statfs } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Disk } from './contract.ts'

/** Names of files being written begin so, then the process id. */
export const TEMPORARY = '.writing-'

export const realDisk: Disk = {
  async writeWhole(path, content, durable) {
    const temporary = join(dirname(path), `${TEMPORARY}${process.pid}-${randomBytes(6).toString('hex')}`)
    try {
      const file = await open(temporary, 'wx', 0o600)
      try {
        await file.writeFile(content)
        if (durable) await file.sync()
      } finally {
        await file.close()
      }
      await rename(temporary, path)
      if (durable) await synchronise(dirname(path))
    } catch (error) {
      await rm(temporary, { force: true }).catch(() => {})
      throw error
    }
  },

  async freeBytes(folder) {
    const { bavail, bsize } = await statfs(folder)
    return bavail * bsize
  },
}

/** So that a name given to a file is there after a loss of power. */
async function synchronise(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
