/** What most endpoints of the field show, dated and sourced: outside of it an unknown limit stays undecided. */
export interface OrdinaryRange {
  /** Day the figures were taken together, `2026-09-21`. */
  readonly asOf: string
  readonly ranges: { readonly [Measure in OrdinaryMeasure]?: Ordinary }
  readonly kinds: { readonly [Kind in OrdinaryKind]?: OrdinaryKinds }
}

/** Limits of a device, and those of its HTTP client that endpoints differ in. */
export type OrdinaryMeasure = (typeof ordinaryMeasures)[number]

export interface Ordinary {
  readonly low: number
  readonly high: number
  readonly source: string
  readonly note?: string | undefined
}

/** What has no size, and of which a server picks one: cipher suites, named groups of the exchange and of certificates, signature algorithms. */
export type OrdinaryKind = (typeof ordinaryKinds)[number]

export interface OrdinaryKinds {
  readonly values: readonly string[]
  readonly source: string
}

export const ordinaryKinds = ['cipherSuites', 'groups', 'certificateGroups', 'certificateSignatures'] as const

export const ordinaryMeasures = [
  'chainBytes',
  'certificateBytes',
  'handshakeMessageBytes',
  'chainCertificates',
  'rsaKeyBits',
  'recordBytes',
  'responseHeadBytes',
] as const
