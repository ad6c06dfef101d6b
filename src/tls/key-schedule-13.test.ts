import { describe, expect, test } from 'vitest'
import { formatHex } from '../codec/hex.ts'
import {
  deriveSecret,
  earlySecret,
  finishedMac,
  nextSecret,
  nextTrafficSecret,
  ticketPsk,
  trafficKeys,
} from './key-schedule-13.ts'

function bytes(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex, 'hex'))
}

/** RFC 8448 §3, the simple 1-RTT handshake: what goes in, and what is printed there. */
const shared = bytes('8bd4054fb55b9d63fdfbacf9f04b9f0d35e6d63f537563efd46272900f89492d')
const hashToServerHello = bytes('860c06edc07858ee8e78f0e7428c58edd6b43f2ca3e6e95f02ed063cf0e1cad8')
const hashToServerFinished = bytes('9608102a0f1ccc6db6250b7b7e417b1a000eaada3daae4777a7686c9ff83df13')
const serverHandshakeSecret = bytes('b67b7d690cc16c4e75e54213cb2d37b4e9c912bcded9105d42befd59d391ad38')
const resumptionMaster = bytes('7df235f2031d2a051287d02b0241b0bfdaf86cc856231f2d5aba46c434ec196c')

describe('the secrets of RFC 8448 §3', () => {
  const early = earlySecret('sha256')
  const handshake = nextSecret('sha256', early, shared)
  const master = nextSecret('sha256', handshake)

  test.each([
    ['early', early, '33ad0a1c607ec03b09e6cd9893680ce210adf300aa1f2660e1b22e10f170f92a'],
    ['handshake', handshake, '1dc826e93606aa6fdc0aadc12f741b01046aa6b99f691ed221a9f0ca043fbeac'],
    ['master', master, '18df06843d13a08bf2a449844c5f8a478001bc4d4c627984d5a41da8d0402919'],
  ])('%s', (_, secret, hex) => {
    expect(formatHex(secret)).toBe(hex)
  })

  test.each([
    ['c hs traffic', 'b3eddb126e067f35a780b3abf45e2d8f3b1a950738f52e9600746a0e27a55a21'],
    ['s hs traffic', formatHex(serverHandshakeSecret)],
  ])('%s', (label, hex) => {
    expect(formatHex(deriveSecret('sha256', handshake, label, hashToServerHello))).toBe(hex)
  })

  test.each([
    ['c ap traffic', '9e40646ce79a7f9dc05af8889bce6552875afa0b06df0087f792ebb7c17504a5'],
    ['s ap traffic', 'a11af9f05531f856ad47116b45a950328204b4f44bfb6b3a4b4f1f3fcb631643'],
  ])('%s', (label, hex) => {
    expect(formatHex(deriveSecret('sha256', master, label, hashToServerFinished))).toBe(hex)
  })

  test("the server's handshake keys", () => {
    const { key, iv } = trafficKeys('sha256', serverHandshakeSecret, 16)
    expect(formatHex(key)).toBe('3fce516009c21727d0f2e4e86ee403bc')
    expect(formatHex(iv)).toBe('5d313eb2671276ee13000b30')
  })

  test('the key of a ticket with nonce 0000', () => {
    const psk = ticketPsk('sha256', resumptionMaster, bytes('0000'))
    expect(formatHex(psk)).toBe('4ecd0eb6ec3b4d87f5d6028f922ca4c5851a277fd41311c9e62d2c9492e1c4f3')
  })
})

describe('the binder of RFC 8448 §4', () => {
  test('its key comes from the early secret of the ticket', () => {
    const psk = bytes('4ecd0eb6ec3b4d87f5d6028f922ca4c5851a277fd41311c9e62d2c9492e1c4f3')
    const early = earlySecret('sha256', psk)
    expect(formatHex(early)).toBe('9b2188e9b2fc6d64d71dc329900e20bb41915000f678aa839cbb797cb7d8332c')
    const empty = bytes('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855')
    const key = deriveSecret('sha256', early, 'res binder', empty)
    expect(formatHex(key)).toBe('69fe131a3bbad5d63c64eebcc30e395b9d8107726a13d074e389dbc8a4e47256')
    const hashToBinders = bytes('63224b2e4573f2d3454ca84b9d009a04f6be9e05711a8396473aefa01e924a14')
    expect(formatHex(finishedMac('sha256', key, hashToBinders))).toBe(
      '3add4fb2d8fdf822a0ca3cf7678ef5e88dae990141c5924d57bb6fa31b9e5f9d',
    )
  })
})

test('a traffic secret goes on to another of its length', () => {
  const next = nextTrafficSecret('sha384', new Uint8Array(48))
  expect(next.length).toBe(48)
  expect(formatHex(nextTrafficSecret('sha384', next))).not.toBe(formatHex(next))
})
