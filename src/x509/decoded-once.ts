import { createHash } from 'node:crypto'
import { DecodeError } from '../codec/decode-error.ts'
import type { Certificate } from './certificate.ts'
import { decodeCertificate } from './decode-certificate.ts'

/**
 * The certificates that one target sends again and again: the same bytes are one object, so that what is worked out for
 * it, such as who signed it, is worked out once for all devices. Lives as long as the work on that target.
 */
export class DecodedOnce {
  readonly #byHash = new Map<string, Certificate | undefined>()

  /** Undefined for bytes that are no certificate. */
  get(der: Uint8Array): Certificate | undefined {
    const hash = createHash('sha256').update(der).digest('base64')
    if (!this.#byHash.has(hash)) this.#byHash.set(hash, decode(der))
    return this.#byHash.get(hash)
  }
}

function decode(der: Uint8Array): Certificate | undefined {
  try {
    return decodeCertificate(der)
  } catch (error) {
    if (error instanceof DecodeError) return undefined
    throw error
  }
}
