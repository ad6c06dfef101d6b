/** Distinguished name, RFC 5280 §4.1.2.4. */
export interface Name {
  readonly der: Uint8Array
  /** In order. */
  readonly attributes: readonly NameAttribute[]
  /** `CN=…, O=…` in the order of the certificate, unescaped: escape before printing. */
  readonly text: string
  readonly commonName: string | undefined
}

/** AttributeTypeAndValue, RFC 5280 §4.1.2.4. */
export interface NameAttribute {
  /** Short name (`CN`, `O`) or OID. */
  readonly type: string
  /** Hostile text; `#` and hex where it is no string. */
  readonly value: string
  /** Identifier octet of the value: which kind of string it is. */
  readonly tag: number
}
