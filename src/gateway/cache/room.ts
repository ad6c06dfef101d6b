import { rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Disk } from './contract.ts'
import { isHeld } from './fill-lock.ts'
import { lengthInId, namesIn, type Store } from './store.ts'

/** What is left free of the file system for others. */
const MARGIN_BYTES = 1_048_576
/** URLs remembered, each with the order of its versions. */
const MOST_URLS = 10_000

export interface Room {
  readonly store: Store
  readonly disk: Disk
  readonly maxBytes: number
  readonly inUseSeconds: number
  readonly now: () => number
  /** Whether this process is reading or filling the version. */
  readonly isInUse: (key: string, id: string) => boolean
  readonly evicted: (key: string, id: string) => void
}

interface Stored {
  readonly key: string
  readonly id: string
  readonly bytes: number
  readonly usedMs: number
}

/**
 * Evicts versions, the longest unused first, until `bytes` more fit. False where what is in use leaves no room. What is
 * stored is counted anew each time: other workers write to the same folder.
 */
export async function makeRoom(room: Room, key: string, id: string, bytes: number): Promise<boolean> {
  const stored = await storedVersions(room.store)
  let used = 0
  for (const one of stored) if (one.key !== key || one.id !== id) used += one.bytes
  const candidates = stored
    .filter(
      (one) => (one.key !== key || one.id !== id) && room.now() - one.usedMs > room.inUseSeconds * 1_000,
    )
    .sort((a, b) => a.usedMs - b.usedMs)
  for (;;) {
    const free = await room.disk.freeBytes(room.store.folder)
    if (used + bytes <= room.maxBytes && free >= bytes + MARGIN_BYTES) return true
    const oldest = candidates.shift()
    if (oldest === undefined) return false
    if (room.isInUse(oldest.key, oldest.id)) continue
    if (await isHeld(join(room.store.versionFolder(oldest.key, oldest.id), 'lock'))) continue
    await room.store.removeVersion(oldest.key, oldest.id)
    room.evicted(oldest.key, oldest.id)
    used -= oldest.bytes
  }
}

/** Forgets the URLs that were longest unused, with the order of their versions. */
export async function boundUrls(room: Room, keepKey: string, most = MOST_URLS): Promise<void> {
  const keys = (await namesIn(room.store.folder)).filter((name) => /^[0-9a-f]{32}$/.test(name))
  if (keys.length <= most) return
  const versions = await storedVersions(room.store)
  const lastUse = new Map<string, number>()
  for (const { key, usedMs } of versions) lastUse.set(key, Math.max(usedMs, lastUse.get(key) ?? 0))
  for (const key of keys) {
    if (!lastUse.has(key)) lastUse.set(key, await modifiedMs(room.store.urlFolder(key)))
  }
  const oldest = keys.sort((a, b) => lastUse.get(a)! - lastUse.get(b)!)
  for (const key of oldest.slice(0, keys.length - most)) {
    if (key === keepKey || room.now() - lastUse.get(key)! <= room.inUseSeconds * 1_000) continue
    const ids = versions.filter((one) => one.key === key)
    if (ids.some(({ id }) => room.isInUse(key, id))) continue
    await rm(room.store.urlFolder(key), { recursive: true, force: true })
  }
}

async function storedVersions(store: Store): Promise<Stored[]> {
  const stored: Stored[] = []
  for (const key of await namesIn(store.folder)) {
    if (!/^[0-9a-f]{32}$/.test(key)) continue
    for (const id of await namesIn(store.urlFolder(key))) {
      const bytes = lengthInId(id)
      if (bytes === undefined) continue
      stored.push({ key, id, bytes, usedMs: await modifiedMs(store.versionFolder(key, id)) })
    }
  }
  return stored
}

async function modifiedMs(path: string): Promise<number> {
  return (await stat(path).catch(() => undefined))?.mtimeMs ?? 0
}
