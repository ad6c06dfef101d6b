import { generateKeyPair, type KeyObject } from 'node:crypto'
import { promisify } from 'node:util'

const generate = promisify(generateKeyPair)

export type KeyType = 'rsa-4096' | 'rsa-2048' | 'p256'

/**
 * The lab's private keys: made on first use, kept in memory, one to a type and role for the whole process.
 * RSA-4096 takes seconds, so ask for all keys at once and let them be made beside each other.
 */
export class KeyShelf {
  readonly #keys = new Map<string, Promise<KeyObject>>()
  readonly #make: (type: KeyType, role: string) => Promise<KeyObject>

  constructor(make: (type: KeyType, role: string) => Promise<KeyObject> = makeKey) {
    this.#make = make
  }

  /** The same key for the same type and role. */
  take(type: KeyType, role: string): Promise<KeyObject> {
    const name = `${type} ${role}`
    let key = this.#keys.get(name)
    if (key === undefined) {
      key = this.#make(type, role)
      this.#keys.set(name, key)
    }
    return key
  }
}

/** What `openCase` uses unless given another shelf. */
export const processKeys = new KeyShelf()

async function makeKey(type: KeyType): Promise<KeyObject> {
  if (type === 'p256') return (await generate('ec', { namedCurve: 'P-256' })).privateKey
  const modulusLength = type === 'rsa-4096' ? 4096 : 2048
  return (await generate('rsa', { modulusLength })).privateKey
}
