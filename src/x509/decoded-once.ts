import { createHash } from 'node:crypto'
import { unlessBroken } from '../codec/decode-error.ts'
import type { Certificate } from './certificate.ts'
import { decodeCertificate } from './decode-certificate.ts'

/**
 * The certificates that servers send again and again, one target to each hello and many targets the same intermediates: the
 * same bytes are one object, so that what is worked out for it, such as who signed it, is worked out once. Of a long run
 * the latest are kept.
 */
export class DecodedOnce {
  readonly #mostKept: number
  readonly #byHash = new Map<string, Certificate | undefined>()

  constructor(mostKept = MOST_KEPT) {
    this.#mostKept = mostKept
  }

  /** Undefined for bytes that are no certificate. */
  get(der: Uint8Array): Certificate | undefined {
    const hash = createHash('sha256').update(der).digest('base64')
    if (this.#byHash.has(hash)) return this.#byHash.get(hash)
    const [oldest] = this.#byHash.keys()
    if (this.#byHash.size >= this.#mostKept && oldest !== undefined) this.#byHash.delete(oldest)
    // A copy: a view would keep all that came with it.
    const certificate = unlessBroken(() => decodeCertificate(new Uint8Array(der)))
    this.#byHash.set(hash, certificate)
    return certificate
  }
}

/** Chains of more targets than are looked at side by side. */
const MOST_KEPT = 2_048
