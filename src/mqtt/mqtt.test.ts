import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DecodeError, unlessBroken } from '../codec/decode-error.ts'
import { ConnackParser } from './connack.ts'
import { encodeConnect } from './connect.ts'

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
const from = (text: string) => new Uint8Array(Buffer.from(text, 'hex'))

describe('CONNECT', () => {
  test('is laid out as MQTT 3.1.1 §3.1 says', () => {
    const packet = encodeConnect({
      protocolLevel: 4,
      clientId: 'dev',
      keepAliveSeconds: 60,
      userName: undefined,
      password: undefined,
    })
    expect(hex(packet)).toBe('100f' + '00044d515454' + '04' + '02' + '003c' + '0003646576')
  })

  test('level 3 has the old name, user name and password have their flags', () => {
    const packet = encodeConnect({
      protocolLevel: 3,
      clientId: 'd',
      keepAliveSeconds: 0,
      userName: 'u',
      password: 'p',
    })
    expect(hex(packet)).toBe('1015' + '00064d514973647003' + 'c2' + '0000' + '000164' + '000175' + '000170')
  })
})

describe('ConnackParser', () => {
  test('reads a CONNACK byte by byte and leaves what follows', () => {
    const parser = new ConnackParser(4)
    expect(parser.push(from('20'))).toBeUndefined()
    expect(parser.push(from('02'))).toBeUndefined()
    expect(parser.push(from('01'))).toBeUndefined()
    expect(parser.push(from('00d000'))).toEqual({ returnCode: 0, sessionPresent: true })
    expect(new ConnackParser(4).push(from('20020005'))).toEqual({ returnCode: 5, sessionPresent: false })
  })

  test('level 5 has a reason code and properties, and may be answered in level 4', () => {
    expect(new ConnackParser(5).push(from('2003008700'))).toEqual({ returnCode: 0x87, sessionPresent: false })
    expect(new ConnackParser(5).push(from('20020001'))).toEqual({ returnCode: 1, sessionPresent: false })
  })

  test('what is no CONNACK is refused at once, and a long one before it is read', () => {
    for (const broken of ['48', '3000', '20ffffffff01', '20808001', '20808020', '2003000000']) {
      expect(() => new ConnackParser(4).push(from(broken))).toThrow(DecodeError)
    }
  })

  test('any bytes are a CONNACK, an unfinished one, or a DecodeError', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 30 }), fc.constantFrom(3, 4, 5), (bytes, level) => {
        const parser = new ConnackParser(level as 3 | 4 | 5)
        unlessBroken(() => parser.push(Uint8Array.of(0x20, ...bytes)))
      }),
    )
  })
})
