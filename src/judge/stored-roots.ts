import { identifyStored, type StoredForm } from '../trust/stored-forms.ts'
import type { Certificate } from '../x509/certificate.ts'
import type { StoredCredential } from '../x509/modem-credentials.ts'

/** `<type>` of AT%CMNG under which a root is looked for. */
const rootType = 0

/** What a modem lists as stored, against what it needs. */
export interface StoredRoots {
  readonly entries: readonly StoredEntry[]
  /** Needed, and under no tag. */
  readonly missing: readonly Certificate[]
}

export interface StoredEntry extends StoredCredential {
  /** Undefined: the hash is that of none of the certificates tried. */
  readonly is: { readonly certificate: Certificate; readonly form: StoredForm } | undefined
  /**
   * `needed`; `wrong-type`: a needed root, but not stored as a root; `not-needed`: another root;
   * `unknown`: a root that is none of those tried; `other`: no root.
   */
  readonly use: 'needed' | 'wrong-type' | 'not-needed' | 'unknown' | 'other'
}

/**
 * The modem prints the SHA-256 of what was stored: of the text with its line ends, not of the DER. Each form of each
 * certificate is tried, so an equal hash proves which one it is, and how it was written.
 */
export function matchStored(
  listing: readonly StoredCredential[],
  needed: readonly Certificate[],
  others: readonly Certificate[],
): StoredRoots {
  const entries = listing.map((stored): StoredEntry => {
    const is = stored.sha256 === undefined ? undefined : identifyStored(stored.sha256, [...needed, ...others])
    const wanted = is !== undefined && needed.some(({ sha256 }) => sha256 === is.certificate.sha256)
    const asRoot = stored.type === rootType
    if (wanted) return { ...stored, is, use: asRoot ? 'needed' : 'wrong-type' }
    if (!asRoot) return { ...stored, is, use: 'other' }
    return { ...stored, is, use: is === undefined ? 'unknown' : 'not-needed' }
  })
  const found = entries.filter(({ use }) => use === 'needed').map(({ is }) => is!.certificate.sha256)
  return { entries, missing: needed.filter(({ sha256 }) => !found.includes(sha256)) }
}
