import { expect, test } from 'vitest'
import { resolveDevice } from '../device/catalogue.ts'
import { openCatalogue } from '../io/catalogue-files.ts'
import { familyFormats, formatsFor } from './formats-for-device.ts'

const catalogue = openCatalogue()
const first = (id: string) => formatsFor(resolveDevice(id, catalogue))[0]

test.each([
  ['nrf9160@1.3.7', 'nrf-at'],
  ['nrf9160@1.3.7+ncs@2.4.2', 'nrf-at'],
  ['memfault', 'nrf-at'],
  ['ncs-native-tls', 'zephyr'],
  ['esp-idf@5.2', 'c-header'],
  ['esphome', 'pem'],
  ['arduino-esp32', 'arduino'],
  ['esp8266-arduino', 'arduino'],
  ['spwf04sx', 'spwf04'],
  ['tinyclr', 'tinyclr'],
  ['bg95', 'pem'],
])('%s loads %s', (id, format) => {
  expect(first(id)).toBe(format)
})

test('every family named is in the catalogue', () => {
  for (const family of Object.keys(familyFormats))
    expect(() => resolveDevice(family, catalogue)).not.toThrow()
})
