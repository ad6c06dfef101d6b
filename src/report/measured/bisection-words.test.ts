import { expect, test } from 'vitest'
import { catalogueDevice } from '../../../test/support/catalogue-devices.ts'
import { examine } from '../../../test/support/examine.ts'
import { catalogueMarks } from './bisection-words.ts'

test('a figure of which nobody says what it counts stands where its own number is', () => {
  const device = catalogueDevice('nrf9160@1.3.7')
  expect(device.limits.chainBytes).toMatchObject({ value: 4096, counts: 'unknown' })
  const [mark] = catalogueMarks('chain-message', device, examine({ message: 4096, joins: false }))
  expect(mark).toMatchObject({ value: 4096, figure: 4096 })
  expect(mark!.words).toContain('4,096 (what it counts is not said; vendor-forum')
})

test('a figure of certificates stands where the message is that has as many, which is said', () => {
  const nrf = catalogueDevice('nrf9160@1.3.7')
  const chainBytes = { ...nrf.limits.chainBytes!, counts: 'sent' as const }
  const device = { ...nrf, limits: { ...nrf.limits, chainBytes } }
  const [mark] = catalogueMarks('chain-message', device, examine({ message: 4096, joins: false }))
  // Four bytes of the message, three of the list and three before each of the two certificates.
  expect(mark).toMatchObject({ value: 4096 + 4 + 3 + 3 * 2, figure: 4096 })
  expect(mark!.words).toContain('a message of 4,109 bytes has as many')
})
