/** What of an endpoint is compared from round to round, as one vantage point saw it. Plain JSON, in a fixed order. */
export interface Snapshot {
  readonly at: string
  /** What the name led to; where nothing was looked up, where the connections went. */
  readonly addresses: readonly string[]
  /** What each distinct hello met: one server may answer two hellos in two ways. By `plan`. */
  readonly views: readonly PlanView[]
  /** Each distinct chain once, by `digest`. */
  readonly chains: readonly ChainFacts[]
}

export interface PlanView {
  /** `Seen.plan`: names what was sent. */
  readonly plan: string
  /** Digests; several where addresses differ. */
  readonly chains: readonly string[]
  /** Such as `TLSv1.2`. */
  readonly versions: readonly string[]
  readonly cipherSuites: readonly string[]
  /** Plaintext of the largest record of the handshake, and of what came after it; undefined where none was seen. */
  readonly handshakeRecordBytes?: number | undefined
  readonly dataRecordBytes?: number | undefined
}

export interface ChainFacts {
  /** SHA-256 (hex) of the certificates as the store keeps them: see `chain-digest.ts`. */
  readonly digest: string
  /** DER of all certificates. */
  readonly bytes: number
  /** Certificate message with its header. */
  readonly messageBytes: number
  /** In the order sent; what cannot be read is left out here, and counts in `count`. */
  readonly certificates: readonly CertificateFacts[]
  readonly count: number
  /** Who issued the leaf. */
  readonly issuer: string
  /** Who signed the topmost certificate that was sent. */
  readonly root: string
}

export interface CertificateFacts {
  readonly sha256: string
  readonly role: 'leaf' | 'intermediate' | 'root'
  readonly subject: string
  readonly issuer: string
  /** `RSA 2048`, `EC secp256r1`. */
  readonly key: string
  readonly bytes: number
  readonly notBefore: string
  readonly notAfter: string
}
