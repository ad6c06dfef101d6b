import { createHash } from 'node:crypto'
import type { Certificate } from '../x509/certificate.ts'
import { formatPem } from '../x509/pem.ts'

/** A way in which a certificate can have been stored as text or bytes. */
export type StoredForm = 'pem-lf' | 'pem-lf-unended' | 'pem-crlf' | 'pem-crlf-unended' | 'der'

/**
 * Finds out which certificate a modem holds by the SHA-256 that it lists of the content: the hash of each form of each
 * certificate is tried. An equal hash is a proof; none tells nothing.
 */
export function identifyStored(
  sha256: string,
  candidates: readonly Certificate[],
): { readonly certificate: Certificate; readonly form: StoredForm } | undefined {
  for (const certificate of candidates) {
    for (const [form, hash] of hashesOf(certificate)) if (hash === sha256) return { certificate, form }
  }
  return undefined
}

const computed = new WeakMap<Certificate, readonly (readonly [StoredForm, string])[]>()

function hashesOf(certificate: Certificate): readonly (readonly [StoredForm, string])[] {
  const known = computed.get(certificate)
  if (known !== undefined) return known
  const lf = formatPem(certificate.der)
  const crlf = lf.replaceAll('\n', '\r\n')
  const hashes = [
    ['pem-lf', hashOf(lf)],
    ['pem-lf-unended', hashOf(lf.trimEnd())],
    ['pem-crlf', hashOf(crlf)],
    ['pem-crlf-unended', hashOf(crlf.trimEnd())],
    ['der', certificate.sha256],
  ] as const
  computed.set(certificate, hashes)
  return hashes
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
