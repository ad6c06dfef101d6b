import { expect, test } from 'vitest'
import { decodeClientHello, encodeClientHello } from './client-hello.ts'
import type { ClientOffer, OfferedExtension } from './client-offer.ts'
import { ja4 } from './ja4.ts'

/** The example of FoxIO-LLC/ja4, technical_details/JA4.md: a Chrome, its codes in any order, GREASE among them. */
const chrome: ClientOffer = {
  version: 0x0303,
  cipherSuites: [
    ...[0x2a2a, 0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8, 0xc013, 0xc014],
    ...[0x009c, 0x009d, 0x002f, 0x0035],
  ],
  extensions: [
    { kind: 'raw', code: 0xbaba, data: new Uint8Array(0) },
    { kind: 'server_name', host: 'www.example.com' },
    { kind: 'application_layer_protocol_negotiation', protocols: ['h2', 'http/1.1'] },
    { kind: 'supported_versions', versions: [0x6a6a, 0x0304, 0x0303] },
    {
      kind: 'signature_algorithms',
      schemes: [0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601],
    },
    ...[0x0005, 0x000a, 0x000b, 0x0012, 0x0015, 0x0017, 0x001b, 0x0023, 0x002d, 0x0033, 0x4469, 0xff01].map(
      (code): OfferedExtension => ({ kind: 'raw', code, data: new Uint8Array(0) }),
    ),
  ],
}

test('the example of the specification comes out as it stands there', () => {
  expect(fingerprint(chrome)).toBe('t13d1516h2_8daaf6152771_e5627efa2ab1')
})

test('the order of suites and extensions does not count, that of signature schemes does', () => {
  const turned = { ...chrome, cipherSuites: [...chrome.cipherSuites].reverse() }
  expect(fingerprint({ ...turned, extensions: [...chrome.extensions].reverse() })).toBe(fingerprint(chrome))
  const schemes: OfferedExtension = { kind: 'signature_algorithms', schemes: [0x0601, 0x0403] }
  const other = chrome.extensions.map((each) => (each.kind === 'signature_algorithms' ? schemes : each))
  expect(fingerprint({ ...chrome, extensions: other })).not.toBe(fingerprint(chrome))
})

test('a hello of TLS 1.2 without name, ALPN and extensions says so', () => {
  expect(fingerprint({ version: 0x0303, cipherSuites: [0xc02b], extensions: [] })).toMatch(
    /^t12i010000_[0-9a-f]{12}_000000000000$/,
  )
})

test('a protocol with a character that is neither letter nor digit at an end is told by its hex', () => {
  const alpn = (name: string): OfferedExtension[] => [
    { kind: 'application_layer_protocol_negotiation', protocols: [name] },
  ]
  const start = (name: string) => fingerprint({ ...chrome, extensions: alpn(name) }).slice(8, 10)
  expect([start('x'), start('http/1.1'), start('-h2'), start('')]).toEqual(['xx', 'h1', '22', '00'])
})

function fingerprint(offer: ClientOffer): string {
  return ja4(decodeClientHello(encodeClientHello(offer, new Uint8Array(32)).subarray(4)))
}
