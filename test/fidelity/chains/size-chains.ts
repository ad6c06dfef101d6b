import { rawExtension, subjectAltName } from '../../../src/issue/certificate-extensions.ts'
import { caUse, HOST, type KnownChain, type Maker } from './maker.ts'

type Version = 'TLSv1.2' | 'TLSv1.3'

/** Header of the handshake message, length of the list. */
const MESSAGE_BYTES = 4 + 3
/** Length of one certificate; TLS 1.3 adds its extensions' length to it, and a request context to the message. */
const ENTRY_BYTES = { 'TLSv1.2': 3, 'TLSv1.3': 5 }
const CONTEXT_BYTES = { 'TLSv1.2': 0, 'TLSv1.3': 1 }

const sizes = [
  1_499, 1_500, 1_501, 1_820, 1_821, 2_048, 2_304, 2_305, 4_095, 4_096, 4_097, 4_416, 4_417, 7_000, 16_383,
  16_384, 16_385, 18_450, 18_500,
]

/** Chains by the size of their Certificate message, header included. */
export function sizeChains(m: Maker): KnownChain[] {
  const sizes13 = [1_500, 1_501, 4_096, 4_097, 7_000, 16_384, 16_385]
  return [
    ...sizes.map((bytes) => chainOfMessageBytes(m, bytes, 'TLSv1.2')),
    ...sizes13.map((bytes) => chainOfMessageBytes(m, bytes, 'TLSv1.3')),
    ...[4_096, 4_097].map((bytes) => heavyIntermediate(m, bytes)),
    m.chain('many certificates, 7 kB', [...heavy(m)]),
  ]
}

/**
 * A leaf directly below its root whose Certificate message has exactly so many bytes. Padding is an extension that
 * nobody knows; RSA signs, so that the signature is of one length.
 */
export function chainOfMessageBytes(m: Maker, messageBytes: number, version: Version): KnownChain {
  const wanted = messageBytes - MESSAGE_BYTES - CONTEXT_BYTES[version] - ENTRY_BYTES[version]
  const leafOf = (padding: number) =>
    m.leafOf(m.rsaRoot, { extensions: [subjectAltName([HOST]), paddingOf(padding)] })
  const leaf = padded(wanted, leafOf)
  const name = `a Certificate message of ${messageBytes} bytes${version === 'TLSv1.3' ? ' in TLS 1.3' : ''}`
  return { ...m.chain(name, [leaf], [m.rsaRoot]), version }
}

/** The weight lies in the intermediate. */
function heavyIntermediate(m: Maker, messageBytes: number): KnownChain {
  const issuing = m.ca('light', { key: 'rsa2048 light', issuer: m.rsaRoot })
  const leaf = m.leafOf(issuing, { key: 'P-256 leaf' })
  const wanted = messageBytes - MESSAGE_BYTES - 2 * ENTRY_BYTES['TLSv1.2'] - leaf.der.length
  const heavyOne = padded(wanted, (padding) =>
    m.ca('light', {
      key: 'rsa2048 light',
      issuer: m.rsaRoot,
      extensions: [...caUse, paddingOf(padding)],
    }),
  )
  const name = `a Certificate message of ${messageBytes} bytes by its intermediate`
  return { ...m.chain(name, [leaf, heavyOne], [m.rsaRoot]), version: 'TLSv1.2' }
}

function heavy(m: Maker): KnownChain['sent'] {
  let issuer = m.root
  const above = [1, 2, 3].map((at) => {
    const extensions = [...caUse, paddingOf(1_500)]
    issuer = m.make({ name: `heavy ${at}`, issuer, extensions })
    return issuer
  })
  return [m.leafOf(issuer), ...above.reverse()]
}

function padded<T extends { readonly der: Uint8Array }>(wanted: number, make: (padding: number) => T): T {
  let padding = Math.max(0, wanted - make(0).der.length)
  for (let tries = 0; tries < 8; tries++) {
    const made = make(padding)
    if (made.der.length === wanted) return made
    padding += wanted - made.der.length
  }
  throw new Error(`no certificate of ${wanted} bytes came about`)
}

function paddingOf(bytes: number) {
  return rawExtension('1.3.6.1.4.1.55555.2', Buffer.alloc(bytes, 5))
}
