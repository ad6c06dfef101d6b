/** Rows for `jsonb_to_recordset($n::jsonb)`: one statement for however many. */
export function bulk(rows: readonly object[]): string {
  return JSON.stringify(rows, function (this: { readonly [key: string]: unknown }, key, value: unknown) {
    // What is given as `value` has gone through `toJSON`, which a Buffer has.
    const given = this[key]
    return given instanceof Uint8Array ? hexOf(given) : value
  })
}

/** As a `bytea` column reads it. */
function hexOf(bytes: Uint8Array): string {
  return `\\x${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')}`
}

/** A digest as people and JSON have it. */
export function hexDigest(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}

export function digestBytes(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex, 'hex'))
}
