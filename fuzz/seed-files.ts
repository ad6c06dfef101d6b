import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** The repository's root; the bundle lies elsewhere. */
const root = join(process.env.TLSFIT_FUZZ ?? import.meta.dirname, '..')

/** Files of a folder of the repository as seeds, those that end so and are no larger than asked. */
export function seedFiles(folder: string, ending: string, mostBytes: number): Uint8Array[] {
  const path = join(root, folder)
  if (!existsSync(path)) throw new Error(`no folder ${folder} for seeds`)
  const names = readdirSync(path)
    .filter((name) => name.endsWith(ending))
    .sort()
  const seeds = names.map((name) => join(path, name)).filter((file) => statSync(file).size <= mostBytes)
  if (seeds.length === 0) throw new Error(`no seeds in ${folder}`)
  return seeds.map((file) => readFileSync(file))
}

export function seedText(...texts: readonly string[]): Uint8Array[] {
  return texts.map((text) => Buffer.from(text))
}
