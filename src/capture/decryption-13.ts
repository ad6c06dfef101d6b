import type { HashName } from '../crypto/hash.ts'
import { findCipherSuite } from '../tls/cipher-suites.ts'
import { nextTrafficSecret, trafficKeys } from '../tls/key-schedule-13.ts'
import { type AeadProtection, protectionOf } from '../tls/record-ciphers.ts'
import { createOpener13, type InnerOpener, type InnerPlaintext } from '../tls/record-protection-13.ts'
import { versions } from '../tls/versions.ts'
import type { SecretLabel } from './key-log.ts'
import type { RecordOpener } from './record-opener.ts'
import type { SessionSecrets } from './secret-store.ts'
import type { Direction } from './session.ts'

/** Opens the protected records of TLS 1.3; undefined where the secrets are of another kind, or the suite is unknown. */
export function createDecrypter13(secrets: SessionSecrets, cipherSuite: number): RecordOpener | undefined {
  const suite = findCipherSuite(cipherSuite)
  if (suite?.kx !== 'tls13' || (suite.hash !== 'sha256' && suite.hash !== 'sha384')) return undefined
  const protection = protectionOf(suite, { encryptThenMac: false, version: versions['TLSv1.3'].code })
  if (protection?.kind !== 'aead') return undefined
  const means = { secrets, hashName: suite.hash, protection }
  const sides: Record<Direction, DirectionDecrypter> = {
    c2s: new DirectionDecrypter(means, ['CLIENT_HANDSHAKE_TRAFFIC_SECRET', 'CLIENT_TRAFFIC_SECRET_0']),
    s2c: new DirectionDecrypter(means, ['SERVER_HANDSHAKE_TRAFFIC_SECRET', 'SERVER_TRAFFIC_SECRET_0']),
  }
  return { open: (direction, _type, version, fragment) => sides[direction].open(version, fragment) }
}

interface Means {
  readonly secrets: SessionSecrets
  readonly hashName: HashName
  readonly protection: AeadProtection
}

/**
 * One direction: handshake keys, application keys, those after each KeyUpdate. Which keys are in use, the records
 * themselves tell: one that the present keys do not open is tried with the next. So early data is passed over, and a
 * key log that lacks the handshake secrets still opens what follows.
 */
class DirectionDecrypter {
  readonly #means: Means
  readonly #labels: readonly SecretLabel[]
  /** Place in `#labels` of the keys in use; -1 before the first record that opened. */
  #stage = -1
  #opener: InnerOpener | undefined
  /** The traffic secret in use, where it is one of application data. */
  #applicationSecret: Uint8Array | undefined
  #lost = false

  constructor(means: Means, labels: readonly SecretLabel[]) {
    this.#means = means
    this.#labels = labels
  }

  open(version: number, fragment: Uint8Array): InnerPlaintext | undefined {
    if (this.#lost) return undefined
    const inner = this.#opener?.open(version, fragment) ?? this.#openWithNext(version, fragment)
    // Records that no key fits come before the first that one does (early data); later they mean that bytes are gone.
    if (inner === undefined && this.#opener !== undefined) this.#lost = true
    return inner
  }

  #openWithNext(version: number, fragment: Uint8Array): InnerPlaintext | undefined {
    for (let stage = this.#stage + 1; stage < this.#labels.length; stage++) {
      const secret = this.#means.secrets.get(this.#labels[stage]!)
      const inner = secret && this.#try(secret, stage, version, fragment)
      if (inner !== undefined) return inner
    }
    if (this.#applicationSecret === undefined) return undefined
    const updated = nextTrafficSecret(this.#means.hashName, this.#applicationSecret)
    return this.#try(updated, this.#stage, version, fragment)
  }

  #try(secret: Uint8Array, stage: number, version: number, fragment: Uint8Array): InnerPlaintext | undefined {
    const { hashName, protection } = this.#means
    const opener = createOpener13(protection, trafficKeys(hashName, secret, protection.keyBytes))
    const inner = opener.open(version, fragment)
    if (inner === undefined) return undefined
    this.#opener = opener
    this.#stage = stage
    if (stage === this.#labels.length - 1) this.#applicationSecret = secret
    return inner
  }
}
