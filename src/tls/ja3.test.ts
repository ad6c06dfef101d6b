import { expect, test } from 'vitest'
import { decodeClientHello, encodeClientHello } from './client-hello.ts'
import type { ClientOffer, OfferedExtension } from './client-offer.ts'
import { ja3, ja3Text } from './ja3.ts'

const raw = (code: number): OfferedExtension => ({ kind: 'raw', code, data: new Uint8Array(0) })
const helloOf = (offer: ClientOffer) =>
  decodeClientHello(encodeClientHello(offer, new Uint8Array(32)).subarray(4))

/** Both examples of the README of salesforce/ja3. */
test('the examples of the specification come out as they stand there', () => {
  const full = helloOf({
    version: 769,
    cipherSuites: [47, 53, 5, 10, 49_161, 49_162, 49_171, 49_172, 50, 56, 19, 4],
    extensions: [
      { kind: 'server_name', host: 'www.example.com' },
      { kind: 'supported_groups', groups: [23, 24, 25] },
      { kind: 'ec_point_formats', formats: [0] },
    ],
  })
  expect(ja3Text(full)).toBe('769,47-53-5-10-49161-49162-49171-49172-50-56-19-4,0-10-11,23-24-25,0')
  expect(ja3(full)).toBe('ada70206e40642a3e4461f35503241d5')
  const bare = helloOf({
    version: 769,
    cipherSuites: [4, 5, 10, 9, 100, 98, 3, 6, 19, 18, 99],
    extensions: [],
  })
  expect(ja3(bare)).toBe('de350869b8c85de67a350c8d186f11e6')
})

test('GREASE is left out everywhere', () => {
  const hello = helloOf({
    version: 771,
    cipherSuites: [0x2a2a, 0xc02b],
    extensions: [raw(0xbaba), { kind: 'supported_groups', groups: [0x6a6a, 29] }],
  })
  expect(ja3Text(hello)).toBe('771,49195,10,29,')
})
