import { mkdir, mkdtemp, rm, rmdir, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CliError, exitCodes } from './cli-error.ts'

/** What a lab writes and takes along when it ends: its own files only, since a folder of `--dir` may hold others. */
export class LabFiles {
  readonly #written = new Set<string>()
  readonly #folder: string

  private constructor(folder: string) {
    this.#folder = folder
  }

  /** `undefined`: a new folder among the temporary ones. */
  static async open(folder: string | undefined): Promise<LabFiles> {
    if (folder === undefined) return new LabFiles(await mkdtemp(join(tmpdir(), 'tlsfit-lab-')))
    await mkdir(folder, { recursive: true }).catch((error: unknown) => {
      throw unusable(folder, error)
    })
    return new LabFiles(folder)
  }

  /** Gives the path. Private keys are among them: for the owner's eyes only. */
  async write(name: string, text: string): Promise<string> {
    const path = join(this.#folder, name)
    try {
      // What a killed lab left may have another mode.
      await rm(path, { force: true })
      await writeFile(path, text, { mode: 0o600 })
    } catch (error) {
      throw unusable(path, error)
    }
    this.#written.add(path)
    return path
  }

  async remove(): Promise<void> {
    for (const path of this.#written) await rm(path, { force: true })
    // It stays where it is not empty.
    await rmdir(this.#folder).catch(() => {})
  }
}

function unusable(path: string, error: unknown): unknown {
  const { code } = error as { code?: unknown }
  if (typeof code !== 'string') return error
  return new CliError(
    exitCodes.unreadable,
    'folder-unusable',
    `the files of the lab cannot be written (${code})`,
    {
      hint: 'name another folder with --dir',
      at: path,
    },
  )
}
