import { readFileSync, unlinkSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { StoreError } from './database.ts'

/** Locks of this process: its own number in a file is else that of a run before it, as in a container. */
const held = new Set<string>()

/**
 * Keeps a second process from the same folder; gives what lets go of it. The lock of a process that is gone is taken over.
 * One of another machine is not: nobody here can tell whether it lives. Throws `StoreError`.
 */
export function lockFolder(folder: string): () => void {
  const lock = join(folder, 'lock')
  for (let tries = 0; ; tries++) {
    if (create(lock, folder)) break
    const owner = readOwner(lock)
    if (tries > 2 || (owner !== undefined && isAlive(owner, lock))) throw inUse(folder, owner)
    remove(lock)
  }
  held.add(lock)
  return () => {
    held.delete(lock)
    remove(lock)
  }
}

interface Owner {
  readonly pid: number
  readonly host: string
}

function create(lock: string, folder: string): boolean {
  try {
    writeFileSync(lock, JSON.stringify({ pid: process.pid, host: hostname() }), { flag: 'wx', mode: 0o600 })
    return true
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EEXIST') return false
    throw new StoreError(
      'store-unreadable',
      `the folder ${folder} cannot be written (${code})`,
      'name a folder that you may write to, with space left',
      folder,
    )
  }
}

/** Undefined for a lock that was torn in writing. */
function readOwner(lock: string): Owner | undefined {
  try {
    const { pid, host } = JSON.parse(readFileSync(lock, 'utf8')) as { pid?: unknown; host?: unknown }
    if (typeof pid === 'number' && Number.isInteger(pid) && pid > 0 && typeof host === 'string')
      return { pid, host }
  } catch {
    // Gone, or not whole.
  }
  return undefined
}

function isAlive({ pid, host }: Owner, lock: string): boolean {
  if (host !== hostname()) return true
  if (pid === process.pid) return held.has(lock)
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

function inUse(folder: string, owner: Owner | undefined): StoreError {
  const whose = owner === undefined ? 'another process' : `process ${owner.pid} on ${owner.host}`
  return new StoreError(
    'store-in-use',
    `the store in ${folder} is in use by ${whose}`,
    owner === undefined || owner.host === hostname()
      ? 'end that process, name another folder, or move to PostgreSQL with tlsfit store copy'
      : `if nothing runs there any more, remove ${join(folder, 'lock')}`,
    folder,
  )
}

function remove(lock: string): void {
  try {
    unlinkSync(lock)
  } catch {
    // Gone already.
  }
}
