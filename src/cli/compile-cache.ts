import { isAbsolute, join } from 'node:path'

/** What keeps compiled code in a folder; of Node.js 22.1 and later. */
type Keeper = (folder: string) => unknown

/**
 * Keeps what Node.js compiles for the next run, where it can: in the user's own cache folder, as code that others may
 * write is code of theirs. A folder that cannot be written costs nothing; `NODE_DISABLE_COMPILE_CACHE=1` switches it off.
 */
export function keepCompiled(env: NodeJS.ProcessEnv, keep: Keeper | undefined = keeperOfNode()): void {
  if (keep === undefined) return
  const asked = env.XDG_CACHE_HOME
  const base =
    asked !== undefined && isAbsolute(asked)
      ? asked
      : join(process.getBuiltinModule('node:os').homedir(), '.cache')
  keep(join(base, 'tlsfit', 'compiled'))
}

/** Asked for, not imported: an import costs each start a millisecond, also where there is no such cache. */
function keeperOfNode(): Keeper | undefined {
  const module = process.getBuiltinModule?.('node:module') as { enableCompileCache?: Keeper } | undefined
  return module?.enableCompileCache
}
