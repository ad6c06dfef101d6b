import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { openCatalogue } from '../io/catalogue-files.ts'
import { dataFolder } from '../io/data-folder.ts'
import { resolveDevice } from './catalogue.ts'
import { lintProfile } from './lint.ts'
import { offerFor } from './offer.ts'

const catalogue = openCatalogue()
const device = (id: string) => resolveDevice(id, catalogue)

/** Ids under which the facts were collected, with the layers they mean. */
const ids: readonly (readonly [string, string])[] = [
  ['zephyr-sockets-mbedtls', 'zephyr@4.0'],
  ['esp8266-arduino-bearssl', 'esp8266-arduino@2.5..'],
  ['esp8266-arduino-axtls', 'esp8266-arduino@..2.4'],
  ['arduino-bearssl-client', 'arduino-bearssl@any'],
  ['micropython-mbedtls-bare-metal', 'micropython@any'],
  ['micropython-esp32', 'micropython-esp32@head'],
  ['pico-sdk-altcp-tls', 'pico-sdk@any'],
  ['circuitpython-mbedtls4', 'circuitpython@any'],
  ['circuitpython-espressif', 'circuitpython-espressif@head'],
  ['toit-esp32', 'toit@any'],
  ['nodemcu-esp8266', 'nodemcu@any'],
  ['mongoose-builtin-tls', 'mongoose@any'],
  ['tasmota-bearssl-light', 'tasmota@10..'],
  ['realtek-amebad-sdk', 'amebad-sdk@any'],
  ['realtek-amebad-arduino', 'amebad-arduino@any'],
  ['amazon-freertos-iot-tls', 'amazon-freertos@any'],
  ['freertos-plus-demos-mbedtls3', 'freertos-plus@any'],
  ['stm32u5-iot-reference', 'stm32u5@any'],
  ['arduino-esp32-3.x', 'arduino-esp32@3.x'],
  ['azure-iot-c-sdk-tlsio-mbedtls', 'azure-iot-c@any'],
  ['openwrt-libmbedtls', 'openwrt@any'],
  ['esphome-http-request-idf', 'esp-idf@5.5+esphome@any'],
]

describe('SDKs and firmwares', () => {
  test.each(ids)('%s is %s', (id, layers) => {
    expect(device(id).id).toBe(layers)
  })

  test.each([
    ...new Set(ids.map(([id]) => device(id).layers.at(-1)!.family)),
  ])('%s has no fault', (family) => {
    const file = `${family}.yaml`
    const text = readFileSync(join(dataFolder('devices'), file), 'utf8')
    expect(lintProfile(text, file, catalogue.families)).toEqual([])
  })

  test('the buffers are those of each configuration', () => {
    const bytes = (id: string) => {
      const { limits, build } = device(id)
      return [limits.recordBytes?.value, build.sentRecordBytes?.value]
    }
    expect(bytes('zephyr')).toEqual([1500, 1500])
    expect(bytes('esp8266')).toEqual([16384, 512])
    expect(bytes('micropython')).toEqual([16384, 4096])
    expect(bytes('pico-sdk')).toEqual([16384, 2048])
    expect(bytes('toit')).toEqual([7800, 3700])
    expect(bytes('nodemcu')).toEqual([4096, 4096])
    expect(bytes('amazon-freertos')).toEqual([8192, 8192])
    expect(bytes('openwrt')).toEqual([undefined, undefined])
  })

  test('the buffer of Tasmota hangs on its build, so what lies between is open', () => {
    const { recordBytes } = device('tasmota').limits
    expect([recordBytes?.value, recordBytes?.disputed.map(({ value }) => value)]).toEqual([1024, [16384]])
  })

  test('the max_fragment_length asked for is that of the source', () => {
    const asked = (id: string) => device(id).hello.maxFragmentLength?.value
    expect(
      ['zephyr', 'toit', 'nodemcu', 'stm32u5', 'tasmota', 'micropython', 'arduino-esp32'].map(asked),
    ).toEqual([1024, 4096, 4096, 4096, 1024, 'never', undefined])
  })

  test('the two builds for one Realtek chip are opposites', () => {
    const suites = (id: string) => device(id).hello.cipherSuites!.value
    expect(suites('rtl8720d').some((name) => /ECDHE|GCM/.test(name))).toBe(false)
    expect(suites('rtl8720dn')).toContain('TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384')
  })

  test('Pico has no suite for an RSA server that wants ECDHE, and Tasmota no other', () => {
    expect(device('pico-sdk').hello.cipherSuites!.value.filter((name) => name.includes('ECDHE_RSA'))).toEqual(
      [],
    )
    expect(device('tasmota').hello.cipherSuites!.value).toEqual(['TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256'])
  })

  test('on the ESP32 dates are checked by MicroPython and not by ESP-IDF', () => {
    expect(device('micropython-esp32').verification.dates?.value).toBe('checked')
    expect(device('esp32').verification.dates?.value).toBe('unchecked')
  })

  test('CircuitPython on the ESP32 leaves out what ESP-IDF has of static RSA', () => {
    const suites = (id: string) => device(id).hello.cipherSuites!.value
    const { length } = suites('esp32').filter((name) => name.startsWith('TLS_RSA_'))
    expect(suites('circuitpython-espressif').length).toBe(suites('esp32').length - length)
    expect(suites('micropython-esp32')).toEqual(suites('esp32'))
  })

  test('Mongoose counts the certificates sent, Mbed TLS those of the path', () => {
    expect(device('mongoose').limits.chainCertificates).toMatchObject({ value: 6, counts: 'sent' })
    expect(device('nodemcu').limits.chainCertificates).toMatchObject({ value: 4, counts: 'items' })
  })

  test('NodeMCU sends no name, whatever is asked for', () => {
    const { sni, offer } = offerFor(device('nodemcu'), {
      host: 'a.example',
      verify: 'full',
      sni: 'a.example',
    })
    expect(sni).toBeUndefined()
    expect(offer.extensions.map(({ kind }) => kind)).not.toContain('server_name')
  })

  test('ESPHome verifies by what it adds, within the limits of ESP-IDF', () => {
    const { limits, errors } = device('esphome')
    expect(limits).toEqual(device('esp-idf@5.5').limits)
    expect(errors[0]).toMatchObject({ code: 'ESP_ERR_HTTP_CONNECT' })
  })
})
