/** Rows for `jsonb_to_recordset($n::jsonb)`: one statement for however many. */
export function bulk(rows: readonly object[]): string {
  return JSON.stringify(rows, (_key, value: unknown) => (value instanceof Uint8Array ? hexOf(value) : value))
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
