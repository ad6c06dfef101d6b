import { Writer } from '../codec/writer.ts'
import { handshakeTypes } from './handshake-types.ts'

/** Bytes of a handshake header: HandshakeType and uint24 length, RFC 5246 §7.4. */
export const HANDSHAKE_HEADER_BYTES = 4

/** A whole handshake message: header and body. `encodeBody` writes the body. */
export function encodeHandshake(type: number, encodeBody: (w: Writer) => void): Uint8Array {
  const w = new Writer()
  w.u8(type).vector24(() => encodeBody(w))
  return w.finish()
}

/** Finished of either side, RFC 5246 §7.4.9, RFC 8446 §4.4.4. */
export function encodeFinished(verifyData: Uint8Array): Uint8Array {
  return encodeHandshake(handshakeTypes.finished.code, (w) => w.bytes(verifyData))
}
