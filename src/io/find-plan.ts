import { access } from 'node:fs/promises'
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path'

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

/** The folder that `.git` lies in: this one or one above it. Absolute. */
async function findRepository(folder: string): Promise<string | undefined> {
  for (let at = resolve(folder); ; at = dirname(at)) {
    if (await isThere(join(at, '.git'))) return at
    if (dirname(at) === at) return undefined
  }
}

/** Whether a path lies in the repository of the folder; where there is none, in the folder itself. */
export async function isWithin(folder: string, path: string): Promise<boolean> {
  const root = (await findRepository(folder)) ?? resolve(folder)
  return !leadsOut(relative(root, resolve(path)))
}

/** Names a file from the root of the repository that the folder lies in; one outside of it as it is. */
export async function pathInRepository(folder: string): Promise<(path: string) => string> {
  const root = await findRepository(folder)
  return (path) => {
    const inside = root === undefined ? '..' : relative(root, resolve(path))
    return leadsOut(inside) ? path : inside
  }
}

function leadsOut(path: string): boolean {
  return path === '..' || path.startsWith(`..${sep}`) || isAbsolute(path)
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
