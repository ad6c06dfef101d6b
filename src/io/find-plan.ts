import { access } from 'node:fs/promises'
import { dirname, join, relative, resolve } from 'node:path'

export const planName = 'tlsfit.yaml'

/**
 * The plan of the folder, or of one above it up to the root of the repository that the folder lies in. Outside of a
 * repository only the folder itself is looked at: what lies above it may be anybody's. Relative to `folder`.
 */
export async function findPlan(folder: string): Promise<string | undefined> {
  const start = resolve(folder)
  const found: string[] = []
  for (let at = start; ; at = dirname(at)) {
    if (await isThere(join(at, planName))) found.push(join(at, planName))
    // A file in a worktree or submodule.
    if (await isThere(join(at, '.git'))) break
    if (dirname(at) === at) return found[0] === join(start, planName) ? planName : undefined
  }
  const [nearest] = found
  return nearest === undefined ? undefined : relative(start, nearest)
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
