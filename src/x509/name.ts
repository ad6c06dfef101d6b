/** Distinguished name, RFC 5280 §4.1.2.4. */
export interface Name {
  readonly der: Uint8Array
  /** In order; attribute types by their short name (`CN`, `O`) or OID. Values are hostile text. */
  readonly attributes: readonly { readonly type: string; readonly value: string }[]
  /** `CN=…, O=…` in the order of the certificate, unescaped: escape before printing. */
  readonly text: string
  readonly commonName: string | undefined
}
