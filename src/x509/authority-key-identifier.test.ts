import { expect, test } from 'vitest'
import { explicit, implicit, objectIdentifier, sequence, setOf, utf8String } from '../issue/der.ts'
import { decodeAuthorityKeyIdentifier } from './authority-key-identifier.ts'

const root = sequence(setOf(sequence(objectIdentifier('2.5.4.3'), utf8String('root'))))
const names = explicit(1, implicit(2, Buffer.from('a.test')), explicit(4, root))

function decode(...fields: readonly Uint8Array[]) {
  const value = sequence(...fields)
  return decodeAuthorityKeyIdentifier({
    oid: '2.5.29.35',
    name: 'authorityKeyIdentifier',
    critical: false,
    value,
    range: { start: 0, end: value.length },
  })
}

test('issuer and serial number stand beside the key identifier, or nothing does', () => {
  const { issuer, serialHex } = decode(
    implicit(0, Buffer.alloc(20)),
    names,
    implicit(2, Uint8Array.of(0, 0x91)),
  )
  expect(issuer?.text).toBe('CN=root')
  expect(serialHex).toBe('91')
  const nothing = { issuer: undefined, serialHex: undefined }
  expect(decode(implicit(0, Buffer.alloc(20)))).toEqual({ ...nothing, fields: ['keyIdentifier'] })
  expect(decode()).toEqual({ ...nothing, fields: [] })
  expect(decode(names).fields).toEqual(['issuer'])
  expect(decode(Uint8Array.of(0xa1, 0x05, 0xa4))).toEqual({ ...nothing, fields: undefined })
})
