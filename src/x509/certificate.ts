import type { Name } from './name.ts'

/** One X.509 certificate, RFC 5280 §4.1, read from DER. Ranges are half-open byte offsets into `der`. */
export interface Certificate {
  readonly der: Uint8Array
  /** SHA-256 of the DER, lower-case hex. */
  readonly sha256: string
  readonly version: number
  readonly serialHex: string
  readonly subject: Name
  readonly issuer: Name
  readonly notBefore: Date
  readonly notAfter: Date
  readonly publicKey: PublicKeyInfo
  /** Name such as `sha256WithRSAEncryption`, or the OID in dotted form when unknown. */
  readonly signatureAlgorithm: string
  /** The hash that RSASSA-PSS names in its parameters; undefined where it names none that is known, or for others. */
  readonly pssHash: string | undefined
  readonly signature: Uint8Array
  readonly tbs: ByteRange
  /** cA of basicConstraints; false when the extension is absent. */
  readonly isCa: boolean
  readonly pathLength: number | undefined
  /** Names of the set bits; undefined when the extension is absent. */
  readonly keyUsage: readonly string[] | undefined
  /** Names such as `serverAuth`, or dotted OIDs. */
  readonly extendedKeyUsage: readonly string[] | undefined
  readonly subjectAltNames: readonly GeneralName[]
  /** Lower-case hex; undefined when absent. */
  readonly subjectKeyId: string | undefined
  readonly authorityKeyId: string | undefined
  /** Signed certificate timestamps embedded, RFC 6962 §3.3. */
  readonly sctCount: number
  /** In the order of the certificate, unknown ones included. */
  readonly extensions: readonly CertificateExtension[]
  /** Byte-equal subject and issuer. */
  readonly selfIssued: boolean
  /**
   * Where it departs from RFC 5280 without being unreadable, such as `bytes after the certificate`, or has what few have
   * and not every library takes, such as `an x400Address`.
   */
  readonly oddities: readonly string[]
  /** Of a certificate whose bytes were redacted: what its signature was found to be before. */
  readonly signatureClaims?: SignatureClaims | undefined
}

/** SHA-256 (lower-case hex) of SubjectPublicKeyInfo of keys that were tried on a certificate's signature. */
export interface SignatureClaims {
  /** Keys that made it. */
  readonly signedBy: readonly string[]
  /** Keys that did not. */
  readonly notBy: readonly string[]
}

/** Where something lies within the DER of its certificate. */
export interface ByteRange {
  readonly start: number
  readonly end: number
}

/** A public key, with its size or curve. RFC 5280 §4.1.2.7. */
export type PublicKeyInfo = { readonly spki: Uint8Array } & (
  | { readonly kind: 'rsa'; readonly bits: number }
  | { readonly kind: 'ec'; readonly curve: string; readonly bits: number }
  | { readonly kind: 'ed25519' | 'ed448' }
  | { readonly kind: 'unknown'; readonly oid: string }
)

/** A name of the subjectAltName extension. RFC 5280 §4.2.1.6. */
export interface GeneralName {
  readonly kind: 'dns' | 'ip' | 'email' | 'uri' | 'directory' | 'other'
  /** Text for dns, email, uri; canonical address for ip; hex otherwise. */
  readonly value: string
}

/** An extension as it stands in the certificate. RFC 5280 §4.2. */
export interface CertificateExtension {
  readonly oid: string
  /** Short RFC name such as `subjectAltName`, or the OID. */
  readonly name: string
  readonly critical: boolean
  readonly range: ByteRange
  /** Content of the extnValue OCTET STRING. */
  readonly value: Uint8Array
}
