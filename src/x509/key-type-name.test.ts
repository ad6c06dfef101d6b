import { expect, test } from 'vitest'
import { keyTypeName } from './key-type-name.ts'

test('a key is called by its algorithm, as far as it has a name', () => {
  const spki = new Uint8Array()
  expect(keyTypeName({ spki, kind: 'rsa', bits: 2048 })).toBe('rsa')
  expect(keyTypeName({ spki, kind: 'unknown', oid: '1.2.840.113549.1.1.10' })).toBe('RSASSA-PSS')
  expect(keyTypeName({ spki, kind: 'unknown', oid: '1.2.3' })).toBe('1.2.3')
})
