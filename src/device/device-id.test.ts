import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { openCatalogue } from '../io/catalogue-files.ts'
import { resolveDevice } from './catalogue.ts'
import { DeviceIdError, editDistance, nearestIds, parseDeviceId, profilePaths } from './device-id.ts'

describe('device ids', () => {
  test('layers, versions and paths are told apart', () => {
    expect(parseDeviceId(' nRF9160@1.3.4 + ncs + ./my.yaml@2.0')).toEqual([
      { family: 'nrf9160', isPath: false, version: '1.3.4' },
      { family: 'ncs', isPath: false, version: undefined },
      { family: './my.yaml', isPath: true, version: '2.0' },
    ])
  })

  test('a name that ends in .yaml is a path, with or without folders', () => {
    expect(profilePaths('my.yaml+/etc/a.yml+../b.yaml+nrf9160')).toEqual([
      'my.yaml',
      '/etc/a.yml',
      '../b.yaml',
    ])
    expect(profilePaths('a@@b')).toEqual([])
  })

  test.each([
    ['kitten', 'sitting', 3],
    ['', 'abc', 3],
    ['abc', '', 3],
    ['same', 'same', 0],
  ])('from %j to %j there are %i edits', (a, b, distance) => {
    expect(editDistance(a, b)).toBe(distance)
  })

  test('the nearest come first, and one that begins so before one that resembles it', () => {
    expect(nearestIds('esp', ['ncs', 'esp-idf', 'spwf04sx'])).toEqual(['esp-idf', 'ncs', 'spwf04sx'])
    expect(nearestIds('nrf9610', ['memfault', 'nrf9160', 'nrf91x1', 'ncs'])[0]).toBe('nrf9160')
  })

  test('edit distance is symmetric and never more than the longer text', () => {
    const short = fc.string({ maxLength: 12 })
    fc.assert(
      fc.property(short, short, (a, b) => {
        expect(editDistance(a, b)).toBe(editDistance(b, a))
        expect(editDistance(a, b)).toBeLessThanOrEqual(Math.max(a.length, b.length))
      }),
    )
  })

  test('whatever is typed names a device or is refused as a DeviceIdError with clean words', () => {
    const catalogue = openCatalogue()
    const words = fc.constantFrom(
      'nrf9160',
      'ncs',
      'memfault',
      'esp-idf',
      'spwf04sx',
      '@',
      '+',
      '1.3.4',
      '..',
      'x',
      'head',
    )
    const typed = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(words).map((parts) => parts.join('')),
    )
    fc.assert(
      fc.property(typed, (asked) => {
        try {
          expect(resolveDevice(asked, catalogue).id).not.toBe('')
        } catch (error) {
          expect(error).toBeInstanceOf(DeviceIdError)
          expect((error as DeviceIdError).message).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e]/)
        }
      }),
      { numRuns: 500 },
    )
  })
})
