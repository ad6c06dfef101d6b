import { createHash, createPublicKey, generateKeyPair, type KeyObject } from 'node:crypto'
import { promisify } from 'node:util'
import { MAX_RSA_BITS_CHECKED } from '../trust/check-signature.ts'
import type { PublicKeyInfo } from '../x509/certificate.ts'
import { type DerElement, DerReader, tags } from '../x509/der.ts'

/** A key of our own in the place of one that was observed. */
export interface TwinKey {
  readonly key: KeyObject
  /** SubjectPublicKeyInfo: that of the observed key with the numbers of ours, byte for byte as long. */
  readonly spki: Uint8Array
}

/** What a key is made of; two keys of the same kind are of the same size. */
export type KeyKind =
  | { readonly type: 'rsa'; readonly bits: number; readonly exponent: number }
  | { readonly type: 'ec'; readonly curve: string }
  | { readonly type: 'ed25519' | 'ed448' }

const generate = promisify(generateKeyPair)
/** OpenSSL makes no smaller ones. */
const MIN_RSA_BITS = 512

/** Keys take seconds: those made once serve every chain of this process, each at most once in one chain. */
const pool = new Map<string, Promise<KeyObject>[]>()

/** The twins of the keys of one capsule: the same key has the same twin wherever it stands. */
export class TwinKeys {
  readonly #twins = new Map<string, Promise<TwinKey | undefined>>()
  readonly #taken = new Map<string, number>()

  /** Undefined for a key of which we cannot make another. */
  of(observed: PublicKeyInfo): Promise<TwinKey | undefined> {
    const name = createHash('sha256').update(observed.spki).digest('hex')
    let twin = this.#twins.get(name)
    if (twin === undefined) {
      twin = this.#make(observed)
      this.#twins.set(name, twin)
    }
    return twin
  }

  /** A key that belongs to no other. */
  fresh(kind: KeyKind): Promise<KeyObject> {
    const name = JSON.stringify(kind)
    const taken = this.#taken.get(name) ?? 0
    this.#taken.set(name, taken + 1)
    const made = pool.get(name) ?? []
    pool.set(name, made)
    const key = made[taken] ?? makeKey(kind)
    made[taken] = key
    return key
  }

  async #make(observed: PublicKeyInfo): Promise<TwinKey | undefined> {
    const kind = kindOf(observed)
    if (kind === undefined) return undefined
    const key = await this.fresh(kind).catch(() => undefined)
    if (key === undefined) return undefined
    const spki = writeKey(observed.spki, key)
    return spki && { key, spki }
  }
}

function kindOf(observed: PublicKeyInfo): KeyKind | undefined {
  switch (observed.kind) {
    case 'rsa': {
      const { bits } = observed
      const { exponent } = rsaNumbers(keyBits(observed.spki))
      const value = exponent.value.reduce((sum, byte) => sum * 256 + byte, 0)
      const usable = bits >= MIN_RSA_BITS && bits <= MAX_RSA_BITS_CHECKED
      return usable && value >= 3 && value < 2 ** 32 && value % 2 === 1
        ? { type: 'rsa', bits, exponent: value }
        : undefined
    }
    case 'ec':
      return { type: 'ec', curve: observed.curve }
    case 'unknown':
      return undefined
    default:
      return { type: observed.kind }
  }
}

async function makeKey(kind: KeyKind): Promise<KeyObject> {
  if (kind.type === 'rsa') {
    const { bits, exponent } = kind
    return (await generate('rsa', { modulusLength: bits, publicExponent: exponent })).privateKey
  }
  if (kind.type === 'ec') {
    return (await generate('ec', { namedCurve: opensslCurves[kind.curve] ?? kind.curve })).privateKey
  }
  return kind.type === 'ed25519'
    ? (await generate('ed25519')).privateKey
    : (await generate('ed448')).privateKey
}

/** Where OpenSSL has another name than the registry. */
const opensslCurves: Readonly<Record<string, string>> = {
  secp192r1: 'prime192v1',
  secp256r1: 'prime256v1',
}

/** Everything but the numbers stays: parameters, the form of a point, the exponent. */
function writeKey(observed: Uint8Array, key: KeyObject): Uint8Array | undefined {
  const out = Uint8Array.from(observed)
  const theirs = keyBits(observed)
  const own = keyBits(createPublicKey(key).export({ type: 'spki', format: 'der' }))
  if (key.asymmetricKeyType === 'rsa') {
    const { modulus } = rsaNumbers(theirs)
    const number = rsaNumbers(own).modulus.value
    const short = number[0] === 0 ? number.subarray(1) : number
    if (short.length > modulus.value.length) return undefined
    out.fill(0, modulus.valueStart, modulus.end)
    out.set(short, modulus.end - short.length)
    return out
  }
  const point = samePointForm(theirs.value.subarray(1), own.value.subarray(1))
  if (point === undefined || point.length !== theirs.value.length - 1) return undefined
  out.set(point, theirs.valueStart + 1)
  return out
}

/** SEC 1 §2.3.3: a point is written whole, or as its x and the parity of its y. */
function samePointForm(theirs: Uint8Array, own: Uint8Array): Uint8Array | undefined {
  if (theirs.length === own.length) return own
  const half = (own.length - 1) / 2
  if (theirs.length !== half + 1 || (theirs[0] !== 2 && theirs[0] !== 3)) return undefined
  const parity = (own[own.length - 1] as number) & 1
  return Uint8Array.of(2 + parity, ...own.subarray(1, 1 + half))
}

function keyBits(spki: Uint8Array): DerElement {
  const fields = new DerReader(spki, 'SubjectPublicKeyInfo', new Set()).sequence('info')
  fields.expect(tags.sequence, 'algorithm')
  return fields.expect(tags.bitString, 'subjectPublicKey')
}

function rsaNumbers({ value, valueStart }: DerElement) {
  const fields = new DerReader(value.subarray(1), 'RSAPublicKey', new Set(), valueStart + 1).sequence('key')
  return {
    modulus: fields.expect(tags.integer, 'modulus'),
    exponent: fields.expect(tags.integer, 'exponent'),
  }
}
