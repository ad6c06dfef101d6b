import { readFileSync, unlinkSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { InputError } from './input-error.ts'

/** Locks of this process: its own number in a file is else that of a run before it, as in a container. */
const held = new Set<string>()

/**
 * Keeps a second run from the same journal, by a file beside it; gives what lets go of it. The lock of a run that was
 * killed is taken over, and so is that of another machine, of which nobody here can tell whether it lives.
 */
export function lockJournal(path: string): () => void {
  const lock = `${path}.lock`
  if (!create(lock)) {
    if (isHeld(lock)) {
      throw new InputError(
        'journal-in-use',
        `another run is writing the journal ${path}`,
        'wait for it, or give --resume another file',
        path,
      )
    }
    remove(lock)
    create(lock)
  }
  held.add(lock)
  return () => {
    held.delete(lock)
    remove(lock)
  }
}

/** False where the file is there already. A folder that cannot be written has no lock: the journal itself says so. */
function create(lock: string): boolean {
  try {
    writeFileSync(lock, JSON.stringify({ pid: process.pid, host: hostname() }), { flag: 'wx', mode: 0o600 })
  } catch (error) {
    return codeOf(error) !== 'EEXIST'
  }
  return true
}

function isHeld(lock: string): boolean {
  try {
    const { pid, host } = JSON.parse(readFileSync(lock, 'utf8')) as { pid?: unknown; host?: unknown }
    if (typeof pid !== 'number' || !Number.isInteger(pid) || pid <= 0 || host !== hostname()) return false
    if (pid === process.pid) return held.has(lock)
    process.kill(pid, 0)
    return true
  } catch (error) {
    return codeOf(error) === 'EPERM'
  }
}

function remove(lock: string): void {
  try {
    unlinkSync(lock)
  } catch {
    // Gone already.
  }
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code
}
