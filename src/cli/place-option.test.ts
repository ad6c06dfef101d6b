import { describe, expect, test } from 'vitest'
import type { ParsedArguments } from './arguments.ts'
import { readPlaces } from './place-option.ts'

const parsed = (...can: string[]) =>
  ({ values: new Map(can.length === 0 ? [] : [['can', can]]) }) as unknown as ParsedArguments

describe('--can', () => {
  test('is a list, may be repeated, and names each place once', () => {
    expect(readPlaces(parsed('field,own-server', 'field'))).toEqual(['own-server', 'field'])
  })

  test('not given, nothing is said of who the reader is', () => {
    expect(readPlaces(parsed())).toBeUndefined()
  })

  test.each([
    'server',
    '',
    'firmware,',
    'Firmware',
  ])('%j is refused with the places that there are', (value) => {
    expect(() => readPlaces(parsed(value))).toThrow(
      expect.objectContaining({ code: 'value-invalid', hint: expect.stringContaining('their-server') }),
    )
  })
})
