import type { Certificate } from '../x509/certificate.ts'

/** What the device holds, and what the world holds. */
export interface TrustStore {
  /** Anchors on the device; undefined: not known (no `--anchor`, and the profile has no bundle). */
  readonly held: readonly HeldAnchor[] | undefined
  /** `given` by the user, or the `profile`'s own bundle; `unknown` goes with `held: undefined`. */
  readonly origin: 'given' | 'profile' | 'unknown'
  /** Public roots of `roots/`, to name the one that is needed. */
  readonly known: readonly KnownRoot[]
}

/** A certificate that the device holds as trust anchor. */
export interface HeldAnchor {
  readonly certificate: Certificate
  /** File name or id of `roots/`. */
  readonly label: string
}

/** A public root of `roots/index.yaml`. */
export interface KnownRoot {
  /** Kebab-case, such as `digicert-global-root-g2`. */
  readonly id: string
  readonly certificate: Certificate
  readonly owner: string
  /** Day from which public stores distrust new leaves; undefined when none is announced. */
  readonly distrustedFrom: Date | undefined
  readonly source: string
  /** Where the day comes from, and whether it was announced for this root or computed by the store's rule. */
  readonly distrust?: { readonly kind: 'announced' | 'computed'; readonly source: string } | undefined
  /** Other certificates of the same name and key that servers send. */
  readonly crossSignedBy?: readonly CrossSign[] | undefined
}

/** A certificate of a known root, issued by another root. */
export interface CrossSign {
  /** Name of the issuer. */
  readonly issuer: string
  /** Id of the issuer where it is a known root too. */
  readonly id: string | undefined
  readonly derBytes: number
  /** Last day of its validity. */
  readonly until: Date
  readonly source: string
}
