import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Credential } from '../credential/credential.ts'
import { InputError } from './input-error.ts'
import { makeFolders } from './make-folders.ts'

/** Writes the files, and none over another one: what stands there already may be in use. */
export async function writeCredential({ files }: Credential, folder: string): Promise<void> {
  for (const { name, bytes } of files) {
    const path = join(folder, name)
    try {
      await makeFolders(folder)
      await writeFile(path, bytes, { flag: 'wx' })
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? 'unknown'
      if (code === 'EEXIST' && (await isSame(path, bytes))) continue
      const there = code === 'EEXIST'
      throw new InputError(
        there ? 'file-exists' : 'file-unwritable',
        there ? `${path} is there already, with other content` : `${path} cannot be written: ${code}`,
        there ? 'move it away, or write elsewhere with --out FOLDER' : 'write elsewhere with --out FOLDER',
        path,
      )
    }
  }
}

async function isSame(path: string, bytes: Uint8Array): Promise<boolean> {
  return readFile(path).then(
    (there) => there.equals(bytes),
    () => false,
  )
}
