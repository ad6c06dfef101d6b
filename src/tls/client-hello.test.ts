import fc from 'fast-check'
import { expect, test } from 'vitest'
import { DecodeError } from '../codec/decode-error.ts'
import { formatHex } from '../codec/hex.ts'
import { decodeClientHello, encodeClientHello } from './client-hello.ts'
import type { ClientOffer, OfferedExtension } from './client-offer.ts'
import {
  codeOf,
  decodeAlpn,
  decodeMaxFragmentLength,
  decodePointFormats,
  decodeRenegotiationInfo,
  decodeServerName,
  decodeSignatureAlgorithms,
  decodeSupportedGroups,
  type Extension,
} from './extensions.ts'

const random = Uint8Array.from({ length: 32 }, (_, i) => i)

test('the layout is that of RFC 5246 §7.4.1.2, byte for byte', () => {
  const offer: ClientOffer = {
    version: 0x0303,
    cipherSuites: [0xc02b, 0x00ff],
    extensions: [
      { kind: 'server_name', host: 'a.example' },
      { kind: 'max_fragment_length', bytes: 2048 },
      { kind: 'supported_groups', groups: [0x0017, 0x001d] },
      { kind: 'ec_point_formats', formats: [0] },
      { kind: 'signature_algorithms', schemes: [0x0403] },
      { kind: 'application_layer_protocol_negotiation', protocols: ['h2', 'mqtt'] },
      { kind: 'encrypt_then_mac' },
      { kind: 'extended_master_secret' },
      { kind: 'session_ticket' },
      { kind: 'renegotiation_info' },
      { kind: 'raw', code: 0x1234, data: Uint8Array.of(1, 2, 3) },
    ],
  }
  const layout = [
    '01 000082', // client_hello, length
    '0303',
    formatHex(random),
    '00', // session_id
    '0004 c02b 00ff',
    '01 00', // compression_methods
    '0055',
    '0000 000e 000c 00 0009 612e6578616d706c65', // server_name
    '0001 0001 03', // max_fragment_length 2^11
    '000a 0006 0004 0017 001d',
    '000b 0002 01 00',
    '000d 0004 0002 0403',
    '0010 000a 0008 02 6832 04 6d717474',
    '0016 0000',
    '0017 0000',
    '0023 0000',
    'ff01 0001 00',
    '1234 0003 010203',
  ]
  expect(formatHex(encodeClientHello(offer, random))).toBe(layout.join('').replaceAll(' ', ''))
})

test('without extensions the hello ends after the compression methods', () => {
  const message = encodeClientHello({ version: 0x0301, cipherSuites: [0x002f], extensions: [] }, random)
  expect(formatHex(message)).toBe(`010000290301${formatHex(random)}000002002f0100`)
  expect(decodeClientHello(message.subarray(4)).extensions).toEqual([])
})

const code = fc.nat(0xffff)
const name = fc.stringMatching(/^[ -~]{1,40}$/)
const offered: fc.Arbitrary<OfferedExtension> = fc.oneof(
  fc.record({ kind: fc.constant('server_name' as const), host: name }),
  fc.record({
    kind: fc.constant('max_fragment_length' as const),
    bytes: fc.constantFrom(512 as const, 1024 as const, 2048 as const, 4096 as const),
  }),
  fc.record({ kind: fc.constant('supported_groups' as const), groups: fc.array(code) }),
  fc.record({ kind: fc.constant('ec_point_formats' as const), formats: fc.array(fc.nat(255)) }),
  fc.record({ kind: fc.constant('signature_algorithms' as const), schemes: fc.array(code) }),
  fc.record({
    kind: fc.constant('application_layer_protocol_negotiation' as const),
    protocols: fc.array(name),
  }),
  fc.record({
    kind: fc.constantFrom(
      'encrypt_then_mac' as const,
      'extended_master_secret' as const,
      'session_ticket' as const,
      'renegotiation_info' as const,
    ),
  }),
  fc.record({ kind: fc.constant('raw' as const), code, data: fc.uint8Array({ maxLength: 50 }) }),
)

/** What a decoder makes of the extension's data, in the form of the offer. */
function readBack(extension: OfferedExtension, { data }: Extension): unknown {
  switch (extension.kind) {
    case 'server_name':
      return { ...extension, host: decodeServerName(data) }
    case 'max_fragment_length':
      return { ...extension, bytes: decodeMaxFragmentLength(data) }
    case 'supported_groups':
      return { ...extension, groups: decodeSupportedGroups(data) }
    case 'ec_point_formats':
      return { ...extension, formats: decodePointFormats(data) }
    case 'signature_algorithms':
      return { ...extension, schemes: decodeSignatureAlgorithms(data) }
    case 'application_layer_protocol_negotiation':
      return { ...extension, protocols: decodeAlpn(data) }
    case 'renegotiation_info':
      return decodeRenegotiationInfo(data).length === 0 && extension
    case 'raw':
      return { ...extension, data }
    default:
      return data.length === 0 && extension
  }
}

test('every offer is read back as it was: order, duplicates and unknown codes kept', () => {
  fc.assert(
    fc.property(code, fc.array(code), fc.array(offered), (version, cipherSuites, extensions) => {
      const hello = decodeClientHello(
        encodeClientHello({ version, cipherSuites, extensions }, random).subarray(4),
      )
      expect(hello).toMatchObject({ version, random, cipherSuites, compressionMethods: [0] })
      expect(hello.sessionId.length).toBe(0)
      expect(hello.extensions.map((extension) => extension.code)).toEqual(extensions.map(codeOf))
      expect(hello.extensions.map((extension, i) => readBack(extensions[i]!, extension))).toEqual(extensions)
    }),
  )
})

test('a hello cut anywhere is a DecodeError, but where its extensions begin', () => {
  const extensions: OfferedExtension[] = [{ kind: 'session_ticket' }]
  const body = encodeClientHello({ version: 0x0303, cipherSuites: [1], extensions }, random).subarray(4)
  const whole: number[] = []
  for (let length = 0; length <= body.length; length++) {
    try {
      decodeClientHello(body.subarray(0, length))
      whole.push(length)
    } catch (error) {
      expect(error).toBeInstanceOf(DecodeError)
    }
  }
  expect(whole).toEqual([body.length - 6, body.length])
})

test('a host that is not ASCII is the caller’s mistake', () => {
  const offer: ClientOffer = {
    version: 0x0303,
    cipherSuites: [],
    extensions: [{ kind: 'server_name', host: 'é' }],
  }
  expect(() => encodeClientHello(offer, random)).toThrow(RangeError)
})
