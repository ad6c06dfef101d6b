import { unlessBroken } from '../codec/decode-error.ts'
import type { Chain } from '../observe/observation.ts'
import { checkSignature, keySha256 } from '../trust/check-signature.ts'
import { findPaths } from '../trust/path.ts'
import type { KnownRoot } from '../trust/trust-store.ts'
import type { Certificate, SignatureClaims } from '../x509/certificate.ts'
import { decodeCertificate, equalBytes } from '../x509/decode-certificate.ts'
import type { Pseudonyms } from './pseudonyms.ts'
import { redactCertificate } from './redact-certificate.ts'

/** Redacts certificates, and keeps what of their signatures could be verified before. */
export class ChainRedaction {
  readonly #names: Pseudonyms
  readonly #roots: readonly Certificate[]
  readonly #hashes = new Map<string, string>()

  constructor(names: Pseudonyms, knownRoots: readonly KnownRoot[]) {
    this.#names = names
    this.#roots = knownRoots.map(({ certificate }) => certificate)
  }

  chain(chain: Chain): Chain {
    const read = chain.certificates.map((der) => unlessBroken(() => decodeCertificate(der)))
    const whole = read.map((one) => one !== undefined && this.#isPublic(one, read))
    const made = read.map((one, at) => {
      if (whole[at]) return chain.certificates[at] as Uint8Array
      // What nobody can read, nobody can redact: only its size goes on.
      return one === undefined
        ? new Uint8Array((chain.certificates[at] as Uint8Array).length)
        : this.#one(one, read)
    })
    const redacted = made.map((der) => unlessBroken(() => decodeCertificate(der)))
    for (const [at, one] of read.entries()) {
      const shown = redacted[at]
      if (one !== undefined && shown !== undefined) this.#hashes.set(one.sha256, shown.sha256)
    }
    const claims = read.map((one, at) =>
      one === undefined || whole[at] ? undefined : this.#claims(one, read, redacted),
    )
    return {
      ...chain,
      certificates: made,
      signatureClaims: claims.some((one) => one !== undefined) ? claims : undefined,
    }
  }

  /** The hash that a certificate has after its redaction; undefined for one that was not seen. */
  sha256Of(sha256: string): string | undefined {
    return this.#hashes.get(sha256)
  }

  /** One that came alone: of its issuer nothing is known. */
  certificate(der: Uint8Array): Uint8Array {
    const one = unlessBroken(() => decodeCertificate(der))
    if (one === undefined) return new Uint8Array(der.length)
    return this.#isPublic(one, [one]) ? der : this.#one(one, [one])
  }

  #one(certificate: Certificate, sent: readonly (Certificate | undefined)[]): Uint8Array {
    const issuer = this.#hasPublicIssuer(certificate, sent)
    const redacted = unlessBroken(() => redactCertificate(certificate, this.#names, { issuer }))
    return redacted ?? new Uint8Array(certificate.der.length)
  }

  /** A CA from which certificates that were sent lead to a public root, or such a root itself. */
  #isPublic(certificate: Certificate, sent: readonly (Certificate | undefined)[]): boolean {
    if (this.#roots.some(({ sha256 }) => sha256 === certificate.sha256)) return true
    if (!certificate.isCa) return false
    const others = sent.filter((one) => one !== undefined && one !== certificate) as Certificate[]
    const { paths, anchoredAtLeaf } = findPaths([certificate, ...others], this.#roots)
    return paths.length > 0 || anchoredAtLeaf !== undefined
  }

  /** Only public CAs have certificates logged; else the issuer itself must be known, or have a public CA's name. */
  #hasPublicIssuer(certificate: Certificate, sent: readonly (Certificate | undefined)[]): boolean {
    if (certificate.selfIssued) return false
    const named = [...sent, ...this.#roots].filter(
      (one) => one !== undefined && equalBytes(one.subject.der, certificate.issuer.der),
    ) as Certificate[]
    if (named.length > 0) return named.some((one) => this.#isPublic(one, sent))
    if (certificate.sctCount > 0) return true
    return certificate.issuer.attributes.some(
      ({ type, value }) => type === 'O' && this.#names.isAuthority(value),
    )
  }

  /** Keys are named as they stand in the capsule. */
  #claims(
    certificate: Certificate,
    sent: readonly (Certificate | undefined)[],
    redacted: readonly (Certificate | undefined)[],
  ): SignatureClaims {
    const signedBy = new Set<string>()
    const notBy = new Set<string>()
    const note = (issuer: Certificate, shown: Certificate) => {
      const check = checkSignature(certificate, issuer)
      if (check === 'valid') signedBy.add(keySha256(shown))
      if (check === 'invalid') notBy.add(keySha256(shown))
    }
    for (const [at, issuer] of sent.entries()) {
      const shown = redacted[at]
      if (issuer !== undefined && shown !== undefined) note(issuer, shown)
    }
    for (const root of this.#roots) {
      const named = equalBytes(root.subject.der, certificate.issuer.der)
      if (named || (root.subjectKeyId !== undefined && root.subjectKeyId === certificate.authorityKeyId)) {
        note(root, root)
      }
    }
    return { signedBy: [...signedBy], notBy: [...notBy] }
  }
}
