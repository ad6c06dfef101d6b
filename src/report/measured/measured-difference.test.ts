import { expect, test } from 'vitest'
import { measuredAgainst } from '../../../test/support/measured-against.ts'
import type { DeviceDifferences } from '../../device/device-differences.ts'
import type { DevicePart } from '../../device/device-parts.ts'
import type { Limit } from '../../device/limit.ts'
import { Exam } from '../../exam/exam.ts'
import { readDifference } from './measured-difference.ts'

// Mbed TLS 2.28: 16,384 bytes of a message and of a record, nine certificates, keys of 8,192 bits.
const id = 'mbedtls@2.28'

test('a limit that was measured as the catalogue gives it is no difference', () => {
  const { difference } = measuredAgainst({ message: 16_384, dataRecord: 16_384, joins: false }, id)
  const changed = difference!.changed.map(({ name }) => name)
  expect(changed).not.toContain('handshake message')
  expect(changed).not.toContain('data record')
  expect(difference!.agrees).toEqual(expect.arrayContaining(['handshake message', 'data record', 'RSA key']))
})

test('a bound that leaves room for the figure of the catalogue is none, one that does not is', () => {
  expect(measuredAgainst({ pathCertificates: 9 }, id).difference!.agrees).toContain('certificates sent')
  const { difference } = measuredAgainst({ pathCertificates: 5, message: 4096, joins: false }, id)
  expect(difference!.changed.find(({ name }) => name === 'handshake message')).toMatchObject({
    catalogue: { value: '16,384 bytes' },
    measured: { value: '4,096 bytes', more: expect.arrayContaining(['4,096 pass, 4,097 fail']) },
    source: expect.stringMatching(/^source-code: /),
  })
  // A chain of 4,096 bytes has room for four certificates, and says nothing of five.
  expect(difference!.agrees).toContain('certificates sent')
})

test('lists are told apart item by item', () => {
  const { difference } = measuredAgainst({}, id)
  const suites = difference!.changed.find(({ lists }) => lists !== undefined)!
  const { added, removed, both } = suites.lists!
  expect(suites.measured.value.split(', ').sort()).toEqual([...added, ...both].sort())
  expect(suites.catalogue.value.split(', ').sort()).toEqual([...removed, ...both].sort())
  expect(added.length + removed.length).toBeGreaterThan(0)
  expect(difference!.changed.find(({ name }) => name === 'handshake message')?.lists).toBeUndefined()
})

test('what the catalogue does not know is named, and what nobody asked is not', () => {
  const { difference } = measuredAgainst({}, id)
  expect(difference!.added).toContain('response head')
  expect([...difference!.added, ...difference!.agrees].join()).not.toMatch(/heap|hashes/)
})

test('a catalogue without a figure, that knows what passes, is contradicted by what fails below that alone', () => {
  const limit = (passes: number, fails?: number): Limit => ({
    value: undefined,
    atLeast: undefined,
    counts: 'bits',
    candidates: [],
    passes: { bits: passes },
    fails: fails === undefined ? {} : { bits: fails },
    disputed: [],
    confidence: 'measured',
    source: 'a test',
  })
  const { known } = measuredAgainst({}, id).difference!
  const changed = (measured: Limit) => {
    const part = (known: Limit): DevicePart => ({ group: 'limits', key: 'rsaKeyBits', known })
    const parts = [{ a: part(limit(4096)), b: part(measured) }]
    return readDifference(known, { parts } as unknown as DeviceDifferences, new Exam([])).changed
  }
  expect(changed(limit(2048))).toEqual([])
  expect(changed(limit(2048, 4096))).toHaveLength(1)
})
