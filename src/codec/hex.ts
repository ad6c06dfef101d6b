/** Lower-case hex, two digits a byte. */
export function formatHex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')
}

/** A registry code as the RFCs write it: `0xc02b`. */
export function formatCode(code: number, digits = 4): string {
  return `0x${code.toString(16).padStart(digits, '0')}`
}
