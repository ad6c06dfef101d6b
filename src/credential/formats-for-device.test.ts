import { expect, test } from 'vitest'
import { resolveDevice } from '../device/catalogue.ts'
import { openCatalogue } from '../io/catalogue-files.ts'
import { familyFormats, formatsFor, unfitFormat } from './formats-for-device.ts'

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

test('a form made for other devices is told, with those that this one loads', () => {
  const nrf = resolveDevice('nrf9160@1.3.7', catalogue)
  expect(unfitFormat('tinyclr', nrf)).toMatchObject({ code: 'not-for-device' })
  expect(unfitFormat('tinyclr', nrf)?.text).toMatch(
    /^tinyclr .* nrf9160@1\.3\.7.* --emit nrf-at, or --emit pem$/,
  )
  for (const format of ['nrf-at', 'pem', 'der', 'c-header'] as const) {
    expect(unfitFormat(format, nrf)).toBe(undefined)
  }
  const tinyclr = resolveDevice('tinyclr', catalogue)
  expect(unfitFormat('tinyclr', tinyclr)).toBe(undefined)
  expect(unfitFormat('nrf-at', tinyclr)).toBeDefined()
})

test('every family named is in the catalogue', () => {
  for (const family of Object.keys(familyFormats))
    expect(() => resolveDevice(family, catalogue)).not.toThrow()
})
