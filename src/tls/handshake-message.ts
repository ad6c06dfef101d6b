import { Writer } from '../codec/writer.ts'

/** Bytes of a handshake header: HandshakeType and uint24 length, RFC 5246 §7.4. */
export const HANDSHAKE_HEADER_BYTES = 4

/** A whole handshake message: header and body. `encodeBody` writes the body. */
export function encodeHandshake(type: number, encodeBody: (w: Writer) => void): Uint8Array {
  const w = new Writer()
  w.u8(type).vector24(() => encodeBody(w))
  return w.finish()
}
