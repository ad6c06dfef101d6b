import { generateKeyPair, type KeyObject } from 'node:crypto'
import { promisify } from 'node:util'
import type { KeyKind } from '../exam/serving.ts'
import { makeLongRsaKey } from './long-rsa-key.ts'

const generate = promisify(generateKeyPair)

/** Keys of the chains that are served: made on first use, one of a kind and role, in memory only. They protect nothing. */
export class MeasuringKeys {
  readonly #keys = new Map<string, Promise<KeyObject>>()

  take(kind: KeyKind, role: string): Promise<KeyObject> {
    const name = `${kind} ${role}`
    const known = this.#keys.get(name)
    if (known !== undefined) return known
    const made = makeKey(kind)
    this.#keys.set(name, made)
    return made
  }
}

const curves = { p256: 'P-256', p384: 'P-384', p521: 'P-521' } as const

export async function makeKey(kind: KeyKind): Promise<KeyObject> {
  if (kind === 'p256' || kind === 'p384' || kind === 'p521')
    return (await generate('ec', { namedCurve: curves[kind] })).privateKey
  if (kind === 'ed25519') return (await generate('ed25519')).privateKey
  if (kind === 'rsa-8192') return makeLongRsaKey()
  return (await generate('rsa', { modulusLength: Number(kind.slice('rsa-'.length)) })).privateKey
}
