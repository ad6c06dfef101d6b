import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { KeyShelf } from '../../src/lab/keys.ts'

const folder = join(tmpdir(), 'tlsfit-test-keys')
const keys = new Map<string, KeyObject>()

/**
 * A private key that stays the same from run to run of one machine: RSA keys take seconds to make, and hundreds of tests need
 * some. `id`: its type (`rsa2048`, `ed25519` or a curve) and what it is for.
 */
export function keptKey(id: string): KeyObject {
  const key = keys.get(id) ?? readKey(id) ?? makeKey(id)
  keys.set(id, key)
  return key
}

const labTypes = { 'rsa-4096': 'rsa4096', 'rsa-2048': 'rsa2048', p256: 'P-256' } as const

/** Keys of the lab's chains. */
export const testKeys = new KeyShelf(async (type, role) => keptKey(`${labTypes[type]} lab ${role}`))

function fileOf(id: string): string {
  return join(folder, `${id.replace(/[^A-Za-z0-9-]/g, '_')}.pem`)
}

function readKey(id: string): KeyObject | undefined {
  try {
    return createPrivateKey(readFileSync(fileOf(id)))
  } catch {
    return undefined
  }
}

function makeKey(id: string): KeyObject {
  const type = id.split(' ')[0]!
  const { privateKey } = type.startsWith('rsa')
    ? generateKeyPairSync('rsa', { modulusLength: Number(type.slice(3)) })
    : type === 'ed25519'
      ? generateKeyPairSync('ed25519')
      : generateKeyPairSync('ec', { namedCurve: type })
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const half = `${fileOf(id)}.${process.pid}`
  writeFileSync(half, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 })
  renameSync(half, fileOf(id))
  return privateKey
}
