import { extensionTypes } from '../tls/extension-types.ts'
import { MAX_SESSION_ID_BYTES } from '../tls/server-hello.ts'

// Hellos are decoded only when somebody looks at them. What must be known of each at once is read here in place: is it
// well-formed, which version, which suite. A capture of a gigabyte holds a hundred thousand of them.

const RANDOM_END = 34
const EXTENSION_HEADER_BYTES = 4

/** Whether `decodeClientHello` can read that body; `cookie` for the form of DTLS. */
export function isClientHello(body: Uint8Array, cookie: boolean): boolean {
  let at = skipVector8(body, RANDOM_END)
  if (cookie) at = skipVector8(body, at)
  if (at + 2 > body.length) return false
  const suites = uint16(body, at)
  if (suites % 2 !== 0) return false
  at = skipVector8(body, at + 2 + suites)
  return at === body.length || extensionsEnd(body, at)
}

/** What a ServerHello chooses. */
export interface ServerChoice {
  readonly version: number
  readonly cipherSuite: number
  readonly psk: boolean
}

/** undefined for a body that `decodeServerHello` cannot read. */
export function serverChoice(body: Uint8Array): ServerChoice | undefined {
  const at = skipVector8(body, RANDOM_END)
  if (at + 3 > body.length || body[RANDOM_END]! > MAX_SESSION_ID_BYTES) return undefined
  const cipherSuite = uint16(body, at)
  const extensions = at + 3
  if (extensions === body.length) return { version: uint16(body, 0), cipherSuite, psk: false }
  if (!extensionsEnd(body, extensions)) return undefined
  let version = -1
  let psk = false
  for (let next = extensions + 2; next < body.length; ) {
    const code = uint16(body, next)
    const length = uint16(body, next + 2)
    if (code === extensionTypes.supported_versions.code && version < 0) {
      if (length !== 2) return undefined
      version = uint16(body, next + EXTENSION_HEADER_BYTES)
    }
    if (code === extensionTypes.pre_shared_key.code) psk = true
    next += EXTENSION_HEADER_BYTES + length
  }
  return { version: version < 0 ? uint16(body, 0) : version, cipherSuite, psk }
}

/** Where a vector with a length of one byte ends; past the end for one that is not there. */
function skipVector8(body: Uint8Array, at: number): number {
  return at < body.length ? at + 1 + body[at]! : body.length + 1
}

/** The extensions fill the rest of the body, each whole. */
function extensionsEnd(body: Uint8Array, start: number): boolean {
  if (start + 2 > body.length || start + 2 + uint16(body, start) !== body.length) return false
  let at = start + 2
  while (at < body.length) {
    if (at + EXTENSION_HEADER_BYTES > body.length) return false
    at += EXTENSION_HEADER_BYTES + uint16(body, at + 2)
  }
  return at === body.length
}

function uint16(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 8) | bytes[at + 1]!
}
