import { expect, test } from 'vitest'
import { realRoot } from '../../test/support/real-certificates.ts'
import { DecodedOnce } from './decoded-once.ts'

const { der } = realRoot('isrg-root-x2')

test('the same bytes are one object, whichever array holds them', () => {
  const once = new DecodedOnce()
  expect(once.get(der)?.sha256).toBe(realRoot('isrg-root-x2').sha256)
  expect(once.get(new Uint8Array(der))).toBe(once.get(der))
})

test('one byte more is another certificate, and bytes that are none stay none', () => {
  const once = new DecodedOnce()
  const longer = Uint8Array.of(...der, 0)
  expect(once.get(longer)).not.toBe(once.get(der))
  expect(once.get(longer)?.oddities).toContain('bytes after the certificate')
  expect(once.get(der.subarray(0, 40))).toBeUndefined()
})

test('of more than are kept the latest are', () => {
  const once = new DecodedOnce(2)
  const [first, second, third] = ['isrg-root-x1', 'isrg-root-x2', 'digicert-global-root-g2'].map(
    (id) => realRoot(id).der,
  )
  const [kept, dropped] = [once.get(second!), once.get(first!)]
  once.get(third!)
  expect(once.get(first!)).toBe(dropped)
  expect(once.get(second!)).not.toBe(kept)
})
