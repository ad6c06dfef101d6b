/** What most endpoints of the field show, dated and sourced: outside of it an unknown limit stays undecided. */
export interface OrdinaryRange {
  /** Day the figures were taken together, `2026-09-21`. */
  readonly asOf: string
  readonly ranges: { readonly [Measure in OrdinaryMeasure]?: Ordinary }
}

/** Limits of a device, and those of its HTTP client that endpoints differ in. */
export type OrdinaryMeasure = (typeof ordinaryMeasures)[number]

export interface Ordinary {
  readonly low: number
  readonly high: number
  readonly source: string
  readonly note?: string | undefined
}

export const ordinaryMeasures = [
  'chainBytes',
  'certificateBytes',
  'handshakeMessageBytes',
  'chainCertificates',
  'rsaKeyBits',
  'recordBytes',
  'responseHeadBytes',
] as const
